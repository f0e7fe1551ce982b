import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Opinion } from '../../src/core/calibration.ts';
import { predict } from '../../src/core/prediction.ts';
import { sourcesOf } from '../../src/core/sources.ts';
import type { Label } from '../../src/domain.ts';
import { headLogits } from './arbitraries.ts';

const FACE = ['neutral', 'happiness', 'anger', 'contempt'] as const satisfies readonly Label[];
const VOICE = FACE.slice(0, 3);
const opinion = (labels: readonly Label[], numbers: readonly number[]): Opinion => {
  const total = labels.reduce((sum, _, k) => sum + (numbers[k] ?? 0), 0);
  const shares = Object.fromEntries(labels.map((label, k) => [label, (numbers[k] ?? 0) / total]));
  return { labels, shares, probabilities: {} };
};
const numbers = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });

describe('uncertainty by source', () => {
  it('tells how unsure each modality is alone, and nothing of one that is not there', () => {
    const sure = opinion(VOICE, [1, 0, 0]);
    expect(sourcesOf({ voice: sure })).toEqual({ voice: 0 });
    expect(sourcesOf({ face: opinion(FACE, [1, 1, 1, 1]) })).toEqual({ face: Math.log(4) });
    expect(sourcesOf({})).toEqual({});
  });

  it('knows no conflict where both say the same, and ln 2 where nothing is common', () => {
    fc.assert(
      fc.property(numbers, (some) => {
        // What the face gives to a label that the voice does not know is no conflict.
        const { conflict } = sourcesOf({ voice: opinion(VOICE, some), face: opinion(FACE, some) });
        expect(conflict).toBeCloseTo(0, 12);
      }),
    );
    expect(sourcesOf({ voice: opinion(VOICE, [1, 0, 0]), face: opinion(FACE, [0, 1, 1, 0]) }).conflict).toBeCloseTo(
      Math.LN2,
      12,
    );
  });

  it('does not depend on who is asked first', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const one = sourcesOf({ voice: opinion(VOICE, a), face: opinion(VOICE, b) });
        const other = sourcesOf({ voice: opinion(VOICE, b), face: opinion(VOICE, a) });
        expect(one.conflict).toBeCloseTo(other.conflict ?? NaN, 12);
        expect([one.voice, one.face]).toEqual([other.face, other.voice]);
      }),
    );
  });

  it('comes with a prediction, also where the shared layers spoke', () => {
    const calibration = Object.fromEntries(VOICE.map((label) => [label, { method: 'platt', a: 1, b: 0 } as const]));
    const network = { labels: VOICE, calibration };
    const pack = {
      networks: { voice: network, face: network },
      fusion: { labels: VOICE, calibration: { both: calibration } },
    };
    const [voice, face] = [headLogits([9, 0, 0]), headLogits([0, 9, 0])];
    const fused = { subset: 'both', ...headLogits([0, 0, 0]) } as const;
    const pooled = predict({ voice, face, fusion: null }, pack)?.sources;
    expect(predict({ voice, face, fusion: fused }, pack)?.sources).toEqual(pooled);
    expect(pooled?.conflict).toBeGreaterThan(0.6);
    expect(predict({ voice, face: null, fusion: null }, pack)?.sources).not.toHaveProperty('conflict');
  });
});
