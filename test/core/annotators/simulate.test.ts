import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointsOf, scoredRatings } from '../../../src/core/annotators/ratings.ts';
import { type PoolOptions, raterPool, simulatedRatings } from '../../../src/core/annotators/simulate.ts';
import { correlationTally, rankCorrelationTally, ranks } from '../../../src/core/annotators/correlation.ts';
import { total } from '../../../src/core/metrics/tally.ts';
import { parseManifest } from '../../../src/core/manifest.ts';
import { DERIVED_ATTRIBUTES } from '../../../src/core/vad/derived.ts';

const OPTIONS: PoolOptions = {
  seed: 4,
  raters: 40,
  leniency: 0.2,
  bias: 0.2,
  noise: [0.3, 1.2],
  activity: [1, 20],
};
const POOL = raterPool(OPTIONS);

const votes = fc.record({
  neutral: fc.integer({ min: 0, max: 10 }),
  anger: fc.integer({ min: 0, max: 10 }),
  other: fc.integer({ min: 0, max: 10 }),
});

describe('a simulated pool', () => {
  test('is the same for the same seed, and its raters stay who they are when more join', () => {
    expect(raterPool(OPTIONS)).toEqual(POOL);
    expect(raterPool({ ...OPTIONS, raters: 60 }).slice(0, 40)).toEqual(POOL);
    expect(raterPool({ ...OPTIONS, seed: 5 })).not.toEqual(POOL);
  });

  test('gives a rating for each vote but those for other, each by another rater, on the scale', () => {
    fc.assert(
      fc.property(votes, fc.string(), (cast, id) => {
        const ratings = simulatedRatings({ id, votes: cast }, POOL, DERIVED_ATTRIBUTES, 4);
        expect(ratings).toHaveLength(cast.neutral + cast.anger);
        expect(new Set(ratings.map(({ rater }) => rater)).size).toBe(ratings.length);
        for (const score of pointsOf(ratings).flat()) expect(Math.abs(score)).toBeLessThanOrEqual(1);
        expect(simulatedRatings({ id, votes: cast }, POOL, DERIVED_ATTRIBUTES, 4)).toEqual(ratings);
      }),
    );
  });

  test('holds what was planted: means and spreads of single raters over many clips', () => {
    const scores = new Map<string, number[]>();
    for (let i = 0; i < 4000; i++)
      for (const { rater, valence } of simulatedRatings(
        { id: `clip ${i}`, votes: { neutral: 10 } },
        POOL,
        DERIVED_ATTRIBUTES,
        4,
      ))
        scores.set(rater, [...(scores.get(rater) ?? []), valence]);
    const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
    const of = POOL.map(({ rater }) => scores.get(rater) ?? []);
    const spread = of.map((list) => Math.sqrt(mean(list.map((x) => (x - mean(list)) ** 2))));
    expect(
      total(
        correlationTally(
          POOL.map(({ leniency }) => leniency),
          of.map(mean),
        ),
      ),
    ).toBeGreaterThan(0.98);
    expect(
      total(
        rankCorrelationTally(
          POOL.map(({ noise }) => noise),
          spread,
        ),
      ),
    ).toBeGreaterThan(0.95);
    const counts = of.map(({ length }) => length);
    expect(
      total(
        rankCorrelationTally(
          POOL.map(({ activity }) => activity),
          counts,
        ),
      ),
    ).toBeGreaterThan(0.9);
  });

  test('refuses a clip with more votes than raters', () => {
    expect(() => simulatedRatings({ id: 'a', votes: { fear: 3 } }, POOL.slice(0, 2), DERIVED_ATTRIBUTES, 4)).toThrow(
      'clip a has 3 votes, and there are 2 raters',
    );
  });
});

test('real ratings are moved from the scale of their corpus', () => {
  const { clips, scale } = parseManifest(
    [
      '{"corpus":{"scale":[1,5]}}',
      '{"id":"a","ratings":[{"rater":"r1","stimulus":"av","labels":["anger"],"valence":1,"arousal":5},' +
        '{"rater":"r2","stimulus":"av","labels":[],"valence":3},{"rater":"r3","stimulus":"face","labels":[],"valence":2,"arousal":3}]}',
    ].join('\n'),
    'a.jsonl',
  );
  const [clip] = clips;
  if (!clip) throw new Error('there is a clip');
  expect(scoredRatings(clip, 'av', scale)).toEqual([{ rater: 'r1', valence: -1, arousal: 1 }]);
  expect(scoredRatings(clip, 'face', scale)).toEqual([{ rater: 'r3', valence: -0.5, arousal: 0 }]);
});

test('equal values share their ranks', () => {
  expect(ranks([5, 1, 5, 9])).toEqual([2.5, 1, 2.5, 4]);
});
