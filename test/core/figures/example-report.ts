/** A report of clips that were made up: raters' votes about a drawn distribution, predictions that are near it and too sure. */
import { compareCalibrations } from '../../../src/core/calibrators/compare.ts';
import { applyCalibration, fitCalibration } from '../../../src/core/calibrators/label-calibration.ts';
import type { Report } from '../../../src/core/figures/report.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { bootstrap } from '../../../src/core/metrics/bootstrap.ts';
import { reliability } from '../../../src/core/metrics/ece.ts';
import { evaluate } from '../../../src/core/metrics/evaluation.ts';
import { f1Tally } from '../../../src/core/metrics/f1.ts';
import { fairness } from '../../../src/core/metrics/fairness.ts';
import { presentByShare } from '../../../src/core/metrics/presence.ts';
import { riskCoverage } from '../../../src/core/metrics/risk-coverage.ts';
import { reread } from '../../../src/core/metrics/tally.ts';
import { misses, top } from '../../../src/core/metrics/top1.ts';
import { logit, sigmoid, softmax } from '../../../src/core/probability.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';

/** How common each label is, as a logit. */
const COMMON = [1.5, 1.2, 0.3, 0.4, 0.2, -0.8, -0.9, -1];

/** @param clips at least a few hundred, or a rare label will not occur. */
export function exampleReport(clips: number): Report {
  const random = randomStream(1, 'example-report');
  const made = Array.from({ length: clips }, () => {
    const mood = COMMON.map((common) => common + 3 * gaussian(random));
    const votes = Array.from({ length: 10 }, () => pick(softmax(mood), random()));
    const seen = mood.map((x) => x + 1.1 * gaussian(random));
    return {
      truth: LABELS.map((_, k) => votes.filter((vote) => vote === k).length / votes.length),
      shares: softmax(seen),
      uncalibrated: softmax(seen).map((share) => sigmoid(2.2 * (logit(share) + 1.6))),
    };
  });
  const [truth, shares, uncalibrated] = [
    made.map((clip) => clip.truth),
    made.map((clip) => clip.shares),
    made.map((clip) => clip.uncalibrated),
  ];
  const present = presentByShare(truth);
  const calibration = fitCalibration('platt', uncalibrated, present, { labels: LABELS });
  const probabilities = uncalibrated.map((row) =>
    calibration.map((fitted, k) => applyCalibration(fitted, row[k] ?? NaN)),
  );
  const confidence = probabilities.map((row) => Math.max(...row));
  const accepted = confidence.map((p) => p > 0.75);
  const groups = truth.map(() => (random() < 0.45 ? 'woman' : 'man'));
  const options = { random: randomStream(1, 'bootstrap'), resamples: 100 };
  const perLabel = reread(f1Tally(present, presentByShare(shares)), (f1) =>
    Object.fromEntries(f1.perLabel.map((label, k) => [String(k), label.f1])),
  );
  const intervals = bootstrap(perLabel, options);
  return {
    pack: 'default@0.1.0',
    corpus: 'ferplus-dev.jsonl',
    modality: 'face',
    command: 'npx undertone evaluate --pack models/packs/default --corpus ferplus-dev.jsonl --modality face --json',
    labels: LABELS,
    evaluation: evaluate(
      { truth, shares, probabilities, uncalibrated, accepted, thresholds: LABELS.map(() => 0.5) },
      options,
    ),
    unlabelled: 12,
    failed: 0,
    intervals: '100 resamples of clips',
    confusion: top(truth, shares).confusion,
    reliability: { before: reliability(present, uncalibrated), after: reliability(present, probabilities) },
    riskCoverage: riskCoverage(confidence, misses(truth, probabilities, { ties: 'any' })).curve,
    f1Intervals: LABELS.map((_, k) => intervals[String(k)] ?? null),
    calibration,
    comparison: compareCalibrations(uncalibrated, present, { labels: LABELS, folds: 3 }),
    groups: [{ attribute: 'gender', fairness: fairness(present, presentByShare(shares), groups) }],
    notes: ['Thresholds are 0.5 for every label.', 'Calibration was fitted on a part of train that was held back.'],
  };
}

function pick(distribution: readonly number[], at: number): number {
  let sum = 0;
  const found = distribution.findIndex((p) => (sum += p) > at);
  return found === -1 ? distribution.length - 1 : found;
}
