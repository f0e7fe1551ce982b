/**
 * Which segments people are asked about. Three draws, independent of one another, each with a chance that is known when it
 * is drawn; so every segment that could have been asked about stands in the answers with a known propensity, and what is
 * measured on answers, weighed by its inverse, is true of all segments (Horvitz and Thompson 1952), although people are
 * mostly asked about what was rejected.
 */
import type { PerLabel, Verdict } from '../../domain.ts';
import type { ReviewCause } from '../../domain/review.ts';
import type { ReviewPolicy } from '../../domain/trust.ts';
import type { Random } from '../random.ts';
import { isEvidenceOnly } from '../reference/reference.ts';
import { subsetOf } from './calibrated.ts';
import { type Information, type JudgedWindow, learn, leverage } from './information.ts';

/** A segment that has ended, by its window of greatest doubt. */
export interface Candidate {
  readonly verdict: Verdict;
  /** As in `VerdictEvent`. */
  readonly packProbabilities: PerLabel;
}

/** The chance of each draw, 0 to 1. */
export type Chances = Readonly<Record<ReviewCause, number>>;

/** A segment that people are asked about. */
export interface Selection {
  /** The draws that took it, one or more. */
  readonly causes: readonly ReviewCause[];
  /** The chance with which at least one of the draws takes such a segment: above 0, at most 1. */
  readonly propensity: number;
}

/**
 * - `rejected`: `rejectedShare` for a segment that was rejected for one of the policy's reasons;
 * - `audit`: `auditShare` for any accepted segment, whatever it says;
 * - `information`: `informationShare` times the window's leverage, for what was judged; asked less and less as answers come in.
 */
export function chancesOf(information: Information, candidate: Candidate, policy: ReviewPolicy): Chances {
  const { status, reason } = candidate.verdict;
  const judged = judgedWindow(candidate);
  return {
    rejected: reason !== null && policy.reasons.includes(reason) ? policy.rejectedShare : 0,
    audit: status === 'accepted' ? policy.auditShare : 0,
    information: judged === null ? 0 : policy.informationShare * leverage(information, judged),
  };
}

/** 1 - the product of (1 - chance) over the draws: the chance that at least one of them takes it. */
export function propensityOf({ rejected, audit, information }: Chances): number {
  return 1 - (1 - rejected) * (1 - audit) * (1 - information);
}

/**
 * Draw for one segment. Always takes three numbers of `random`, one a draw.
 * @param information what has been asked about so far; start from `NOTHING_LEARNT` or `learntBefore`, keep what is returned.
 * @returns the information once the segment is answered, and null where nobody is asked.
 * @example const [next, selection] = select(information, { verdict, packProbabilities }, settings.review, random);
 */
export function select(
  information: Information,
  candidate: Candidate,
  policy: ReviewPolicy,
  random: Random,
): readonly [Information, Selection | null] {
  const chances = chancesOf(information, candidate, policy);
  const causes = (['rejected', 'audit', 'information'] as const).filter((cause) => random() < chances[cause]);
  if (causes.length === 0) return [information, null];
  return [learnFrom(information, candidate), { causes, propensity: propensityOf(chances) }];
}

/** The information once somebody has answered about a segment; the same where its answer teaches nothing. */
export function learnFrom(information: Information, candidate: Candidate): Information {
  const judged = judgedWindow(candidate);
  return judged === null ? information : learn(information, judged);
}

/** Null where a calibration would change nothing: nothing was judged, or only as evidence. */
function judgedWindow({ verdict, packProbabilities }: Candidate): JudgedWindow | null {
  const subset = subsetOf(verdict.modalities);
  if (subset === null || isEvidenceOnly(verdict) || Object.keys(packProbabilities).length === 0) return null;
  return { subset, packProbabilities, probabilities: verdict.probabilities };
}
