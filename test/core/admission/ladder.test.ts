import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hopNumber, isTurn, ladderOf, nextCut, shareOn, turnOf } from '../../../src/core/admission/ladder.ts';

const hops = fc.tuple(fc.integer({ min: 100, max: 3000 }), fc.integer({ min: 100, max: 3000 }));
const ladders = hops.map(([a, b]) => ladderOf({ hopMs: Math.min(a, b), maxHopMs: Math.max(a, b) }));
const rungs = ladders.chain((ladder) => fc.constantFrom(...ladder));

describe('the load ladder', () => {
  it('lengthens the hop until windows no longer overlap, then judges fewer and fewer of them', () => {
    const ladder = ladderOf({ hopMs: 500, maxHopMs: 3000 });
    expect(ladder.map(({ stride }) => stride)).toEqual([1, 2, 3, 4, 6, 6, 6, 6, 6, 6, 6]);
    expect(ladder.map(({ oneIn }) => oneIn)).toEqual([1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64]);
  });

  it('begins with the configured hop, descends by at most half a step, and never passes the longest hop', () => {
    fc.assert(
      fc.property(hops, ([a, b]) => {
        const [hopMs, maxHopMs] = [Math.min(a, b), Math.max(a, b)];
        const ladder = ladderOf({ hopMs, maxHopMs });
        expect(ladder[0]).toEqual({ stride: 1, oneIn: 1 });
        for (const [i, rung] of ladder.entries()) {
          expect(rung.stride * hopMs).toBeLessThanOrEqual(maxHopMs);
          const above = ladder[i + 1];
          if (above === undefined) continue;
          expect(shareOn(above)).toBeLessThan(shareOn(rung));
          expect(shareOn(above)).toBeGreaterThanOrEqual(shareOn(rung) / 2);
        }
      }),
    );
  });

  it('gives everybody the same share: one window in every so many hops, wherever one begins to count', () => {
    fc.assert(
      fc.property(rungs, fc.nat(200), fc.nat(1_000_000), (rung, seat, from) => {
        const turn = turnOf(seat, rung);
        const span = Array.from({ length: rung.stride * rung.oneIn }, (_, i) => from + i);
        expect(span.filter((hop) => isTurn(hop, turn))).toHaveLength(1);
        expect(span.filter((hop) => nextCut(hop, turn) === hop)).toHaveLength(rung.oneIn);
        // What is judged was cut.
        expect(span.filter((hop) => isTurn(hop, turn)).every((hop) => nextCut(hop, turn) === hop)).toBe(true);
      }),
    );
  });

  it('cuts every `stride` hops from the next turn on', () => {
    fc.assert(
      fc.property(rungs, fc.nat(200), fc.nat(1_000_000), (rung, seat, hop) => {
        const turn = turnOf(seat, rung);
        const cut = nextCut(hop, turn);
        expect(cut - hop).toBeGreaterThanOrEqual(0);
        expect(cut - hop).toBeLessThan(rung.stride);
        expect(nextCut(cut + 1, turn)).toBe(cut + rung.stride);
      }),
    );
  });

  it('spreads the work: in any stretch of time about as many windows are judged as in any other', () => {
    fc.assert(
      fc.property(
        rungs,
        fc.integer({ min: 1, max: 100 }),
        fc.nat(1000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rung, people, from, part) => {
          const round = rung.stride * rung.oneIn;
          const length = Math.max(1, Math.round(part * round));
          const judged = Array.from({ length: people }, (_, seat) => turnOf(seat, rung)).filter((turn) =>
            Array.from({ length }, (_, i) => from + i).some((hop) => isTurn(hop, turn)),
          ).length;
          // The discrepancy of van der Corput's sequence, for an interval that may wrap around, and for offsets cut to whole hops.
          const slack = 2 * Math.log2(people + 1) + 2 + people / round;
          expect(Math.abs(judged - (people * length) / round)).toBeLessThanOrEqual(slack);
        },
      ),
    );
  });

  it('numbers hops on the clock, so that windows a hop apart have numbers one apart', () => {
    expect([0, 499, 500, 1000].map((startMs) => hopNumber(startMs, 500))).toEqual([0, 0, 1, 2]);
  });
});
