import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS } from '../../src/core/labels.ts';
import { CELLS, INTERVAL, perceive } from '../../src/core/perception.ts';
import type { AttributeScore } from '../../src/domain.ts';
import { gaussian, randomStream } from '../../src/core/random.ts';
import { entropy } from '../../src/core/probability.ts';
import { type Attribute, ATTRIBUTES, BIN_CENTRES, BINS } from '../../src/core/vad/attributes.ts';
import { inParts, shareBelow } from '../../src/core/vad/bins.ts';
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

  it('is as uncertain of an attribute as the soft label is that follows from the votes', () => {
    fc.assert(
      fc.property(votes, (shares) => {
        const { source, attributes } = perceive(named(shares));
        const labels = derivedLabels(shares, LABELS);
        expect(source).toBe('derived');
        for (const attribute of ATTRIBUTES)
          expect(attributes[attribute].uncertainty).toBeCloseTo(entropy(labels[attribute].bins), 12);
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

describe('what a network of attributes says', () => {
  const bins = fc
    .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: BINS, maxLength: BINS })
    .map((some) => some.map((share) => share / sum(some)));
  const score = bins.map((shares): AttributeScore => {
    const consensus = sum(shares.map((share, bin) => share * (BIN_CENTRES[bin] ?? NaN)));
    return { bins: shares, consensus, low: consensus - 0.1, high: consensus + 0.1, uncertainty: entropy(shares) };
  });
  const scores = fc.record({ valence: score, arousal: score, dominance: score });

  it('is what is said, and the margins of the grid are its own', () => {
    fc.assert(
      fc.property(votes, scores, (shares, said) => {
        const { source, attributes, grid, disagreement } = perceive(named(shares), said);
        expect(source).toBe('network-derived');
        expect(disagreement).toBe(perceive(named(shares)).disagreement);
        for (const attribute of ATTRIBUTES) {
          const { mean, low, high, uncertainty, meanRange } = attributes[attribute];
          const { consensus, bins } = said[attribute];
          expect([mean, uncertainty, meanRange?.high]).toEqual([consensus, entropy(bins), consensus + 0.1]);
          expect(low).toBeLessThanOrEqual(mean);
          expect(high).toBeGreaterThanOrEqual(mean);
          if (low < mean && high > mean)
            expect(shareBelow(bins, high) - shareBelow(bins, low)).toBeCloseTo(INTERVAL, 9);
        }
        expect(sum(grid)).toBeCloseTo(1, 9);
        expect(Math.min(...grid)).toBeGreaterThanOrEqual(0);
        const rows = [0, 1, 2, 3].map((row) => sum(grid.slice(row * CELLS, (row + 1) * CELLS)));
        const columns = [0, 1, 2, 3].map((column) => sum(grid.filter((_, i) => i % CELLS === column)));
        inParts(said.valence.bins, CELLS).forEach((share, row) => expect(rows[row]).toBeCloseTo(share, 6));
        inParts(said.arousal.bins, CELLS).forEach((share, column) => expect(columns[column]).toBeCloseTo(share, 6));
      }),
    );
  });

  it('hardly moves the grid where it says what follows from the shares anyway', () => {
    fc.assert(
      fc.property(votes, (shares) => {
        const labels = derivedLabels(shares, LABELS);
        const same = (attribute: Attribute): AttributeScore => {
          const { bins, consensus } = labels[attribute];
          return { bins, consensus, low: consensus, high: consensus, uncertainty: entropy(bins) };
        };
        const said = { valence: same('valence'), arousal: same('arousal'), dominance: same('dominance') };
        const [before, after] = [perceive(named(shares)), perceive(named(shares), said)];
        // Seven bins do not tell where in a bin a cell ends.
        before.grid.forEach((share, i) => expect(Math.abs((after.grid[i] ?? NaN) - share)).toBeLessThan(0.06));
        for (const attribute of ATTRIBUTES) {
          const [derived, network] = [before.attributes[attribute], after.attributes[attribute]];
          expect(network.mean).toBeCloseTo(derived.mean, 12);
          expect(Math.abs(network.low - derived.low)).toBeLessThan(0.2);
          expect(Math.abs(network.high - derived.high)).toBeLessThan(0.2);
        }
      }),
    );
  });
});
