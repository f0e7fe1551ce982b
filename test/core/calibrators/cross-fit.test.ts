import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossFit, dealFolds } from '../../../src/core/calibrators/cross-fit.ts';
import {
  applyCalibration,
  CALIBRATION_METHODS,
  fitCalibration,
} from '../../../src/core/calibrators/label-calibration.ts';
import { sigmoid } from '../../../src/core/probability.ts';
import { randomStream } from '../../../src/core/random.ts';
import { planted } from './examples.ts';

const { p, present } = planted(120, (z) => sigmoid(z / 2));
const probabilities = p.map((x) => [x]);
const truth = present.map((y) => [y]);
const speakers = p.map((_, i) => `actor ${i % 4}`);
const labels = ['happiness'];

describe('cross-fitting', () => {
  it('calibrates a clip by what was fitted on the clips of all other groups', () => {
    for (const method of CALIBRATION_METHODS) {
      const others = (_: unknown, i: number) => speakers[i] !== 'actor 1';
      const [fitted] = fitCalibration(method, probabilities.filter(others), truth.filter(others), { labels });
      const calibrated = crossFit(method, probabilities, truth, speakers, { labels });
      if (fitted === undefined) throw new Error('a label has no calibration');
      expect(calibrated[5]).toEqual([applyCalibration(fitted, p[5] ?? NaN)]);
    }
  });

  it('does not look at what a clip’s own group holds', () => {
    const turned = truth.map(([y = 0], i) => [speakers[i] === 'actor 1' ? 1 - y : y]);
    const ours = (rows: readonly (readonly number[])[]) => rows.filter((_, i) => speakers[i] === 'actor 1');
    for (const method of CALIBRATION_METHODS)
      expect(ours(crossFit(method, probabilities, turned, speakers, { labels }))).toEqual(
        ours(crossFit(method, probabilities, truth, speakers, { labels })),
      );
  });

  it('leaves probabilities as they are where the other groups’ clips do not vary', () => {
    const calibrated = crossFit('platt', [[0.3], [0.6], [0.9]], [[0], [0], [1]], ['a', 'a', 'b'], { labels });
    expect(calibrated[2]?.[0]).toBeCloseTo(0.9, 12);
  });

  it('refuses a label that does not vary at all', () => {
    expect(() => crossFit('platt', [[0.3], [0.6]], [[0], [0]], ['a', 'b'], { labels })).toThrow(/'happiness' is never/);
  });
});

describe('dealing folds', () => {
  it('keeps a group together and makes folds of as many groups as each other, the same for the same seed', () => {
    const names = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 8 }), fc.integer(), (groups, folds, seed) => {
        const dealt = dealFolds(groups, folds, randomStream(seed));
        expect(dealFolds(groups, folds, randomStream(seed))).toEqual(dealt);
        const where = new Map(groups.map((name, i) => [name, dealt[i]]));
        groups.forEach((name, i) => {
          expect(dealt[i]).toBe(where.get(name));
        });
        const sizes = Array.from({ length: folds }, (_, fold) => [...where.values()].filter((f) => f === fold).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
