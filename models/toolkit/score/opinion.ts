/** What a pack says of a clip as rows of numbers, as metrics and calibrators take them. */
import { decide } from '../../../src/core/decision.ts';
import type { Stimulus } from '../../../src/core/manifest.ts';
import { predict, type PredictingPack } from '../../../src/core/prediction.ts';
import type { Label, Logits, ModelPack, PerLabel, Prediction } from '../../../src/domain.ts';

/** One clip, a number a label in the order of `labelsOf`. */
export interface ClipRow {
  /** Predicted shares of raters; sums to 1. */
  readonly shares: readonly number[];
  /** Calibrated probabilities of presence. */
  readonly probabilities: readonly number[];
  /** The same before calibration. */
  readonly uncalibrated: readonly number[];
  /** Whether the pack's decision rule accepts the clip. */
  readonly accepted: boolean;
}

/** Labels that a pack speaks of when it is given a stimulus, in its order. */
export function labelsOf({ networks, fusion, labels }: ModelPack, stimulus: Stimulus, fused = true): readonly Label[] {
  const subset = stimulus === 'av' ? 'both' : stimulus;
  if (fused && fusion?.calibration[subset]) return fusion.labels;
  return stimulus === 'av' ? labels : networks[stimulus].labels;
}

/**
 * The row of one clip.
 * @param labels as `labelsOf` gives them.
 * @example const row = clipRow(answer.value, scorer.pack, labelsOf(scorer.pack, 'voice'));
 */
export function clipRow(logits: Logits, pack: ModelPack, labels: readonly Label[]): ClipRow {
  const prediction = predict(logits, pack);
  const bare = predict(logits, withoutCalibration(pack));
  const row = (numbers: PerLabel | undefined) => labels.map((label) => numbers?.[label] ?? 0);
  return {
    shares: row(prediction?.shares),
    probabilities: row(prediction?.probabilities),
    uncalibrated: row(bare?.probabilities),
    accepted: accepts(pack, prediction),
  };
}

/** Whether the pack's decision rule accepts a clip of which it predicts so. */
function accepts(pack: Pick<ModelPack, 'decision'>, prediction: Prediction | null): boolean {
  const { status } = decide({ startMs: 0, lengthMs: 0, missing: {}, consented: true }, prediction, {
    decision: pack.decision,
    require: 'any',
    pack: '',
  });
  return status === 'accepted';
}

/** The same with calibrated probabilities given anew. */
export function acceptsRow(
  pack: Pick<ModelPack, 'decision'>,
  labels: readonly Label[],
  probabilities: readonly number[],
) {
  const byLabel = Object.fromEntries(labels.map((label, k) => [label, probabilities[k] ?? 0]));
  return accepts(pack, { probabilities: byLabel, shares: {}, modalities: [], uncertainty: 0 });
}

function withoutCalibration({ networks: { voice, face }, fusion }: ModelPack): PredictingPack {
  return {
    networks: { voice: { ...voice, calibration: {} }, face: { ...face, calibration: {} } },
    fusion: fusion && { ...fusion, calibration: {} },
  };
}
