/** Random nouns for property tests. */
import fc from 'fast-check';
import type { HeadLogits, Label, Verdict } from '../../src/domain.ts';
import type { Opinion } from '../../src/core/calibration.ts';
import { LABELS } from '../../src/core/labels.ts';
import { shareLogOdds, softmax } from '../../src/core/probability.ts';

export const VOICE_LABELS = LABELS.filter((label) => label !== 'contempt');

export function perLabel(labels: readonly Label[], values: readonly number[]): Partial<Record<Label, number>> {
  return Object.fromEntries(labels.map((label, i) => [label, values[i] ?? 0]));
}

/** Heads that agree: the presence is the share. */
export function headLogits(shareLogits: readonly number[]): HeadLogits {
  return { shareLogits: Float32Array.from(shareLogits), presenceLogits: shareLogOdds(shareLogits) };
}

export function opinion(labels: readonly Label[]): fc.Arbitrary<Opinion> {
  return fc
    .record({
      logits: fc.array(fc.double({ min: -8, max: 8, noNaN: true }), {
        minLength: labels.length,
        maxLength: labels.length,
      }),
      probabilities: fc.array(fc.double({ min: 0.001, max: 0.999, noNaN: true }), {
        minLength: labels.length,
        maxLength: labels.length,
      }),
    })
    .map(({ logits, probabilities }) => ({
      labels,
      shares: perLabel(labels, softmax(logits)),
      probabilities: perLabel(labels, probabilities),
    }));
}

/** Verdicts of windows of 3 s every 0.5 s that say one of three things. */
export const verdicts: fc.Arbitrary<readonly Verdict[]> = fc
  .array(fc.constantFrom('happiness', 'sadness', 'no-face'), { minLength: 1, maxLength: 60 })
  .map((said) =>
    said.map((what, i): Verdict => {
      const base = {
        startMs: i * 500,
        endMs: i * 500 + 3000,
        shares: {},
        missing: {},
        uncertainty: null,
        pack: 'test@1',
        calibration: null,
      };
      return what === 'no-face'
        ? { ...base, status: 'rejected', reason: 'no-face', labels: [], probabilities: {}, modalities: [] }
        : {
            ...base,
            status: 'accepted',
            reason: null,
            labels: [what],
            probabilities: { [what]: 0.8 },
            modalities: ['face'],
          };
    }),
  );
