import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { gains } from '../../../src/core/reject/gain.ts';
import { transfer } from '../../../src/core/reject/transfer.ts';

const options = () => ({ random: randomStream(1, 'transfer'), resamples: 60 });

/** Clips of two labels; `right` says whether the verdict is what the raters said. */
function clips(right: readonly boolean[]) {
  const truth = right.map((_, i) => (i % 2 === 0 ? [1, 0] : [0, 1]));
  const shares = truth.map(([a = 0, b = 0], i) => (right[i] === true ? [a, b] : [b, a]));
  return { truth, shares, probabilities: shares };
}
const some = fc.array(fc.record({ right: fc.boolean(), own: fc.nat(99), other: fc.nat(99) }), {
  minLength: 6,
  maxLength: 40,
});

describe('transfer', () => {
  it('finds no difference between a doubt and anything that orders clips as it does', () => {
    fc.assert(
      fc.property(some, fc.double({ min: 0.2, max: 1, noNaN: true }), (rows, coverage) => {
        const own = rows.map((row) => row.own);
        const { risk } = transfer(
          clips(rows.map(({ right }) => right)),
          own,
          own.map((x) => x ** 3 - 7),
          coverage,
          options(),
        );
        expect(risk.transferred).toBe(risk.own);
        expect(risk.difference).toEqual([0, 0]);
      }),
    );
  });

  it('tells the same of either order as gains tells of it alone', () => {
    fc.assert(
      fc.property(some, (rows) => {
        const scored = clips(rows.map(({ right }) => right));
        const [own, other] = [rows.map((row) => row.own), rows.map((row) => row.other)];
        const { risk, macroF1 } = transfer(scored, own, other, 0.6, options());
        for (const [name, doubt] of [
          ['own', own],
          ['transferred', other],
        ] as const) {
          const alone = gains(scored, doubt, 0.6, options());
          expect(risk[name]).toBe(alone.risk.accepted);
          expect(macroF1[name]).toBe(alone.macroF1.accepted);
        }
      }),
    );
  });

  it('shows that a doubt which knows nothing is worse than one that knows', () => {
    const right = Array.from({ length: 200 }, (_, i) => i % 4 !== 0);
    const own = right.map((is, i) => (is ? 0 : 1) + i / 1000);
    const { risk } = transfer(
      clips(right),
      own,
      right.map((_, i) => i % 7),
      0.6,
      options(),
    );
    expect(risk.own).toBe(0);
    expect(risk.transferred).toBeGreaterThan(0.15);
    expect(risk.difference?.[0]).toBeGreaterThan(0);
  });
});
