import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, FIGURES, type Scored } from '../../../src/core/metrics/evaluation.ts';
import { randomStream } from '../../../src/core/random.ts';
import { clips, column, type Clip } from './arbitraries.ts';

const scored = (list: readonly Clip[]): Scored => ({
  truth: column(list, 'truth'),
  shares: column(list, 'shares'),
  probabilities: column(list, 'probabilities'),
  uncalibrated: column(list, 'uncalibrated'),
  accepted: column(list, 'accepted'),
  thresholds: [0.5, 0.4, 0.3, 0.6],
});
const options = () => ({ random: randomStream('evaluation'), resamples: 30 });

describe('an evaluation', () => {
  it('of any clips has every figure, in range, or says null where nothing was accepted', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const row = evaluate(scored(list), options());
        const accepted = list.filter((clip) => clip.accepted);
        for (const name of FIGURES) {
          const figure = row[name];
          if (accepted.length === 0 && name.startsWith('accepted')) expect(figure).toBeNull();
          else expect(figure).toBeGreaterThanOrEqual(-1e-12);
          if (figure !== null && name !== 'kld') expect(figure).toBeLessThanOrEqual(1);
          const [low, high] = row.ci[name] ?? [0, 0];
          expect(low).toBeLessThanOrEqual(high);
        }
        expect(row.n).toBe(list.length);
        expect(row.coverage).toBe(accepted.length / list.length);
        expect(row.perLabel).toHaveLength(4);
      }),
    );
  });

  it('of accepted clips is the evaluation of those clips alone', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const accepted = list.filter((clip) => clip.accepted);
        fc.pre(accepted.length > 0);
        const all = evaluate(scored(list), options());
        const alone = evaluate(scored(accepted), options());
        expect(all.acceptedMacroF1).toBe(alone.macroF1);
        expect(all.acceptedRisk).toBe(alone.acceptedRisk);
      }),
    );
  });

  it('does not depend on the order of clips', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const [there, back] = [evaluate(scored(list), options()), evaluate(scored(list.toReversed()), options())];
        for (const name of FIGURES) expect(back[name] ?? -1).toBeCloseTo(there[name] ?? -1, 10);
      }),
    );
  });

  it('forgives ties of raters in the risk of accepted clips, and in top-1 only when asked', () => {
    const tied: Scored = {
      truth: [[0.5, 0.5]],
      shares: [[0.3, 0.7]],
      probabilities: [[0.4, 0.8]],
      uncalibrated: [[0.4, 0.8]],
      accepted: [true],
      thresholds: [0.5, 0.5],
    };
    expect(evaluate(tied, options())).toMatchObject({ top1: 0, acceptedRisk: 0 });
    expect(evaluate(tied, { ...options(), ties: 'any' })).toMatchObject({ top1: 1, uar: 1 });
  });

  const good = scored([
    {
      truth: [1, 0, 0, 0],
      shares: [0.7, 0.1, 0.1, 0.1],
      probabilities: [0.9, 0, 0, 0],
      uncalibrated: [0.9, 0, 0, 0],
      present: [],
      said: [],
      accepted: true,
      group: 'a',
    },
  ]);

  it.each<[string, Partial<Scored>, string]>([
    ['no clip', { truth: [] }, 'truth: no row'],
    ['NaN', { shares: [[0.5, NaN, 0.5, 0]] }, 'shares: row 0, column 1 is NaN, not a number from 0 to 1'],
    ['a hole', { probabilities: [[0.5, 0.5, 0.5]] }, 'probabilities is [1][3] where truth is [1][4]'],
    ['a number out of range', { uncalibrated: [[0, 0, 0, 1.5]] }, 'uncalibrated: row 0, column 3 is 1.5'],
    ['shares that do not sum to 1', { truth: [[0.5, 0, 0, 0]] }, 'truth: row 0 sums to 0.5'],
    ['too few thresholds', { thresholds: [0.5] }, 'thresholds has 1 entries where 4 are due'],
    ['a threshold out of range', { thresholds: [0, 0, 0, -1] }, 'thresholds: row 0, column 3 is -1'],
    ['too many accepted flags', { accepted: [true, true] }, 'accepted has 2 entries where 1 are due'],
    ['more clips than raters saw', { shares: [...good.shares, ...good.shares] }, 'is [2][4] where'],
  ])('refuses %s', (_what, bad, message) => {
    expect(() => evaluate({ ...good, ...bad }, options())).toThrow(message);
    expect(() => evaluate({ ...good, ...bad }, options())).toThrow(RangeError);
  });

  it('refuses ragged rows', () => {
    const ragged = { ...good, truth: [...good.truth, [1, 0]] };
    expect(() => evaluate(ragged, options())).toThrow('truth: row 1 has 2 columns where row 0 has 4');
  });
});
