import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUND, climb, utilisation } from '../../../src/core/admission/controller.ts';
import type { Demand, Position } from '../../../src/core/admission/controller.ts';
import { ladderOf } from '../../../src/core/admission/ladder.ts';

const ladder = ladderOf({ hopMs: 500, maxHopMs: 3000 });
const top = ladder.length - 1;
const TICK_MS = 250;

const demands = fc.record({
  windowsPerSecond: fc.integer({ min: 1, max: 400 }),
  secondsPerWindow: fc.double({ min: 0.0005, max: 4, noNaN: true }),
  workers: fc.integer({ min: 1, max: 16 }),
  otherShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
  crowded: fc.constant(false),
});
const positions = fc.integer({ min: 0, max: top }).map((rung): Position => ({ ...GROUND, rung }));

/** The rungs stood on while the demand stays as it is. */
function rungsUnder(demand: Demand, from: Position, seconds: number): number[] {
  const rungs: number[] = [];
  let position = from;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += TICK_MS) {
    position = climb(ladder, position, demand, nowMs);
    rungs.push(position.rung);
  }
  return rungs;
}

const at = (rung: number) => ladder[rung] ?? { stride: 1, oneIn: 1 };

describe('the rung of a host', () => {
  it('keeps predicted utilisation under its target at once, wherever the ladder allows', () => {
    fc.assert(
      fc.property(demands, positions, (demand, from) => {
        const { rung } = climb(ladder, from, demand, 0);
        if (utilisation(at(top), demand) <= 0.8) expect(utilisation(at(rung), demand)).toBeLessThanOrEqual(0.8);
        else expect(rung).toBe(top);
      }),
    );
  });

  it('never swings under a load that stays: it goes one way, stops, and stays', () => {
    fc.assert(
      fc.property(demands, positions, (demand, from) => {
        const rungs = rungsUnder(demand, from, 120);
        const moves = rungs.map((rung, i) => rung - (rungs[i - 1] ?? from.rung)).filter((move) => move !== 0);
        // At most one way: from below in one jump, from above step by step.
        expect(moves.every((move) => move > 0) || moves.every((move) => move === -1)).toBe(true);
        expect(new Set(rungs.slice(-200)).size).toBe(1);
        expect(utilisation(at(rungs.at(-1) ?? 0), demand) <= 0.8 || rungs.at(-1) === top).toBe(true);
      }),
    );
  });

  it('ends no higher than it must: on the rung below, the workers would be busy beyond comfort', () => {
    fc.assert(
      fc.property(demands, positions, (demand, from) => {
        const end = rungsUnder(demand, from, 120).at(-1) ?? 0;
        if (end > 0) expect(utilisation(at(end - 1), demand)).toBeGreaterThan(0.7);
      }),
    );
  });

  it('is never lower for a greater cost, more people or fewer workers', () => {
    fc.assert(
      fc.property(demands, demands, positions, (a, b, from) => {
        const less = {
          windowsPerSecond: Math.min(a.windowsPerSecond, b.windowsPerSecond),
          secondsPerWindow: Math.min(a.secondsPerWindow, b.secondsPerWindow),
          workers: Math.max(a.workers, b.workers),
          otherShare: Math.min(a.otherShare, b.otherShare),
          crowded: false,
        };
        expect(climb(ladder, from, less, 0).rung).toBeLessThanOrEqual(climb(ladder, from, a, 0).rung);
      }),
    );
  });

  it('is the configured hop again when the load has gone, at once when nobody is there', () => {
    fc.assert(
      fc.property(demands, positions, (demand, from) => {
        const light = { ...demand, secondsPerWindow: 1e-6, otherShare: 0 };
        expect(rungsUnder(light, from, 120).at(-1)).toBe(0);
        expect(climb(ladder, from, { ...demand, windowsPerSecond: 0 }, 0).rung).toBe(0);
      }),
    );
  });

  it('goes down no sooner than the rung below has fitted for a while', () => {
    const light: Demand = { windowsPerSecond: 1, secondsPerWindow: 0.001, workers: 1, otherShare: 0, crowded: false };
    const rungs = rungsUnder(light, { ...GROUND, rung: 2 }, 12);
    expect(rungs.slice(0, 16)).toEqual(Array<number>(16).fill(2));
    expect(rungs.slice(16, 32)).toEqual(Array<number>(16).fill(1));
    expect(rungs.slice(32)).toEqual(Array<number>(rungs.length - 32).fill(0));
  });

  it('goes up where windows wait too long though the prediction fits, and comes down ever more rarely to try again', () => {
    const rungs: number[] = [];
    let position = GROUND;
    for (let nowMs = 0; nowMs < 1_800_000; nowMs += TICK_MS) {
      // What no prediction knows: below the third rung, windows wait.
      const demand = {
        windowsPerSecond: 10,
        secondsPerWindow: 0.01,
        workers: 1,
        otherShare: 0,
        crowded: position.rung < 3,
      };
      position = climb(ladder, position, demand, nowMs);
      rungs.push(position.rung);
    }
    const tries = (part: readonly number[]) => part.filter((rung, i) => rung < (part[i - 1] ?? rung)).length;
    const half = rungs.length / 2;
    expect(Math.max(...rungs)).toBe(3);
    expect(tries(rungs.slice(half))).toBeLessThan(tries(rungs.slice(0, half)));
    expect(tries(rungs.slice(half))).toBeLessThanOrEqual(4);
    expect(rungs.slice(half).filter((rung) => rung === 3).length).toBeGreaterThan(0.9 * half);
  });
});
