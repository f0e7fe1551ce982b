/** The HTML report of an evaluation. */
import { LABEL_COLOURS } from '../../clients/colours.ts';
import { compareCalibrations } from '../core/calibrators/compare.ts';
import { reportHtml } from '../core/figures/report.ts';
import type { Clip } from '../core/manifest.ts';
import { bootstrap } from '../core/metrics/bootstrap.ts';
import { reliability } from '../core/metrics/ece.ts';
import type { Scored } from '../core/metrics/evaluation.ts';
import { f1Tally } from '../core/metrics/f1.ts';
import { presentByShare } from '../core/metrics/presence.ts';
import { riskCoverage } from '../core/metrics/risk-coverage.ts';
import { reread } from '../core/metrics/tally.ts';
import { misses, top } from '../core/metrics/top1.ts';
import type { LabelCalibration } from '../domain.ts';
import { groupsOf } from './choose-clips.ts';
import { bootstrapOptions, type IntervalOptions } from './evaluation.ts';
import type { Findings } from './evaluation-output.ts';

/** What a report needs besides the findings. */
export interface ReportContext extends IntervalOptions {
  readonly scored: Scored;
  readonly clips: readonly Clip[];
  /** In the labels' order. */
  readonly calibration: readonly (LabelCalibration | null)[];
  /** The command that prints the numbers again. */
  readonly command: string;
  readonly notes: readonly string[];
}

/** One page that can be opened anywhere. */
export function evaluationReport(found: Findings, context: ReportContext): string {
  const { scored, clips, calibration, command, notes } = context;
  const { pack, corpus, modality, labels, evaluation, unlabelled, failed, by, crossFit, group } = found;
  const present = presentByShare(scored.truth);
  const perLabel = reread(f1Tally(present, presentByShare(scored.shares)), (f1) =>
    Object.fromEntries(f1.perLabel.map((label, k) => [String(k), label.f1])),
  );
  const intervals = bootstrap(perLabel, bootstrapOptions(clips, context));
  const confidence = scored.probabilities.map((row) => Math.max(...row));
  const folds = crossFit ? { groups: groupsOf(clips, crossFit.key, '--cross-fit') } : {};
  const comparison =
    clips.length < 20
      ? {}
      : { comparison: compareCalibrations(scored.uncalibrated, present, { labels, whenConstant: 'keep', ...folds }) };
  return reportHtml(
    {
      pack,
      corpus,
      modality,
      command,
      labels,
      evaluation,
      unlabelled,
      failed,
      intervals: `${context.resamples} resamples of ${group === undefined ? 'clips' : `clips by ${group}`}`,
      confusion: top(scored.truth, scored.shares).confusion,
      reliability: {
        before: reliability(present, scored.uncalibrated),
        after: reliability(present, scored.probabilities),
      },
      riskCoverage: riskCoverage(confidence, misses(scored.truth, scored.probabilities, { ties: 'any' })).curve,
      f1Intervals: labels.map((_, k) => intervals[String(k)] ?? null),
      calibration,
      ...comparison,
      groups: by.map((fairness) => ({ attribute: fairness.attribute, fairness })),
      notes,
    },
    { colours: LABEL_COLOURS },
  );
}
