import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_COST, costOf, readCost } from '../../../src/core/admission/cost.ts';
import type { CostState } from '../../../src/core/admission/cost.ts';

type Batches = Readonly<Record<number, number>>;

/** Readings a quarter second apart in which so many batches of each size are run. */
function run(
  batches: Batches,
  secondsOf: (size: number) => number,
  { rounds = 8, from = NO_COST, atMs = 0, workers = 1, otherSeconds = 0, largest = 16 } = {},
): CostState {
  let state = from;
  for (let i = 0; i <= rounds; i++)
    state = readCost(
      state,
      {
        workers,
        largest,
        batches: Object.entries(batches).map(([size, count]) => ({
          size: Number(size),
          count: i * count,
          seconds: i * count * secondsOf(Number(size)),
        })),
        otherSeconds: i * otherSeconds,
      },
      atMs + i * 250,
    );
  return state;
}

const near = (seconds: number): unknown => expect.closeTo(seconds, 9);

describe('the cost of a window', () => {
  it('is not known before the first batch', () => {
    expect(costOf(NO_COST)).toMatchObject({
      secondsPerWindow: null,
      hopedSeconds: null,
      otherShare: 0,
      batch: 1,
      isTrial: false,
      workers: 1,
    });
  });

  it('is what its batches took, whatever their sizes, where going together saves nothing', () => {
    const counts = fc.dictionary(fc.constantFrom('1', '2', '3', '8', '16'), fc.integer({ min: 1, max: 5 }), {
      minKeys: 1,
    });
    fc.assert(
      fc.property(counts, fc.double({ min: 0.001, max: 3, noNaN: true }), (batches, each) => {
        expect(costOf(run(batches, (size) => size * each)).secondsPerWindow).toBeCloseTo(each, 9);
      }),
    );
  });

  it('is that of the best batch that was tried, and a larger one is worth trying while the largest is best', () => {
    const after = (batches: Batches) => costOf(run(batches, () => 0.1));
    expect(after({ 1: 1 })).toMatchObject({ secondsPerWindow: near(0.1), batch: 2 });
    expect(after({ 1: 1, 2: 1, 4: 1 })).toMatchObject({ secondsPerWindow: near(0.025), batch: 8 });
    expect(after({ 1: 1, 2: 1, 4: 1 }).hopedSeconds).toBeCloseTo(0.0125, 9);
    expect(after({ 1: 1, 16: 1 })).toMatchObject({ secondsPerWindow: near(0.1 / 16), batch: 16 });
  });

  it('hopes for no batch that workers do not take', () => {
    const most = (largest: number) => run({ 1: 1, 2: 1, 4: 1 }, () => 0.1, { largest });
    expect(costOf(most(8))).toMatchObject({ batch: 8, isTrial: true, hopedSeconds: near(0.0125) });
    expect(costOf(most(4))).toMatchObject({ batch: 4, isTrial: false, hopedSeconds: near(0.025) });
  });

  it('does not go on to larger batches where they save nothing', () => {
    const linear = (size: number) => 1.6 * size;
    expect(costOf(run({ 1: 1, 2: 1 }, linear)).batch).toBe(1);
  });

  it('follows a host that becomes slower, and is not swayed by a single batch', () => {
    const fast = run({ 1: 2 }, () => 0.01, { rounds: 40 });
    expect(costOf(fast).secondsPerWindow).toBeCloseTo(0.01);
    const odd = readCost(
      fast,
      { workers: 1, batches: [{ size: 1, count: 81, seconds: 0.8 + 0.05 }], otherSeconds: 0 },
      10_250,
    );
    expect(costOf(odd).secondsPerWindow).toBeLessThan(0.012);
    const slow = Array.from({ length: 200 }, (_, i) => i + 1).reduce(
      (state, i) =>
        readCost(
          state,
          { workers: 1, batches: [{ size: 1, count: 80 + i, seconds: 0.8 + 0.05 * i }], otherSeconds: 0 },
          10_000 + i * 500,
        ),
      fast,
    );
    expect(costOf(slow).secondsPerWindow).toBeCloseTo(0.05, 3);
  });

  it('keeps its last word while nothing is judged', () => {
    const known = run({ 1: 1 }, () => 0.2);
    let state = known;
    const last = { workers: 1, batches: [{ size: 1, count: 8, seconds: 1.6 }], otherSeconds: 0 };
    for (let i = 0; i < 4000; i++) state = readCost(state, last, 2000 + i * 250);
    expect(costOf(state).secondsPerWindow).toBeCloseTo(0.2);
  });

  it('reserves for looks and speech what they take, up to half of the workers', () => {
    const share = (otherSeconds: number, workers = 1) =>
      costOf(run({ 1: 1 }, () => 0.01, { rounds: 400, otherSeconds, workers })).otherShare;
    expect(share(0.05)).toBeCloseTo(0.2, 2);
    expect(share(0.05, 2)).toBeCloseTo(0.1, 2);
    expect(share(0.25)).toBe(0.5);
  });

  it('counts anew when the workers were started anew', () => {
    const known = run({ 1: 4 }, () => 0.1);
    const fresh = readCost(known, { workers: 0, batches: [], otherSeconds: 0 }, 10_000);
    expect(costOf(fresh)).toMatchObject({ workers: 1 });
    expect(costOf(fresh).secondsPerWindow).toBeCloseTo(0.1);
  });
});
