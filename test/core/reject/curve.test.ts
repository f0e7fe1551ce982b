import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concordance, concordanceTally } from '../../../src/core/metrics/concordance.ts';
import { riskCoverage } from '../../../src/core/metrics/risk-coverage.ts';
import { meanTally, total } from '../../../src/core/metrics/tally.ts';
import { areas } from '../../../src/core/reject/aurc.ts';
import { COVERAGES, coverageCurve, cutAt } from '../../../src/core/reject/curve.ts';

/** Clips with many ties. */
const clips = fc.array(fc.record({ u: fc.integer({ min: 0, max: 9 }), wrong: fc.boolean() }), {
  minLength: 1,
  maxLength: 60,
});
const lists = (list: readonly { readonly u: number; readonly wrong: boolean }[]) => ({
  u: list.map((clip) => clip.u / 10),
  wrong: list.map((clip) => Number(clip.wrong)),
});

describe('a curve against coverage', () => {
  it('has thresholds that accept just the share they say, with what is measured of those clips', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const { u, wrong } = lists(list);
        for (const { threshold, coverage, figures } of coverageCurve(u, meanTally(wrong))) {
          const accepted = wrong.filter((_, i) => (u[i] ?? NaN) <= threshold);
          expect(coverage).toBe(accepted.length / list.length);
          expect(figures).toBeCloseTo(accepted.reduce((sum, x) => sum + x, 0) / accepted.length, 12);
        }
      }),
    );
  });

  it('falls from coverage 1 and accepts at least what was wanted', () => {
    fc.assert(
      fc.property(clips, fc.constantFrom(...COVERAGES), (list, wanted) => {
        const { u, wrong } = lists(list);
        const points = coverageCurve(u, meanTally(wrong));
        expect(points[0]?.coverage).toBe(1);
        expect(points.map((p) => p.coverage)).toEqual([...points.map((p) => p.coverage)].sort((a, b) => b - a));
        const { coverage, threshold } = cutAt(u, wanted);
        expect(coverage).toBeGreaterThanOrEqual(wanted - 1e-9);
        // and no lower threshold would do
        expect(u.filter((x) => x < threshold).length).toBeLessThan(wanted * u.length);
      }),
    );
  });

  it('depends on nothing but the order of the score, and not on the order of the clips', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const { u, wrong } = lists(list);
        const shape = (points: ReturnType<typeof coverageCurve<number>>) =>
          points.map(({ coverage, figures }) => ({ coverage, figures }));
        const curve = shape(coverageCurve(u, meanTally(wrong)));
        expect(
          shape(
            coverageCurve(
              u.map((x) => Math.exp(3 * x) - 7),
              meanTally(wrong),
            ),
          ),
        ).toEqual(curve);
        expect(shape(coverageCurve(u.toReversed(), meanTally(wrong.toReversed())))).toEqual(curve);
      }),
    );
  });

  it('shows CCC as well: at coverage 1 that of all clips', () => {
    const scores = fc.array(fc.tuple(fc.float({ min: 1, max: 7 }), fc.float({ min: 1, max: 7 })), { minLength: 3 });
    fc.assert(
      fc.property(scores, (pairs) => {
        const finite = pairs.filter((pair) => pair.every(Number.isFinite));
        fc.pre(new Set(finite.map(([x]) => x)).size > 1);
        const [truth, said] = [finite.map(([x]) => x), finite.map(([, y]) => y)];
        expect(total(concordanceTally(truth, said))).toBeCloseTo(concordance(truth, said), 6);
        expect(coverageCurve(said, concordanceTally(truth, said))[0]?.figures).toBeCloseTo(concordance(truth, said), 6);
      }),
    );
  });

  it('refuses what is no curve', () => {
    expect(() => coverageCurve([], meanTally([]))).toThrow('no clip');
    expect(() => coverageCurve([0, NaN], meanTally([0, 1]))).toThrow('clip 1 has NaN');
    expect(() => coverageCurve([0], meanTally([0, 1]))).toThrow('tally has 2 entries where 1 are due');
    expect(() => cutAt([0, 1], 0)).toThrow('coverage is 0');
  });
});

describe('the areas', () => {
  it('are those of the steps that evaluate draws', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const { u, wrong } = lists(list);
        const steps = riskCoverage(
          u.map((x) => 1 - x),
          wrong.map((x) => x === 1),
        );
        expect(areas(u, wrong).aurc).toBeCloseTo(steps.area, 12);
      }),
    );
  });

  it('leave no excess where every wrong clip is less sure than every right one, and some where not', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const { u, wrong } = lists(list);
        const jitter = u.map((x, i) => x + i * 1e-6);
        expect(
          areas(
            jitter.map((x, i) => x + 10 * (wrong[i] ?? 0)),
            wrong,
          ).eaurc,
        ).toBeCloseTo(0, 12);
        expect(areas(u, wrong).eaurc).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(areas([0.3, 0.2, 0.1], [0, 0, 1]).eaurc).toBeCloseTo((1 + 1 / 2 + 1 / 3) / 3 - 1 / 9, 12);
  });

  it('come near the limit of the paper for many clips: r + (1 - r) ln(1 - r)', () => {
    const wrong = Array.from({ length: 20_000 }, (_, i) => Number(i >= 16_000));
    const { aurc, eaurc } = areas(
      wrong.map((_, i) => i),
      wrong,
    );
    expect(eaurc).toBe(0);
    expect(aurc).toBeCloseTo(0.2 + 0.8 * Math.log(0.8), 3);
  });
});
