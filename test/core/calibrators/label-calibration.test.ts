import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyCalibration,
  CALIBRATION_METHODS,
  columnOf,
  fitCalibration,
} from '../../../src/core/calibrators/label-calibration.ts';
import { sigmoid } from '../../../src/core/probability.ts';
import { examples, planted, probability } from './examples.ts';

const LABELS = ['happiness', 'fear'] as const;
const method = fc.constantFrom(...CALIBRATION_METHODS);

describe('fitting a calibration to every label', () => {
  it('keeps the order of clips, and gives probabilities, by every method', () => {
    fc.assert(
      fc.property(method, examples, probability, probability, (by, { p, present }, one, other) => {
        const [fitted] = fitCalibration(by, rows(p), rows(present), { labels: ['happiness'] });
        if (fitted === undefined) throw new Error('a label has no calibration');
        const low = applyCalibration(fitted, Math.min(one, other));
        const high = applyCalibration(fitted, Math.max(one, other));
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(high + 1e-15);
      }),
    );
  });

  it('fits each label by itself', () => {
    const [soft, hard] = [planted(500, (z) => sigmoid(z / 3), 1), planted(500, (z) => sigmoid(2 * z), 2)];
    const both = (key: 'p' | 'present') => soft[key].map((x, i) => [x, hard[key][i] ?? NaN]);
    for (const by of CALIBRATION_METHODS) {
      const alone = [soft, hard].flatMap(({ p, present }) =>
        fitCalibration(by, rows(p), rows(present), { labels: ['happiness'] }),
      );
      expect(fitCalibration(by, both('p'), both('present'), { labels: LABELS })).toEqual(alone);
    }
  });

  it('survives being written as JSON', () => {
    for (const by of CALIBRATION_METHODS) {
      const { p, present } = planted(200, sigmoid);
      const fitted = fitCalibration(by, rows(p), rows(present), { labels: ['fear'] });
      expect(JSON.parse(JSON.stringify(fitted))).toEqual(fitted);
    }
  });

  it('names the label that does not vary, and keeps its probabilities where it is told to', () => {
    const p = [
      [0.2, 0.3],
      [0.8, 0.4],
    ];
    const present = [
      [0, 0],
      [1, 0],
    ];
    expect(() => fitCalibration('platt', p, present, { labels: LABELS })).toThrow(
      expect.objectContaining({
        code: 'corpus-invalid',
        message: expect.stringMatching(/^'fear' is never present in the 2 clips/) as string,
      }),
    );
    const [, fear] = fitCalibration('platt', p, present, { labels: LABELS, whenConstant: 'keep' });
    expect(fear).toEqual({ method: 'temperature', form: 'logit', temperature: 1 });
  });

  it.each([
    ['no clips', [], [], /there are no clips/],
    ['rows that differ', [[0.5]], [[1], [0]], /1 clips have probabilities and 2 have labels/],
    ['a row of another width', [[0.5, 0.5]], [[1, 0]], /clip 0 has 2 probabilities and 2 labels for 1 names/],
    ['a number that is no probability', [[NaN]], [[1]], /clip 0 has NaN for 'happiness'/],
    ['a presence that is neither 0 nor 1', [[0.5]], [[0.5]], /clip 0 has presence 0.5 for 'happiness'/],
  ])('refuses %s', (_, p, present, why) => {
    expect(() => fitCalibration('isotonic', p, present, { labels: ['happiness'] })).toThrow(why);
  });
});

describe('columns', () => {
  it('are what was in the rows', () => {
    expect(
      columnOf(
        [
          [1, 2],
          [3, 4],
        ],
        1,
      ),
    ).toEqual([2, 4]);
  });
});

function rows(column: readonly number[]): number[][] {
  return column.map((x) => [x]);
}
