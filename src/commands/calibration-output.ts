/** What `calibrate` prints: one object for programs, or lines for people. */
import { calibrationWords, shown } from '../core/figures/report-tables.ts';
import type { PerLabel } from '../domain.ts';
import type { CalibratedPart } from './calibration-parts.ts';
import { columns } from './evaluation-output.ts';

/** A pack that was written. */
interface Result {
  /** `name@version`. */
  readonly pack: string;
  readonly out: string;
  readonly done: readonly CalibratedPart[];
  /** Those that were chosen anew. */
  readonly thresholds: PerLabel;
}

const METHODS = ['uncalibrated', 'temperature', 'platt', 'isotonic'] as const;

/** The object that `--json` prints. */
export function calibrationJson({ pack, out, done, thresholds }: Result): Readonly<Record<string, unknown>> {
  const parts = done.map(({ part, corpus, fitted: { method, calibration, kept, comparison, heldOut } }) => [
    part.name,
    {
      modality: part.modality,
      n: corpus.scored.length,
      unlabelled: corpus.unlabelled,
      failed: corpus.failed,
      method,
      calibration,
      kept,
      crossFitted: {
        heldOut,
        folds: comparison.folds,
        best: comparison.best,
        ...Object.fromEntries(METHODS.map((name) => [name, comparison.scores[name].mean])),
      },
    },
  ]);
  return { pack, out, parts: Object.fromEntries(parts) as unknown, thresholds };
}

/** The same for people. */
export function calibrationLines({ pack, out, done, thresholds }: Result): string {
  const parts = done.flatMap(({ part, corpus, fitted }) => {
    const { method, labels, calibration, support, kept, comparison, heldOut } = fitted;
    return [
      `${part.name}: ${method}, fitted on ${corpus.scored.length} clips`,
      ...columns([
        ['label', 'present', 'calibration'],
        ...labels.map((label) => [
          label,
          String(support[label] ?? 0),
          `${calibrationWords(calibration[label])}${kept.includes(label) ? ' (kept)' : ''}`,
        ]),
      ]),
      `  judged on clips held out (${comparison.folds} times, ${heldOut}), means over labels:`,
      ...columns([
        ['method', 'NLL', 'Brier', 'ECE'],
        ...METHODS.map((name) => {
          const { nll, brier, ece } = comparison.scores[name].mean;
          return [name, ...[nll, brier, ece].map(shown)];
        }),
      ]),
      '',
    ];
  });
  const chosen = Object.entries(thresholds).map(([label, threshold]) => `${label} ${shown(threshold)}`);
  const words = chosen.length > 0 ? [`thresholds of greatest F1: ${chosen.join(', ')}`] : [];
  return [...parts, ...words, `${pack} is in ${out}`, ''].join('\n');
}
