import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retentionCutoffs } from '../../../src/core/trust/retention.ts';
import type { RetentionPeriod } from '../../../src/core/trust/retention.ts';
import type { Retention } from '../../../src/domain/trust.ts';

const KINDS = ['clipsMs', 'scoresMs', 'reviewsMs'] as const;
const life = fc.integer({ min: 0, max: 100 });
const retention: fc.Arbitrary<Retention> = fc.record({ clipsMs: life, scoresMs: life, reviewsMs: life });
const instant = fc.integer({ min: 0, max: 300 });
const history: fc.Arbitrary<readonly RetentionPeriod[]> = fc
  .tuple(retention, fc.array(fc.record({ fromMs: instant, retention }), { maxLength: 6 }))
  .map(([first, later]) => [{ fromMs: -Infinity, retention: first }, ...later]);

/** How long a row that ended then may stay, read off the definition. */
function lifeOf(endMs: number, kind: keyof Retention, periods: readonly RetentionPeriod[]): number {
  const ordered = periods.toSorted((a, b) => a.fromMs - b.fromMs);
  const inForce = ordered.findLastIndex(({ fromMs }) => fromMs <= endMs);
  return Math.min(...ordered.slice(inForce).map((period) => period.retention[kind]));
}

describe('retention', () => {
  it('takes exactly what is older than the shortest life it was promised since, whatever the history', () => {
    fc.assert(
      fc.property(history, instant, instant, (periods, endMs, waitedMs) => {
        const nowMs = 300 + waitedMs;
        const cutoffs = retentionCutoffs(nowMs, periods);
        for (const kind of KINDS) expect(endMs < cutoffs[kind]).toBe(endMs < nowMs - lifeOf(endMs, kind, periods));
      }),
      { numRuns: 10_000 },
    );
  });

  it('never lets a row stay because of a change, nor takes one back that has gone', () => {
    fc.assert(
      fc.property(history, retention, instant, (periods, next, waitedMs) => {
        const nowMs = 300 + waitedMs;
        const [before, after] = [periods, [...periods, { fromMs: nowMs, retention: next }]].map((each) =>
          retentionCutoffs(nowMs, each),
        );
        const later = retentionCutoffs(nowMs + 1, periods);
        for (const kind of KINDS) {
          expect(after?.[kind]).toBeGreaterThanOrEqual(before?.[kind] ?? 0);
          expect(later[kind]).toBeGreaterThanOrEqual(before?.[kind] ?? 0);
        }
      }),
    );
  });

  it('that was lengthened from 7 to 30 on day 10 keeps what came before for 7, and what comes after for 30', () => {
    const days = (n: number): Retention => ({ clipsMs: n, scoresMs: n, reviewsMs: n });
    const periods = [
      { fromMs: -Infinity, retention: days(7) },
      { fromMs: 10, retention: days(30) },
    ];
    const cutoffs = [10, 14, 17, 30, 41].map((now) => retentionCutoffs(now, periods).scoresMs);
    expect(cutoffs).toEqual([3, 7, 10, 10, 11]);
  });
});
