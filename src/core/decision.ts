/** From a prediction to a verdict: which labels are present, and whether the whole is believed. */
import type {
  Doubt,
  Label,
  Missing,
  MissingReason,
  Modality,
  PackDecision,
  Prediction,
  RejectReason,
  RejectRule,
  Verdict,
  Window,
} from '../domain.ts';
import type { ReviewCalibration } from '../domain/review.ts';
import { isEvidenceOnly, missingWith } from './reference/reference.ts';
import { perceive } from './perception.ts';
import { doubtOf } from './reject/doubt.ts';
import { subsetCalibration, subsetOf } from './review/calibrated.ts';

/** Modalities that a verdict needs: any one, a certain one, or both. */
export type Requirement = 'any' | 'voice' | 'face' | 'both';

/** By what a prediction is judged. */
export interface DecisionOptions {
  readonly decision: PackDecision;
  readonly require: Requirement;
  /** `name@version` of the pack. */
  readonly pack: string;
  /** The reviewers' calibration that the prediction and `decision` are already under. Default none. */
  readonly calibration?: ReviewCalibration | null;
}

type Judging = Pick<DecisionOptions, 'pack' | 'decision' | 'calibration'>;

/** What a verdict needs to know of its window. */
export type WindowFacts = Pick<Window, 'startMs' | 'lengthMs' | 'missing' | 'consented'>;

/**
 * Accept when every required modality was there and the pack's rule for the modalities that were judged believes the
 * prediction; else reject with one reason and keep the numbers, so that a reviewer can see what would have been said.
 *
 * What is out of distribution counts as missing; it is predicted from only where there is nothing else.
 * @param prediction null where there was nothing to judge.
 */
export function decide(window: WindowFacts, prediction: Prediction | null, options: DecisionOptions): Verdict {
  if (!window.consented) return reject(window, 'not-consented', null, options);
  const missing = missingWith(window.missing, prediction?.distances);
  const required = missingRequired(missing, options.require);
  if (required !== null || prediction === null || isEvidenceOnly(prediction))
    return reject(window, rejectReason(required ?? missing), prediction, options);

  if (!believed(prediction, options.decision)) return reject(window, 'low-confidence', prediction, options);
  const labels = presentLabels(prediction, options.decision);
  return { ...common(window, prediction, options), status: 'accepted', reason: null, labels };
}

/**
 * Whether the pack's rule believes a prediction. With a reject rule: its most probable label is present, and its doubt is
 * at most the rule's threshold. Without: some label is present, and the most probable of those reaches
 * `minTopProbability`.
 */
export function believed(prediction: Prediction, decision: PackDecision): boolean {
  const [first] = presentLabels(prediction, decision);
  if (first === undefined) return false;
  if (ruleFor(prediction.modalities, decision) === null)
    return (prediction.probabilities[first] ?? 0) >= decision.minTopProbability;
  if (first !== mostProbable(prediction)) return false;
  const { value, limit } = doubtIn(prediction, decision);
  return limit !== null && value <= limit;
}

/** A verdict without labels; the numbers are kept where there are any. */
export function reject(
  window: WindowFacts,
  reason: RejectReason,
  prediction: Prediction | null,
  options: Judging,
): Verdict {
  const withheld = prediction && { withheld: presentLabels(prediction, options.decision) };
  return { ...common(window, prediction, options), ...withheld, status: 'rejected', reason, labels: [] };
}

function common(window: WindowFacts, prediction: Prediction | null, { pack, decision, calibration = null }: Judging) {
  const anew = prediction !== null && subsetCalibration(calibration, prediction.modalities) !== null;
  return {
    startMs: window.startMs,
    endMs: window.startMs + window.lengthMs,
    probabilities: prediction?.probabilities ?? {},
    shares: prediction?.shares ?? {},
    modalities: prediction?.modalities ?? [],
    missing: missingWith(window.missing, prediction?.distances),
    uncertainty: prediction?.uncertainty ?? null,
    ...(prediction?.sources && { sources: prediction.sources }),
    ...(prediction?.distances && { distances: prediction.distances }),
    ...(prediction && {
      perception: perceive(prediction.shares, prediction.attributes),
      doubt: doubtIn(prediction, decision),
    }),
    pack,
    calibration: calibration?.id ?? null,
    ...(anew && { thresholds: decision.thresholds }),
  };
}

/** By what a prediction is doubted, how far, and how far it may be. */
function doubtIn(prediction: Prediction, decision: PackDecision): Doubt {
  const rule = ruleFor(prediction.modalities, decision);
  if (rule === null) {
    const value = doubtOf('confidence', prediction);
    return { score: 'confidence', value, limit: 1 - decision.minTopProbability };
  }
  const { score, threshold } = rule;
  const top = mostProbable(prediction);
  const limit = typeof threshold === 'number' ? threshold : ((top && threshold[top]) ?? null);
  return { score, value: doubtOf(score, prediction), limit };
}

/** The reject rule for what was judged; null where the pack has none. */
function ruleFor(modalities: readonly Modality[], { reject }: PackDecision): RejectRule | null {
  const subset = subsetOf(modalities);
  return (subset && reject?.[subset]) ?? null;
}

/** Present or not; of equally probable ones the first. */
function mostProbable({ probabilities }: Prediction): Label | undefined {
  const p = (label: Label) => probabilities[label] ?? 0;
  return (Object.keys(probabilities) as Label[]).reduce<Label | undefined>(
    (best, label) => (best === undefined || p(label) > p(best) ? label : best),
    undefined,
  );
}

/** Labels above their thresholds, most probable first. */
function presentLabels(prediction: Prediction, { thresholds }: PackDecision): readonly Label[] {
  const p = (label: Label) => prediction.probabilities[label] ?? 0;
  return (Object.keys(prediction.probabilities) as Label[])
    .filter((label) => p(label) > (thresholds[label] ?? 0.5))
    .sort((a, b) => p(b) - p(a));
}

/** The missing modalities that the policy does not forgive; null when it forgives all. */
function missingRequired(missing: Missing, require: Requirement): Missing | null {
  const needed: readonly Modality[] = require === 'both' ? ['voice', 'face'] : require === 'any' ? [] : [require];
  const absent = needed.filter((modality) => missing[modality] !== undefined);
  if (absent.length === 0) return null;
  return Object.fromEntries(absent.map((modality) => [modality, missing[modality]]));
}

/**
 * One reason for the whole window. What was there to be judged, but must not be, stands first. Of the rest the face's reason
 * does, as a live camera is meant to show a face while silence is ordinary; a modality that is simply not sent gives the reason only when there is no other.
 */
function rejectReason(missing: Missing): RejectReason {
  const reasons = [missing.face, missing.voice].map(asRejectReason);
  if (reasons.includes('out-of-distribution')) return 'out-of-distribution';
  return reasons.find((reason) => reason !== null && reason !== 'no-media') ?? 'no-media';
}

function asRejectReason(reason: MissingReason | undefined): RejectReason | null {
  switch (reason) {
    case undefined:
      return null;
    case 'off':
    case 'muted':
    case 'no-media':
      return 'no-media';
    default:
      return reason;
  }
}
