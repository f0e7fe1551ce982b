import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decision.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { fitReference, type MeasuredRow } from '../../../src/core/reference/fit.ts';
import { BOUND, distanceFrom, distanceOfLooks, judgeable } from '../../../src/core/reference/reference.ts';
import type { Distances, Missing, Modality, Prediction } from '../../../src/domain.ts';

/** Rows of people who differ from one another, as people do. */
const rowsOf = (seed: number, people: number, each: number): MeasuredRow[] => {
  const random = randomStream(seed, 'people');
  return Array.from({ length: people }, (_, person) => {
    const own = [gaussian(random), gaussian(random)];
    return Array.from({ length: each }, (): MeasuredRow => {
      const [a = 0, b = 0] = own.map((x) => x + gaussian(random));
      return {
        statistics: Float64Array.of(a, b, gaussian(random)),
        embedding: Float64Array.of(a + b, gaussian(random)),
        group: `${seed}-${person}`,
      };
    });
  }).flat();
};

describe('a reference', () => {
  it('finds about as many strange among people that it never met as it was asked for', () => {
    const { reference, alarms } = fitReference(rowsOf(1, 60, 50), { alarms: 0.05 });
    const fresh = rowsOf(2, 200, 20);
    const strange = fresh.filter((row) => distanceFrom(reference, row.statistics, row.embedding) > BOUND);
    expect(alarms).toBeLessThanOrEqual(0.05);
    expect(strange.length / fresh.length).toBeGreaterThan(0.02);
    expect(strange.length / fresh.length).toBeLessThan(0.08);
  });

  it('is as far as the farther of its two distances says', () => {
    const { reference } = fitReference(rowsOf(3, 20, 20), { alarms: 0.05 });
    const { mean: statistics } = reference.statistics;
    const { mean: embedding } = reference.embedding;
    expect(distanceFrom(reference, statistics, embedding)).toBe(0);
    expect(distanceFrom(reference, [99, -99, 0], embedding)).toBeGreaterThan(BOUND);
    expect(distanceFrom(reference, statistics, [99, -99])).toBeGreaterThan(BOUND);
  });

  it('cannot be fitted to one person, or to fewer rows than its alarms can be told from', () => {
    expect(() => fitReference(rowsOf(4, 1, 500))).toThrow(/give clips of two/);
    expect(() => fitReference(rowsOf(4, 5, 10))).toThrow(/give 400 or more/);
  });
});

describe('what may be judged', () => {
  const distance = fc.option(fc.double({ min: 0, max: 3, noNaN: true }), { nil: undefined });
  const some = fc.subarray<Modality>(['voice', 'face'], { minLength: 1 });

  it('is never nothing, nothing that was not there, and nothing strange beside what is not', () => {
    fc.assert(
      fc.property(some, distance, distance, (there, voice, face) => {
        const distances: Distances = { ...(voice !== undefined && { voice }), ...(face !== undefined && { face }) };
        const kept = judgeable(there, distances);
        const isWithin = (modality: Modality) => (distances[modality] ?? 0) <= BOUND;
        expect(kept.length).toBeGreaterThan(0);
        expect(there).toEqual(expect.arrayContaining([...kept]));
        if (there.some(isWithin)) expect(kept).toEqual(there.filter(isWithin));
      }),
    );
  });

  it('is the median of the looks, so one odd look is forgiven', () => {
    expect(distanceOfLooks(Float32Array.of(0.5, 3, 0.75))).toBe(0.75);
    expect(distanceOfLooks(Float32Array.of(0.5, 1))).toBe(0.75);
  });
});

describe('a verdict', () => {
  const predicted = (modalities: readonly Modality[], distances: Distances): Prediction => ({
    probabilities: { anger: 0.95 },
    shares: { anger: 0.9 },
    modalities,
    uncertainty: 0.2,
    distances,
  });
  const decided = (prediction: Prediction, missing: Missing = {}, require: 'any' | 'voice' = 'any') =>
    decide({ startMs: 0, lengthMs: 3000, missing, consented: true }, prediction, {
      decision: { thresholds: { anger: 0.5 }, minTopProbability: 0.6 },
      require,
      pack: 'a@1.0.0',
    });

  it('on what is strange is rejected, and keeps what would have been said and how far it lies', () => {
    expect(decided(predicted(['voice'], { voice: 1.3 }), { face: 'no-face' })).toMatchObject({
      status: 'rejected',
      reason: 'out-of-distribution',
      withheld: ['anger'],
      distances: { voice: 1.3 },
      missing: { voice: 'out-of-distribution', face: 'no-face' },
    });
  });

  it('on one modality is accepted where only the other is strange, unless that one is required', () => {
    const faceOnly = predicted(['face'], { voice: 4, face: 0.8 });
    expect(decided(faceOnly)).toMatchObject({ status: 'accepted', missing: { voice: 'out-of-distribution' } });
    expect(decided(faceOnly, {}, 'voice')).toMatchObject({ status: 'rejected', reason: 'out-of-distribution' });
  });

  it('goes by the pack alone up to the bound, and where there is no reference', () => {
    expect(decided(predicted(['voice'], { voice: 1 })).status).toBe('accepted');
    expect(decided(predicted(['voice'], {})).status).toBe('accepted');
  });
});
