/** What a calibration by reviewers' answers makes of what a pack says. */
import type { Label, Modality, ModalitySubset, PackDecision, Prediction } from '../../domain.ts';
import type { ReviewCalibration, SubsetCalibration } from '../../domain/review.ts';
import { applyPlatt } from '../calibrators/platt.ts';

/** The subset that modalities make; null of none. */
export function subsetOf(modalities: readonly Modality[]): ModalitySubset | null {
  return modalities.length > 1 ? 'both' : (modalities[0] ?? null);
}

/** What a calibration holds for the modalities that were judged; null where it leaves them as the pack has them. */
export function subsetCalibration(
  calibration: ReviewCalibration | null,
  modalities: readonly Modality[],
): SubsetCalibration | null {
  const subset = subsetOf(modalities);
  return (subset && calibration?.subsets[subset]) ?? null;
}

/**
 * The prediction with its probabilities calibrated anew; shares and uncertainty stay, as reviewers calibrate presence alone.
 * Each label's order of windows is kept, and a label that the calibration does not name keeps its probability.
 * @example const told = underCalibration(predict(logits, pack), holder.current());
 */
export function underCalibration(prediction: Prediction, calibration: ReviewCalibration | null): Prediction {
  const subset = subsetCalibration(calibration, prediction.modalities);
  if (subset === null) return prediction;
  const probabilities = Object.fromEntries(
    (Object.entries(prediction.probabilities) as [Label, number][]).map(([label, p]) => {
      const scaling = subset.labels[label];
      return [label, scaling === undefined ? p : applyPlatt(scaling, p)];
    }),
  );
  return { ...prediction, probabilities };
}

/**
 * The pack's decision as it stands for these modalities under a calibration: its thresholds, and its reject rule where it has
 * one of its own.
 */
export function decisionUnder(
  decision: PackDecision,
  calibration: ReviewCalibration | null,
  modalities: readonly Modality[],
): PackDecision {
  const [subset, anew] = [subsetOf(modalities), subsetCalibration(calibration, modalities)];
  if (subset === null || anew === null) return decision;
  return {
    ...decision,
    thresholds: { ...decision.thresholds, ...anew.thresholds },
    ...(anew.reject && { reject: { ...decision.reject, [subset]: anew.reject } }),
  };
}
