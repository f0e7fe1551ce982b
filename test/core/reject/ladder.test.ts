import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream, type Random } from '../../../src/core/random.ts';
import { type DoubtedClips, riskThreshold } from '../../../src/core/reject/guarantee.ts';
import { acceptsMore, LADDER_RISKS, limitFor, riskLadder, type Limit } from '../../../src/core/reject/ladder.ts';

const DELTA = 0.1;
const SETS = 600;
/** A count of SETS at a true rate of DELTA is above this in fewer than 1 of 1000 runs; the seed is fixed besides. */
const MOST_BROKEN = SETS * DELTA + 3.1 * Math.sqrt(SETS * DELTA * (1 - DELTA));

/** Doubt is uniform in 0 to 1; a clip is wrong with probability `wrongAt(doubt)`. */
type Population = (doubt: number) => number;
const populations: readonly (readonly [string, Population])[] = [
  ['rising doubt', (u) => 0.5 * u],
  ['surest clips that are often wrong', (u) => (u < 0.05 ? 0.2 : 0.01 + 0.5 * u ** 2)],
  // just above every rung somewhere: the worst that can be met
  ['risk that climbs by steps', (u) => 0.02 + 0.4 * Math.floor(8 * u) * 0.125],
];

function draw(wrongAt: Population, n: number, random: Random): DoubtedClips {
  const doubt = Array.from({ length: n }, () => random());
  return { doubt, wrong: doubt.map((u) => random() < wrongAt(u)) };
}

/** Risk among all clips of the population that a threshold accepts. */
function riskOf(wrongAt: Population, threshold: number): number {
  const steps = 400;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += wrongAt((Math.min(1, threshold) * (i + 0.5)) / steps);
  return sum / steps;
}

const found = (clips: DoubtedClips, risk: number, delta: number) => {
  const one = riskThreshold([clips], { risk, delta, greatest: 1 });
  return one.found ? one.threshold : null;
};
const ladderOf = (clips: DoubtedClips, rule: { risk?: number; threshold: Limit }, delta = DELTA) =>
  riskLadder(rule, delta, (risk, part) => found(clips, risk, part));

const clips = fc
  .record({ n: fc.integer({ min: 50, max: 900 }), steep: fc.double({ min: 0, max: 0.8, noNaN: true }), seed: fc.nat() })
  .map(({ n, steep, seed }) => draw((u) => steep * u, n, randomStream('law', seed)));

describe('a ladder', () => {
  it('rises: a greater risk never accepts less, with nothing done to make it so', () => {
    fc.assert(
      fc.property(clips, (drawn) => {
        const all = LADDER_RISKS.map((risk) => found(drawn, risk, DELTA / 8) ?? -Infinity);
        expect(all).toEqual(all.toSorted((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });

  it('stands below its rule where its risk is less, and accepts more than it where its risk is more', () => {
    fc.assert(
      fc.property(clips, fc.constantFrom(0.05, 0.1, 0.12), (drawn, risk) => {
        const threshold = found(drawn, risk, DELTA);
        if (threshold === null) return;
        const rungs = ladderOf(drawn, { risk, threshold });
        rungs.forEach((rung, i) => {
          expect(rung.risk).not.toBe(risk);
          if (rung.risk < risk) expect(rung.threshold).toBeLessThanOrEqual(threshold);
          else expect(rung.threshold).toBeGreaterThan(threshold);
          const before = rungs[i - 1];
          if (before === undefined) return;
          expect(rung.risk).toBeGreaterThan(before.risk);
          expect(acceptsMore(rung.threshold, before.threshold)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('gives each risk that is tried an equal part of delta, the rule’s own not among them', () => {
    const asked: [number, number][] = [];
    const ask = (risk: number, delta: number) => {
      asked.push([risk, delta]);
      return null;
    };
    expect(riskLadder({ risk: 0.1, threshold: 0.4 }, DELTA, ask)).toEqual([]);
    expect(asked.map(([risk]) => risk)).toEqual(LADDER_RISKS.filter((risk) => risk !== 0.1));
    expect(asked.reduce((sum, [, delta]) => sum + delta, 0)).toBeCloseTo(DELTA, 12);
  });

  it('of limits by label leaves out what accepts less of some label', () => {
    const limits: Partial<Record<number, Limit>> = {
      0.05: { anger: 0.1 },
      0.07: { anger: 0.1 },
      0.15: { anger: 0.3, fear: 0.2 },
      0.2: { anger: 0.4 },
    };
    const rungs = riskLadder({ risk: 0.1, threshold: { anger: 0.2 } }, DELTA, (risk) => limits[risk] ?? null);
    expect(rungs.map(({ risk }) => risk)).toEqual([0.05, 0.15]);
  });

  it('is asked by risk: the greatest promise that is strict enough', () => {
    const promise = { risk: 0.1, delta: DELTA, n: 9, accepted: 5, wrong: 0, clips: '' };
    const rung = (risk: number, threshold: number) => ({ risk, threshold, accepted: 1, wrong: 0 });
    const rule = { threshold: 0.3, promise, ladder: { delta: DELTA, rungs: [rung(0.05, 0.2), rung(0.2, 0.6)] } };
    expect([0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3].map((risk) => limitFor(rule, risk))).toEqual([
      null,
      0.2,
      0.2,
      0.3,
      0.3,
      0.6,
      0.6,
    ]);
    const { ladder: _, ...bare } = rule;
    expect([0.05, 0.2].map((risk) => limitFor(bare, risk))).toEqual([null, 0.3]);
  });
});

describe.each(populations)('all promises of a ladder over %s', (name, population) => {
  const calibrations = Array.from({ length: SETS }, (_, i) => draw(population, 500, randomStream('ladder', name, i)));
  /** Of the sets, for how many some rung has a greater risk than it promised: what a viewer who looks first may pick. */
  const broken = (ladders: readonly ReturnType<typeof ladderOf>[]) =>
    ladders.filter((rungs) => rungs.some(({ risk, threshold }) => riskOf(population, threshold as number) > risk))
      .length;

  it('hold at once, but for no more calibration sets than was said', () => {
    const ladders = calibrations.map((drawn) => ladderOf(drawn, { threshold: 0 }));
    expect(broken(ladders)).toBeLessThanOrEqual(MOST_BROKEN);
    // and it is of use: there is something to choose among
    expect(ladders.filter((rungs) => rungs.length >= 2).length).toBeGreaterThan(SETS / 2);
  });
});

it('would be broken more often than was said where each promise had all of delta to itself', () => {
  // Risk among those accepted up to t is t^2 / 3.
  const sets = 400;
  const drawn = Array.from({ length: sets }, (_, i) => draw((u) => u ** 2, 1500, randomStream('apart', i)));
  const brokenAt = (delta: number) =>
    drawn.filter((one) => LADDER_RISKS.some((risk) => (found(one, risk, delta) ?? 0) ** 2 / 3 > risk)).length;
  expect(brokenAt(DELTA)).toBeGreaterThan(1.4 * sets * DELTA);
  expect(brokenAt(DELTA / LADDER_RISKS.length)).toBeLessThanOrEqual(sets * DELTA);
});
