import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrap } from '../../../src/core/metrics/bootstrap.ts';
import { f1, f1Tally } from '../../../src/core/metrics/f1.ts';
import { byGroup, join, meanTally, only, reread, total, weighted } from '../../../src/core/metrics/tally.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { clips, column } from './arbitraries.ts';

const figure = (values: readonly number[]) => reread(meanTally(values), (mean) => ({ mean }));

describe('a tally', () => {
  it('weighs a clip twice as if it stood there twice, and never as if it did not', () => {
    fc.assert(
      fc.property(clips, fc.array(fc.nat(3), { minLength: 40, maxLength: 40 }), (list, times) => {
        const weights = Float64Array.from(list, (_clip, i) => times[i] ?? 0);
        const repeated = list.flatMap((clip, i) => Array.from({ length: weights[i] ?? 0 }, () => clip));
        fc.pre(repeated.length > 0);
        const tally = f1Tally(column(list, 'present'), column(list, 'said'));
        const wanted = f1(column(repeated, 'present'), column(repeated, 'said'));
        expect(weighted(tally, weights)).toEqual(wanted);
      }),
    );
  });

  it('of some clips is the figure of those clips; by group it is the same in all', () => {
    fc.assert(
      fc.property(clips, (list) => {
        const kept = list.filter(({ accepted }) => accepted);
        fc.pre(kept.length > 0);
        const tally = f1Tally(column(list, 'present'), column(list, 'said'));
        expect(total(only(tally, column(list, 'accepted')))).toEqual(f1(column(kept, 'present'), column(kept, 'said')));
        expect(total(byGroup(tally, column(list, 'group')))).toEqual(total(tally));
      }),
    );
  });

  it('of tallies keeps each apart, and refuses unlike clips', () => {
    expect(total(join({ a: meanTally([1, 2]), b: meanTally([5, 7]) }))).toEqual({ a: 1.5, b: 6 });
    expect(() => join({ a: meanTally([1, 2]), b: meanTally([5]) })).toThrow(RangeError);
  });
});

describe('a bootstrap interval', () => {
  it('of a constant has no width', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 30 }), fc.string(), (x, n, seed) => {
        const random = randomStream(seed);
        const { mean } = bootstrap(figure(Array.from({ length: n }, () => x)), { random, resamples: 20 });
        expect(mean).toEqual([x, x]);
      }),
    );
  });

  it('is the same for the same seed, ordered, within the range of clips, and wider at a higher level', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 30 }), fc.nat(), (xs, seed) => {
        const draw = (level: number) =>
          bootstrap(figure(xs), { random: randomStream(seed), resamples: 50, level }).mean ?? [NaN, NaN];
        const [low, high] = draw(0.9);
        expect(draw(0.9)).toEqual([low, high]);
        expect(low).toBeLessThanOrEqual(high);
        expect(low).toBeGreaterThanOrEqual(Math.min(...xs));
        expect(high).toBeLessThanOrEqual(Math.max(...xs));
        expect(draw(0.99)[0]).toBeLessThanOrEqual(low);
        expect(draw(0.99)[1]).toBeGreaterThanOrEqual(high);
      }),
    );
  });

  it('of a mean of normal numbers is 1.96 standard errors either way', () => {
    const random = randomStream('normal');
    const xs = Array.from({ length: 2000 }, () => gaussian(random));
    const mean = total(meanTally(xs));
    const error = Math.sqrt(total(meanTally(xs.map((x) => (x - mean) ** 2))) / xs.length);
    const [low, high] = bootstrap(figure(xs), { random, resamples: 2000 }).mean ?? [NaN, NaN];
    expect((mean - low) / error).toBeCloseTo(1.96, 0);
    expect((high - mean) / error).toBeCloseTo(1.96, 0);
  });

  it('is wider where whole speakers are drawn who each say one thing', () => {
    const xs = Array.from({ length: 200 }, (_, i) => Math.floor(i / 20) % 2);
    const groups = xs.map((_x, i) => Math.floor(i / 20));
    const width = ([low, high]: readonly [number, number]) => high - low;
    const byClip = bootstrap(figure(xs), { random: randomStream(1) }).mean ?? [NaN, NaN];
    const bySpeaker = bootstrap(figure(xs), { random: randomStream(1), groups }).mean ?? [NaN, NaN];
    expect(width(bySpeaker)).toBeGreaterThan(3 * width(byClip));
  });

  it('is of the resamples in which the figure exists, and null where it never does', () => {
    const never = only(meanTally([1, 2]), [false, false]);
    const once = only(meanTally([1, 2]), [true, false]);
    const both = reread(join({ never, once }), ({ never, once }) => ({ never, once }));
    expect(bootstrap(both, { random: randomStream(1) })).toEqual({ never: null, once: [1, 1] });
  });

  it('refuses no clips, no resamples, a level out of range and groups of another length', () => {
    const random = randomStream(1);
    expect(() => bootstrap(figure([]), { random })).toThrow('no clip');
    expect(() => bootstrap(figure([1]), { random, resamples: 0 })).toThrow('resamples is 0');
    expect(() => bootstrap(figure([1]), { random, level: 1 })).toThrow('level is 1');
    expect(() => bootstrap(figure([1]), { random, groups: ['a', 'b'] })).toThrow('groups has 2 entries');
  });
});
