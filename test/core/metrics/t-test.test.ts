import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { twoTailed } from '../../../src/core/metrics/student-t.ts';
import { subsetTTest, tTest } from '../../../src/core/metrics/t-test.ts';
import { meanTally, only } from '../../../src/core/metrics/tally.ts';
import { randomStream, uniform } from '../../../src/core/random.ts';

describe("Student's t", () => {
  it.each([
    [2.0226909, 39, 0.05000000216017279],
    [0.5, 3.7, 0.6453356333199318],
    [12.3, 39, 5.344220232349481e-15],
    [1e-3, 1, 0.9993633804398159],
    [-4.2, 77.7, 7.052369290487341e-5],
    [40, 39, 2.818811402796312e-33],
    [3, 1e6, 0.0026998625414218],
    [1, 0.5, 0.6022432216826441],
  ])('t = %d with %d degrees of freedom is as likely as SciPy says', (t, freedom, p) => {
    expect(Math.abs(twoTailed(t, freedom) / p - 1)).toBeLessThan(1e-9);
  });

  it('is symmetric, falls with |t|, and is 1 at 0 and 0 at infinity', () => {
    const number = fc.double({ min: 0, max: 50, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.double({ min: 0.5, max: 200, noNaN: true }), (a, b, freedom) => {
        expect(twoTailed(a, freedom)).toBe(twoTailed(-a, freedom));
        expect(twoTailed(Math.max(a, b), freedom)).toBeLessThanOrEqual(twoTailed(Math.min(a, b), freedom) + 1e-12);
      }),
    );
    expect(twoTailed(0, 5)).toBe(1);
    expect(twoTailed(Infinity, 5)).toBe(0);
    expect(() => twoTailed(NaN, 5)).toThrow(RangeError);
    expect(() => twoTailed(1, 0)).toThrow(RangeError);
  });
});

describe('a t-test of two lists', () => {
  const [a, b] = [
    [0.71, 0.69, 0.74, 0.68, 0.73],
    [0.66, 0.67, 0.7, 0.69, 0.66],
  ];

  it('gives the figures of SciPy', () => {
    const paired = tTest(a, b, 'paired');
    expect(paired.t).toBeCloseTo(2.493000955363009, 9);
    expect(paired.p).toBeCloseTo(0.0672680731561495, 9);
    expect(paired.freedom).toBe(4);
    const welch = tTest(a, b, 'welch');
    expect(welch.t).toBeCloseTo(2.4285714285714253, 9);
    expect(welch.p).toBeCloseTo(0.04443733417863902, 9);
    expect(welch.freedom).toBeCloseTo(7.229205871283393, 9);
  });

  it('turns its sign and keeps its p when the lists change places', () => {
    for (const pairing of ['paired', 'welch'] as const) {
      const [there, back] = [tTest(a, b, pairing), tTest(b, a, pairing)];
      expect(back.t).toBeCloseTo(-there.t, 12);
      expect(back.p).toBeCloseTo(there.p, 12);
    }
  });

  it('of lists that do not vary is sure or undecided, never NaN', () => {
    for (const pairing of ['paired', 'welch'] as const) {
      expect(tTest([0.1, 0.1, 0.1], [0.1, 0.1, 0.1], pairing)).toMatchObject({ t: 0, p: 1 });
      expect(tTest([0.3, 0.3, 0.3], [0.1, 0.1, 0.1], pairing)).toMatchObject({ t: Infinity, p: 0 });
    }
  });

  it('refuses lists too short or that cannot be paired', () => {
    expect(() => tTest([1], [1], 'paired')).toThrow(RangeError);
    expect(() => tTest([1, 2], [1, 2, 3], 'paired')).toThrow('lists of 2 and 3 cannot be paired');
  });
});

describe('a t-test over subsets', () => {
  const random = randomStream('scores');
  const scores = Array.from({ length: 400 }, () => uniform(random, 0, 1));
  const better = scores.map((score) => score + uniform(random, 0, 0.2));

  it('finds a small steady gain when paired, which independent lists hide', () => {
    const options = { random: randomStream(1) };
    const paired = subsetTTest(meanTally(better), meanTally(scores), options);
    expect(paired.freedom).toBe(39);
    expect(paired.p).toBeLessThan(1e-9);
    const welch = subsetTTest(meanTally(better), meanTally(scores), { random: randomStream(1), pairing: 'welch' });
    expect(welch.p).toBeGreaterThan(paired.p);
  });

  it('finds nothing between a pack and itself', () => {
    expect(subsetTTest(meanTally(scores), meanTally(scores), { random: randomStream(1) })).toMatchObject({
      t: 0,
      p: 1,
    });
  });

  it('uses every clip once: subsets of equal size average to the mean of all', () => {
    const { means } = subsetTTest(meanTally(better), meanTally(scores), { random: randomStream(2) });
    expect(means[1]).toBeCloseTo(scores.reduce((sum, x) => sum + x, 0) / 400, 12);
  });

  it('refuses too few clips, unlike clips and figures that do not exist', () => {
    const options = { random: randomStream(1) };
    expect(() => subsetTTest(meanTally([1, 2]), meanTally([1, 2]), options)).toThrow('2 clips cannot be split into 40');
    expect(() => subsetTTest(meanTally([1, 2]), meanTally([1]), options)).toThrow(RangeError);
    expect(() => subsetTTest(meanTally([1]), meanTally([1]), { ...options, subsets: 1 })).toThrow('subsets is 1');
    const none = only(
      meanTally(scores),
      scores.map(() => false),
    );
    expect(() => subsetTTest(none, none, options)).toThrow('the figure of subset 0 is NaN');
  });
});
