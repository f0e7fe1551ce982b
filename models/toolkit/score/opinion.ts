/** What a pack says of a clip as rows of numbers, as metrics and calibrators take them. */
import { believed } from '../../../src/core/decision.ts';
import type { Stimulus } from '../../../src/core/manifest.ts';
import { predict, type PredictingPack } from '../../../src/core/prediction.ts';
import { isEvidenceOnly } from '../../../src/core/reference/reference.ts';
import { entropy } from '../../../src/core/probability.ts';
import { DOUBT_SCORES, doubtOf } from '../../../src/core/reject/doubt.ts';
import type { DoubtScore, Label, Logits, ModelPack, PerLabel } from '../../../src/domain.ts';

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
  /** Whether it is rejected because it is unlike what the pack was made for, whatever its decision rule says. */
  readonly outOfDistribution: boolean;
  /** By every score that a reject option may go by. */
  readonly doubts: Readonly<Record<DoubtScore, number>>;
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
    accepted: prediction !== null && believed(prediction, pack.decision) && !isEvidenceOnly(prediction),
    outOfDistribution: prediction !== null && isEvidenceOnly(prediction),
    doubts: Object.fromEntries(
      DOUBT_SCORES.map((score) => [score, prediction ? doubtOf(score, prediction) : Infinity]),
    ) as Record<DoubtScore, number>,
  };
}

/** Whether the pack's decision rule accepts a clip whose calibrated probabilities are given anew. */
export function acceptsRow(
  pack: Pick<ModelPack, 'decision'>,
  stimulus: Stimulus,
  labels: readonly Label[],
  { probabilities, shares }: Pick<ClipRow, 'probabilities' | 'shares'>,
): boolean {
  const byLabel = (row: readonly number[]) => Object.fromEntries(labels.map((label, k) => [label, row[k] ?? 0]));
  const prediction = {
    probabilities: byLabel(probabilities),
    shares: byLabel(shares),
    modalities: stimulus === 'av' ? (['voice', 'face'] as const) : [stimulus],
    uncertainty: entropy(shares),
  };
  return believed(prediction, pack.decision);
}

/**
 * A clip as a reject rule sees it: its most probable label, and how far it is doubted; Infinity where that label is not
 * present or the clip is rejected for what it is like, for then no threshold accepts it.
 * @example const { first, doubt } = doubtOfClip(row, scorer.pack, labels, 'entropy');
 */
export function doubtOfClip(
  {
    probabilities,
    doubts,
    outOfDistribution = false,
  }: Pick<ClipRow, 'probabilities' | 'doubts'> & { readonly outOfDistribution?: boolean },
  { decision: { thresholds } }: Pick<ModelPack, 'decision'>,
  labels: readonly Label[],
  score: DoubtScore,
): { readonly first: Label; readonly doubt: number } {
  const most = Math.max(...probabilities);
  const first = labels[probabilities.indexOf(most)];
  if (first === undefined) throw new RangeError(`${probabilities.length} probabilities for ${labels.length} labels`);
  const possible = most > (thresholds[first] ?? 0.5) && !outOfDistribution;
  return { first, doubt: possible ? doubts[score] : Infinity };
}

function withoutCalibration({ networks: { voice, face }, fusion }: ModelPack): PredictingPack {
  return {
    networks: { voice: { ...voice, calibration: {} }, face: { ...face, calibration: {} } },
    fusion: fusion && { ...fusion, calibration: {} },
  };
}
