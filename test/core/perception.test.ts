import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS } from '../../src/core/labels.ts';
import { CELLS, INTERVAL, perceive } from '../../src/core/perception.ts';
import { gaussian, randomStream } from '../../src/core/random.ts';
import { ATTRIBUTES } from '../../src/core/vad/attributes.ts';
import { DERIVED_ATTRIBUTES, derivedLabels } from '../../src/core/vad/derived.ts';

const votes = fc
  .array(fc.nat(10), { minLength: LABELS.length, maxLength: LABELS.length })
  .filter((counts) => counts.some((count) => count > 0))
  .map((counts) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => count / total);
  });
const named = (shares: readonly number[]) => Object.fromEntries(LABELS.map((label, k) => [label, shares[k] ?? 0]));
const sum = (numbers: readonly number[]) => numbers.reduce((total, x) => total + x, 0);

describe('what raters would perceive', () => {
  it('has the consensus that the derived labels have, within an interval', () => {
    fc.assert(
      fc.property(votes, (shares) => {
        const { attributes } = perceive(named(shares));
        const labels = derivedLabels(shares, LABELS);
        for (const attribute of ATTRIBUTES) {
          const { mean, low, high } = attributes[attribute];
          expect(mean).toBeCloseTo(labels[attribute].consensus, 12);
          expect(low).toBeLessThan(high);
          expect(-1 <= low && high <= 1).toBe(true);
        }
      }),
    );
  });

  it('is a distribution whose margins are those of each attribute', () => {
    fc.assert(
      fc.property(votes, (shares) => {
        const { grid } = perceive(named(shares));
        expect(grid).toHaveLength(CELLS * CELLS);
        expect(sum(grid)).toBeCloseTo(1, 12);
        expect(Math.min(...grid)).toBeGreaterThanOrEqual(0);
        // Scores below the middle: the three lower bins of seven and half of the middle one, give or take its slope.
        const { bins } = derivedLabels(shares, LABELS).valence;
        const negative = sum(grid.slice(0, 2 * CELLS));
        expect(negative).toBeGreaterThanOrEqual(sum(bins.slice(0, 3)) - 1e-12);
        expect(negative).toBeLessThanOrEqual(sum(bins.slice(0, 4)) + 1e-12);
      }),
    );
  });

  it('gives the intervals and cells that raters drawn one by one fall into', () => {
    const shares = { happiness: 0.5, surprise: 0.3, anger: 0.2 };
    const { attributes, grid } = perceive(shares);
    const random = randomStream('raters');
    const raters = Array.from({ length: 40_000 }, () => {
      const u = random();
      const label = u < 0.5 ? 'happiness' : u < 0.8 ? 'surprise' : 'anger';
      const score = (attribute: 'valence' | 'arousal') => {
        const { mean, sd } = DERIVED_ATTRIBUTES[label][attribute];
        return Math.min(1, Math.max(-1, mean + sd * gaussian(random)));
      };
      return { valence: score('valence'), arousal: score('arousal') };
    });
    for (const attribute of ['valence', 'arousal'] as const) {
      const { low, high } = attributes[attribute];
      const inside = raters.filter((rater) => rater[attribute] >= low && rater[attribute] <= high).length;
      // Scores beyond an end of the scale are at it: an interval that reaches it may hold more.
      expect(inside / raters.length).toBeGreaterThan(INTERVAL - 0.01);
      if (low > -1 && high < 0.999) expect(inside / raters.length).toBeLessThan(INTERVAL + 0.01);
    }
    const cell = (score: number): number => Math.min(CELLS - 1, Math.floor(((score + 1) / 2) * CELLS));
    grid.forEach((share, i) => {
      const found = raters.filter(({ valence, arousal }) => cell(valence) * CELLS + cell(arousal) === i).length;
      expect(Math.abs(found / raters.length - share)).toBeLessThan(0.01);
    });
  });

  it('expects no disagreement where all choose one label, and the most where all labels are alike', () => {
    expect(perceive({ happiness: 1 }).disagreement).toBe(0);
    expect(perceive(named(LABELS.map(() => 1 / 8))).disagreement).toBeCloseTo(7 / 8, 12);
  });

  it('says what everyone would: happiness is pleasant, anger excited and unpleasant', () => {
    const [happy, angry] = [perceive({ happiness: 1 }).attributes, perceive({ anger: 1 }).attributes];
    expect(happy.valence.low).toBeGreaterThan(-0.2);
    expect(angry.valence.high).toBeLessThan(0.3);
    expect(angry.arousal.mean).toBeGreaterThan(perceive({ sadness: 1 }).attributes.arousal.mean);
  });
});
