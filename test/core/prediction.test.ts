import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeadLogits, LabelCalibration, Logits, PackNetwork } from '../../src/domain.ts';
import { calibrate } from '../../src/core/calibration.ts';
import { pool } from '../../src/core/fusion.ts';
import { LABELS } from '../../src/core/labels.ts';
import { predict, type PredictingPack } from '../../src/core/prediction.ts';
import { logit, sigmoid } from '../../src/core/probability.ts';
import { headLogits } from './arbitraries.ts';

const scaled = (calibration: LabelCalibration) =>
  Object.fromEntries(LABELS.map((label) => [label, calibration] as const));
const network = (b: number): PackNetwork => ({ labels: LABELS, calibration: scaled({ method: 'platt', a: 1, b }) });
const pack: PredictingPack = {
  networks: { voice: network(0.5), face: network(-0.5) },
  fusion: {
    labels: LABELS,
    calibration: { both: network(2).calibration, voice: network(-2).calibration },
  },
};
const logits = (parts: Partial<Logits>): Logits => ({ voice: null, face: null, fusion: null, ...parts });
const x = fc.double({ min: -6, max: 6, noNaN: true });
const heads: fc.Arbitrary<HeadLogits> = fc.array(x, { minLength: 8, maxLength: 8 }).map((values) => headLogits(values));

describe('a prediction', () => {
  it('is none where nothing was judged', () => {
    expect(predict(logits({}), pack)).toBeNull();
  });

  it('is what the shared layers say where they spoke, by the calibration of what they looked at', () => {
    fc.assert(
      fc.property(heads, (said) => {
        const both = predict(logits({ fusion: { subset: 'both', ...said } }), pack);
        const voice = predict(logits({ fusion: { subset: 'voice', ...said } }), pack);
        expect([both?.modalities, voice?.modalities]).toEqual([['voice', 'face'], ['voice']]);
        LABELS.forEach((label, k) => {
          const p = logit(sigmoid(said.presenceLogits[k] ?? NaN));
          expect(both?.probabilities[label]).toBeCloseTo(sigmoid(p + 2), 9);
          expect(voice?.probabilities[label]).toBeCloseTo(sigmoid(p - 2), 9);
          expect(both?.shares[label]).toBe(voice?.shares[label]);
        });
      }),
    );
  });

  it('is the pool of what voice and face say where the shared layers did not speak', () => {
    fc.assert(
      fc.property(heads, heads, (voice, face) => {
        const { networks } = pack;
        expect(predict(logits({ voice, face }), pack)).toMatchObject({
          ...pool({ voice: calibrate(voice, networks.voice), face: calibrate(face, networks.face) }),
        });
        expect(predict(logits({ face }), { ...pack, fusion: null })).toMatchObject({
          ...pool({ face: calibrate(face, networks.face) }),
        });
      }),
    );
  });

  it('has the entropy of its shares, whoever spoke', () => {
    const even = headLogits(Array<number>(8).fill(0));
    expect(predict(logits({ fusion: { subset: 'both', ...even } }), pack)?.uncertainty).toBeCloseTo(Math.log(8), 9);
    expect(predict(logits({ voice: even }), pack)?.uncertainty).toBeCloseTo(Math.log(8), 9);
  });
});
