/**
 * A world in which the truth is known: windows with shares of raters, a pack that sees them through a distortion, raters who
 * answer by them, and review as it is live.
 */
import { decide } from '../../../src/core/decision.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { ece } from '../../../src/core/metrics/ece.ts';
import { entropy, logit, sigmoid, softmax } from '../../../src/core/probability.ts';
import { gaussian, integerBelow, type Random } from '../../../src/core/random.ts';
import { decisionUnder, underCalibration } from '../../../src/core/review/calibrated.ts';
import { perceived } from '../../../src/core/review/distribution.ts';
import { isWrong } from '../../../src/core/review/fit.ts';
import { type Information, NOTHING_LEARNT } from '../../../src/core/review/information.ts';
import { select } from '../../../src/core/review/selection.ts';
import type { Label, PackDecision, PerLabel, Prediction, Verdict } from '../../../src/domain.ts';
import type { Annotation, ReviewCalibration, ReviewedItem } from '../../../src/domain/review.ts';
import type { ReviewPolicy } from '../../../src/domain/trust.ts';
import { answer, reviewedItem } from './answers.ts';

export const PACK = 'world@1';
const RATERS = 3;
const PARTICIPANTS = 40;

export const DECISION: PackDecision = {
  thresholds: Object.fromEntries(LABELS.map((label) => [label, 0.5])),
  minTopProbability: 0.7,
};

const POLICY: ReviewPolicy = {
  reasons: ['low-confidence'],
  rejectedShare: 0.3,
  auditShare: 0.1,
  informationShare: 0.1,
  raters: RATERS,
  reservationMs: 120_000,
};

/** How a pack misjudges a label: its logit is `slope` times the true one, plus `offset`. */
export type Distortion = Readonly<Partial<Record<Label, { readonly slope: number; readonly offset: number }>>>;

export const NO_DISTORTION: Distortion = {};

/** Overconfident throughout, and biased by label. */
export const DISTORTED: Distortion = Object.fromEntries(
  LABELS.map((label, k) => [label, { slope: 2.2, offset: [1.2, -0.8, 0.8, -1.2][k % 4] ?? 0 }]),
);

export interface SimulatedWindow {
  readonly participant: number;
  /** What the pack says. */
  readonly prediction: Prediction;
  readonly annotations: readonly Annotation[];
}

/** A rater names one label, by its share; with 3 raters a label is present, above 1/8 of votes, where anyone names it. */
export function simulateWindow(random: Random, distortion: Distortion): SimulatedWindow {
  const shares = softmax(LABELS.map(() => 2.5 * gaussian(random)));
  const raters = Array.from({ length: RATERS }, (_, r) => answer(`r${r}`, [drawn(shares, random)]));
  const said = shares.map((share, k) => {
    const { slope, offset } = distortion[LABELS[k] ?? 'neutral'] ?? { slope: 1, offset: 0 };
    return sigmoid(slope * logit(1 - (1 - share) ** RATERS) + offset);
  });
  const byLabel = (row: readonly number[]): PerLabel =>
    Object.fromEntries(LABELS.map((label, k) => [label, row[k] ?? 0]));
  return {
    participant: integerBelow(random, PARTICIPANTS),
    prediction: {
      probabilities: byLabel(said),
      shares: byLabel(shares),
      modalities: ['face'],
      uncertainty: entropy(shares),
    },
    annotations: raters,
  };
}

/** The verdict, as live. */
function verdictOn(prediction: Prediction, calibration: ReviewCalibration | null): Verdict {
  return decide(
    { startMs: 0, lengthMs: 3000, missing: {}, consented: true },
    underCalibration(prediction, calibration),
    {
      decision: decisionUnder(DECISION, calibration, prediction.modalities),
      require: 'any',
      pack: PACK,
      calibration,
    },
  );
}

/** What review gathers of so many segments: drawn as live, answered by all raters. */
export function review(
  random: Random,
  {
    segments,
    distortion,
    calibration,
    known = NOTHING_LEARNT,
  }: {
    readonly segments: number;
    readonly distortion: Distortion;
    readonly calibration: ReviewCalibration | null;
    readonly known?: Information;
  },
): { readonly reviewed: readonly ReviewedItem[]; readonly known: Information } {
  let information = known;
  const reviewed: ReviewedItem[] = [];
  for (let i = 0; i < segments; i++) {
    const { participant, prediction, annotations } = simulateWindow(random, distortion);
    const verdict = verdictOn(prediction, calibration);
    const [next, selection] = select(
      information,
      { verdict, packProbabilities: prediction.probabilities },
      POLICY,
      random,
    );
    information = next;
    if (selection === null) continue;
    const place = { id: `i${i}`, room: `room-${participant % 4}`, participant: `p${participant}` };
    const base = reviewedItem({ ...place, packProbabilities: prediction.probabilities, ...selection }, annotations);
    reviewed.push({ ...base, item: { ...base.item, verdict } });
  }
  return { reviewed, known: information };
}

/** What holds on windows that nobody was asked about. */
export function heldOut(windows: readonly SimulatedWindow[], calibration: ReviewCalibration | null) {
  const verdicts = windows.map(({ prediction }) => verdictOn(prediction, calibration));
  const truths = windows.map(({ annotations }) => perceived(annotations, LABELS));
  const present = truths.map((truth) => truth?.present ?? []);
  const probabilities = verdicts.map((verdict) => LABELS.map((label) => verdict.probabilities[label] ?? 0));
  const accepted = verdicts.flatMap(({ status }, i) => (status === 'accepted' ? [i] : []));
  const wrong = accepted.filter((i) => {
    const [truth, said] = [truths[i], probabilities[i] ?? []];
    return truth && isWrong(truth, said.indexOf(Math.max(...said)));
  }).length;
  return {
    present,
    probabilities,
    ece: ece(present, probabilities).mean,
    coverage: accepted.length / windows.length,
    risk: wrong / accepted.length,
    accepted: accepted.length,
  };
}

function drawn(shares: readonly number[], random: Random): Label {
  let left = random();
  return LABELS.find((_, k) => (left -= shares[k] ?? 0) < 0) ?? 'neutral';
}
