import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alpha, alphaTally, interval, masi, nominal, ordinal } from '../../../src/core/metrics/krippendorff.ts';
import { bootstrap } from '../../../src/core/metrics/bootstrap.ts';
import { reread } from '../../../src/core/metrics/tally.ts';
import { randomStream } from '../../../src/core/random.ts';

/** Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example C: four observers, twelve units. */
const OBSERVERS = [
  [1, 2, 3, 3, 2, 1, 4, 1, 2, null, null, null],
  [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, null, 3],
  [null, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, null],
  [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, null],
];
const UNITS = Array.from({ length: 12 }, (_, u) => OBSERVERS.flatMap((row) => row[u] ?? []));

const units = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), { minLength: 2, maxLength: 12 });
const varied = units.filter((list) => new Set(list.filter((unit) => unit.length > 1).flat()).size > 1);

describe("Krippendorff's alpha", () => {
  it('is what its author worked out on his example', () => {
    expect(alpha(UNITS, { difference: nominal })).toBeCloseTo(0.743, 3);
    expect(alpha(UNITS, { difference: ordinal(UNITS) })).toBeCloseTo(0.815, 3);
    expect(alpha(UNITS, { difference: interval })).toBeCloseTo(0.849, 3);
  });

  it('is 1 where all agree, and at most 1 anywhere', () => {
    fc.assert(
      fc.property(varied, (list) => {
        expect(alpha(list, { difference: interval })).toBeLessThanOrEqual(1);
        const agreed = list.map((unit) => unit.map(() => unit[0] ?? 0));
        const perfect = alpha(agreed, { difference: nominal });
        if (!Number.isNaN(perfect)) expect(perfect).toBe(1);
      }),
    );
  });

  it('does not ask who said what, nor in which order, nor about units with one answer', () => {
    fc.assert(
      fc.property(varied, fc.integer(), (list, lone) => {
        const shuffled = [...list.map((unit) => unit.toReversed()).toReversed(), [lone], []];
        expect(alpha(shuffled, { difference: interval })).toBeCloseTo(alpha(list, { difference: interval }), 9);
      }),
    );
  });

  it('is the same by name whatever the values are called, and by interval on any scale', () => {
    fc.assert(
      fc.property(varied, (list) => {
        const named = list.map((unit) => unit.map((value) => `v${value}`));
        expect(alpha(named, { difference: nominal })).toBeCloseTo(alpha(list, { difference: nominal }), 9);
        const scaled = list.map((unit) => unit.map((value) => 10 - 3 * value));
        expect(alpha(scaled, { difference: interval })).toBeCloseTo(alpha(list, { difference: interval }), 9);
      }),
    );
  });

  it('is near 0 for raters who guess, and cannot be told where nothing varies', () => {
    const random = randomStream(1, 'guess');
    const guesses = Array.from({ length: 3000 }, () => [random() < 0.3, random() < 0.3]);
    const tallied = reread(alphaTally(guesses, { difference: nominal }), (figure) => ({ figure }));
    const [low, high] = bootstrap(tallied, { random: randomStream(1, 'ci'), resamples: 200 }).figure ?? [NaN, NaN];
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
    expect(
      alpha(
        [
          [1, 1],
          [1, 1],
        ],
        { difference: nominal },
      ),
    ).toBeNaN();
  });
});

describe('the distance of two answers', () => {
  it('is MASI', () => {
    const set = (...labels: string[]) => new Set(labels);
    expect(masi(set('a', 'b'), set('a', 'b'))).toBe(0);
    expect(masi(set('a'), set('a', 'b'))).toBeCloseTo(1 - (1 / 2) * (2 / 3), 12);
    expect(masi(set('a', 'b'), set('b', 'c'))).toBeCloseTo(1 - (1 / 3) * (1 / 3), 12);
    expect([masi(set('a'), set('b')), masi(set(), set('a')), masi(set(), set())]).toEqual([1, 1, 0]);
  });
});
