import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PerLabel } from '../../src/domain.ts';
import type { Opinion } from '../../src/core/calibration.ts';
import { certainty, pool } from '../../src/core/fusion.ts';
import { LABELS } from '../../src/core/labels.ts';
import { VOICE_LABELS, opinion, perLabel } from './arbitraries.ts';

const sum = (shares: PerLabel) => Object.values(shares).reduce((total, x) => total + x, 0);

describe('logarithmic opinion pool', () => {
  it('has nothing to say where no modality has', () => {
    expect(pool({})).toBeNull();
  });

  it('repeats a single opinion unchanged', () => {
    fc.assert(
      fc.property(opinion(LABELS), (face) => {
        const prediction = pool({ face });
        expect(prediction?.modalities).toEqual(['face']);
        for (const label of LABELS) {
          expect(prediction?.shares[label]).toBeCloseTo(face.shares[label] ?? NaN, 9);
          expect(prediction?.probabilities[label]).toBeCloseTo(face.probabilities[label] ?? NaN, 9);
        }
      }),
    );
  });

  it('repeats what two equal opinions say', () => {
    fc.assert(
      fc.property(opinion(LABELS), (both) => {
        const prediction = pool({ voice: both, face: both });
        for (const label of LABELS)
          expect(prediction?.probabilities[label]).toBeCloseTo(both.probabilities[label] ?? NaN, 9);
      }),
    );
  });

  it('keeps shares a distribution and probabilities between the two opinions', () => {
    fc.assert(
      fc.property(opinion(VOICE_LABELS), opinion(LABELS), (voice, face) => {
        const prediction = pool({ voice, face });
        expect(sum(prediction?.shares ?? {})).toBeCloseTo(1, 9);
        for (const label of VOICE_LABELS) {
          const p = prediction?.probabilities[label] ?? NaN;
          const [low, high] = [voice.probabilities[label] ?? NaN, face.probabilities[label] ?? NaN].sort(
            (a, b) => a - b,
          );
          expect(p).toBeGreaterThanOrEqual((low ?? NaN) - 1e-9);
          expect(p).toBeLessThanOrEqual((high ?? NaN) + 1e-9);
        }
      }),
    );
  });

  it('does not depend on the names or order of labels', () => {
    fc.assert(
      fc.property(opinion(LABELS), opinion(LABELS), (voice, face) => {
        const turned = (o: Opinion): Opinion => ({ ...o, labels: [...o.labels].reverse() });
        const straight = pool({ voice, face });
        const reversed = pool({ voice: turned(voice), face: turned(face) });
        for (const label of LABELS) expect(reversed?.shares[label]).toBeCloseTo(straight?.shares[label] ?? NaN, 9);
      }),
    );
  });

  it('leaves a label that only the face knows to the face', () => {
    fc.assert(
      fc.property(opinion(VOICE_LABELS), opinion(LABELS), (voice, face) => {
        const prediction = pool({ voice, face });
        expect(prediction?.shares.contempt).toBeCloseTo(face.shares.contempt ?? NaN, 9);
        expect(prediction?.probabilities.contempt).toBeCloseTo(face.probabilities.contempt ?? NaN, 9);
      }),
    );
  });

  it('is not swayed by a modality that knows nothing', () => {
    const ignorant: Opinion = {
      labels: LABELS,
      shares: perLabel(
        LABELS,
        LABELS.map(() => 1 / 8),
      ),
      probabilities: perLabel(
        LABELS,
        LABELS.map(() => 0.5),
      ),
    };
    const sure: Opinion = {
      labels: LABELS,
      shares: perLabel(LABELS, [0.02, 0.9, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01]),
      probabilities: perLabel(LABELS, [0.1, 0.95, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05]),
    };
    expect(certainty(ignorant)).toBeLessThan(0.01);
    expect(pool({ voice: ignorant, face: sure })?.probabilities.happiness).toBeCloseTo(0.95, 2);
  });
});
