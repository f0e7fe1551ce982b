import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATTRIBUTES, BIN_CENTRES, BINS, normalBins } from '../../../src/core/vad/attributes.ts';
import { DERIVED_ATTRIBUTES, derivedLabels } from '../../../src/core/vad/derived.ts';
import { emotionAttributes } from '../../../src/core/vad/emotion-attributes.ts';
import { leastSquares } from '../../../src/core/vad/least-squares.ts';
import { ratedClips, type RatedClip } from '../../../src/core/vad/rated-clips.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { gaussian, integerBelow, randomStream } from '../../../src/core/random.ts';

const total = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0);
const score = fc.double({ min: -1, max: 1, noNaN: true });
const spread = fc.double({ min: 0.02, max: 1, noNaN: true });
const shares = fc
  .array(fc.nat(10), { minLength: LABELS.length, maxLength: LABELS.length })
  .filter((votes) => total(votes) > 0)
  .map((votes) => votes.map((n) => n / total(votes)));

describe('bins', () => {
  test('hold all of a distribution, mirrored when it is', () => {
    fc.assert(
      fc.property(score, spread, (mean, sd) => {
        const bins = normalBins(mean, sd);
        expect(bins).toHaveLength(BINS);
        expect(total(bins)).toBeCloseTo(1, 12);
        expect(Math.min(...bins)).toBeGreaterThanOrEqual(-1e-15);
        normalBins(-mean, sd).forEach((share, bin) => {
          expect(share).toBeCloseTo(bins[BINS - 1 - bin] ?? NaN, 12);
        });
      }),
    );
  });

  test('are narrow enough that their mean is that of a distribution well inside', () => {
    expect(total(normalBins(0.2, 0.3).map((share, bin) => share * (BIN_CENTRES[bin] ?? 0)))).toBeCloseTo(0.2, 2);
    expect(BIN_CENTRES[0]).toBeCloseTo(-6 / 7, 12);
  });

  test('are those of the normal distribution', () => {
    // scipy.stats.norm.cdf(1 / 7 / 0.2) - scipy.stats.norm.cdf(-1 / 7 / 0.2)
    expect(normalBins(0, 0.2)[3]).toBeCloseTo(0.524949, 6);
  });
});

describe('least squares', () => {
  test('finds what was planted', () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 3, maxLength: 3 }), fc.nat(), (planted, seed) => {
        const random = randomStream(seed);
        const rows = Array.from({ length: 12 }, () => planted.map(() => gaussian(random)));
        const y = rows.map((row) => total(row.map((x, i) => x * (planted[i] ?? 0))));
        leastSquares(rows, y).forEach((found, i) => {
          expect(found).toBeCloseTo(planted[i] ?? NaN, 6);
        });
      }),
    );
  });

  test('refuses columns that follow from one another', () => {
    expect(() =>
      leastSquares(
        [
          [1, 2],
          [2, 4],
        ],
        [1, 2],
      ),
    ).toThrow('leave one out');
  });
});

describe('attributes of emotions', () => {
  test('are found from means over few raters who vote for several emotions', () => {
    const planted = [
      { mean: -0.5, sd: 0.3 },
      { mean: 0.1, sd: 0.3 },
      { mean: 0.6, sd: 0.3 },
    ];
    const random = randomStream(5, 'raters');
    const others = LABELS.filter((label) => label !== 'contempt');
    const clip = (raters: number): RatedClip => {
      const votes = Array.from({ length: raters }, () => integerBelow(random, others.length));
      const mean = (pick: (emotion: number) => { mean: number; sd: number }): number =>
        total(votes.map((vote) => pick(vote).mean + pick(vote).sd * gaussian(random))) / raters;
      const of = (emotion: number) => planted[emotion % planted.length] ?? { mean: 0, sd: 0 };
      return {
        shares: Object.fromEntries(
          others.map((label, k) => [label, votes.filter((vote) => vote === k).length / raters]),
        ),
        means: { valence: mean(of), arousal: mean(of), dominance: mean(of) },
        raters,
      };
    };
    const tables = [Array.from({ length: 6000 }, () => clip(3)), Array.from({ length: 6000 }, () => clip(8))];
    const found = emotionAttributes(tables);
    others.forEach((label, k) => {
      for (const attribute of ATTRIBUTES) {
        expect(Math.abs(found[label][attribute].mean - (planted[k % 3]?.mean ?? NaN))).toBeLessThan(0.03);
        expect(Math.abs(found[label][attribute].sd - 0.3)).toBeLessThan(0.04);
      }
    });
    // An even mixture of anger (k = 4) and disgust (k = 5).
    expect(found.contempt.valence.mean).toBeCloseTo((found.anger.valence.mean + found.disgust.valence.mean) / 2, 12);
    expect(found.contempt.valence.sd).toBeGreaterThan(found.anger.valence.sd);
  });

  test('are told apart as people tell them apart', () => {
    const { happiness, sadness, anger, neutral, fear } = DERIVED_ATTRIBUTES;
    expect(happiness.valence.mean).toBeGreaterThan(neutral.valence.mean + 0.3);
    expect(sadness.valence.mean).toBeLessThan(neutral.valence.mean - 0.3);
    expect(anger.arousal.mean).toBeGreaterThan(sadness.arousal.mean + 0.3);
    expect(anger.dominance.mean).toBeGreaterThan(fear.dominance.mean + 0.3);
  });
});

describe('derived labels', () => {
  test('are distributions, and those of mixed votes are the mixture', () => {
    fc.assert(
      fc.property(shares, shares, (a, b) => {
        const mixture = derivedLabels(
          a.map((x, k) => (x + (b[k] ?? 0)) / 2),
          LABELS,
        );
        const [one, other] = [derivedLabels(a, LABELS), derivedLabels(b, LABELS)];
        for (const attribute of ATTRIBUTES) {
          const { bins, consensus } = mixture[attribute];
          expect(total(bins)).toBeCloseTo(1, 9);
          expect(consensus).toBeCloseTo((one[attribute].consensus + other[attribute].consensus) / 2, 9);
          expect(bins[2]).toBeCloseTo(((one[attribute].bins[2] ?? 0) + (other[attribute].bins[2] ?? 0)) / 2, 9);
        }
      }),
    );
  });

  test('do not depend on the order of labels', () => {
    fc.assert(
      fc.property(shares, (row) => {
        const turned = derivedLabels(row.toReversed(), LABELS.toReversed());
        expect(turned.arousal.consensus).toBeCloseTo(derivedLabels(row, LABELS).arousal.consensus, 12);
      }),
    );
  });
});

describe('tables of rated clips', () => {
  const table = {
    emotions: { anger: 'angry', joy: 'happy' },
    means: { valence: 'V', arousal: 'A', dominance: 'D' },
    smoothing: 0.05,
    fewestRaters: 2,
  };

  test('give counts and numbers of raters back', () => {
    const [clip] = ratedClips('angry,happy,V,A,D\n0.65,0.35,3.333333,1,5\n', 'x.csv', table);
    expect(clip?.raters).toBe(3);
    expect(clip?.shares['anger']).toBeCloseTo(2 / 3, 9);
    expect(clip?.means).toEqual({ valence: expect.closeTo(1 / 6, 6) as number, arousal: -1, dominance: 1 });
  });

  test('are refused by file, line and column', () => {
    expect(() => ratedClips('angry,happy,V,A\n', 'x.csv', table)).toThrow("x.csv, line 1: there is no column 'D'");
    expect(() => ratedClips('angry,happy,V,A,D\n0.95,0.05,3,3,6\n', 'x.csv', table)).toThrow(
      "line 2: '6' is no number",
    );
    expect(() => ratedClips('angry,happy,V,A,D\n0.95,0.5,3,3,3\n', 'x.csv', table)).toThrow('not to 1');
  });

  const shared = new URL('../../../../shared/data/vad/improv.csv', import.meta.url);
  test.skipIf(!existsSync(shared))('MSP-IMPROV: the shares of all raters are whole counts (needs ../shared)', () => {
    const clips = ratedClips(readFileSync(shared, 'utf8'), 'improv.csv', {
      ...table,
      emotions: { anger: 'angry', sadness: 'sad', neutral: 'neutral', happiness: 'happy' },
      means: { valence: 'EmoVal', arousal: 'EmoAct', dominance: 'EmoDom' },
      fewestRaters: 5,
    });
    expect(clips).toHaveLength(8385);
    expect(Math.min(...clips.flatMap(({ shares }) => Object.values(shares)))).toBeGreaterThan(-1e-5);
    expect(Math.max(...clips.flatMap(({ shares }) => Object.values(shares)))).toBeLessThan(1 + 1e-5);
  });
});
