/** What `evaluate` prints: one object for programs, or lines for people. */
import { MEASURES } from '../core/figures/measures.ts';
import { between, shown } from '../core/figures/report-tables.ts';
import { type Evaluation, FIGURES, type Figure } from '../core/metrics/evaluation.ts';
import type { Stimulus } from '../core/manifest.ts';
import type { Label } from '../domain.ts';
import { aligned } from './command.ts';
import { type Comparison, type CrossFitting, type GroupFigures, SUBSETS } from './evaluation.ts';

/** All that was found out. */
export interface Findings {
  /** `name@version`. */
  readonly pack: string;
  readonly corpus: string;
  readonly modality: Stimulus;
  readonly labels: readonly Label[];
  readonly evaluation: Evaluation;
  readonly unlabelled: number;
  readonly failed: number;
  readonly crossFit?: CrossFitting;
  /** What was resampled together. */
  readonly group?: string;
  readonly by: readonly GroupFigures[];
  readonly compared?: { readonly pack: string; readonly figures: Comparison };
}

/** The object that `--json` prints; docs/evaluation.md tells each field. */
export function evaluationJson(found: Findings): Readonly<Record<string, unknown>> {
  const { pack, corpus, modality, labels, evaluation, unlabelled, failed, crossFit, group, by, compared } = found;
  const { n, perLabel, ci } = evaluation;
  return {
    pack,
    corpus,
    modality,
    n,
    labels,
    ...Object.fromEntries(FIGURES.map((name) => [name, evaluation[name]])),
    perLabel: Object.fromEntries(labels.map((label, k) => [label, perLabel[k]])),
    ci,
    unlabelled,
    failed,
    ...(crossFit && { crossFit: crossFit.key, method: crossFit.method }),
    ...(group !== undefined && { group }),
    ...(by.length > 0 && { by: Object.fromEntries(by.map((figures) => [figures.attribute, groupJson(figures)])) }),
    ...(compared && { compare: { pack: compared.pack, subsets: SUBSETS, figures: compared.figures } }),
  };
}

/** The same for people. */
export function evaluationLines(found: Findings): string {
  const { pack, corpus, modality, labels, evaluation, unlabelled, failed, crossFit, by, compared } = found;
  const calibrated = crossFit ? `, calibrated by ${crossFit.method} on all other groups of ${crossFit.key}` : '';
  const names = FIGURES.map((name): [string, string] => [
    MEASURES[name].name,
    `${shown(evaluation[name])}  (${between(evaluation.ci[name])})`,
  ]);
  const header = ['label', 'present', 'F1', 'precision', 'recall', 'presence F1', 'ECE before', 'ECE'];
  const rows = evaluation.perLabel.map((of, k) => [
    labels[k] ?? '',
    String(of.support),
    ...[of.f1, of.precision, of.recall, of.presenceF1, of.eceUncalibrated, of.ece].map(shown),
  ]);
  return [
    `${pack}, ${modality}, on ${corpus}${calibrated}`,
    `${evaluation.n} clips scored, ${unlabelled} without a usable vote, ${failed} failed; 95 % intervals in brackets`,
    '',
    ...aligned(names),
    '',
    ...columns([header, ...rows]),
    ...by.flatMap(groupLines),
    ...(compared ? comparisonLines(compared.pack, compared.figures) : []),
    '',
  ].join('\n');
}

function groupJson({ groups, unknown, ...figures }: GroupFigures): Readonly<Record<string, unknown>> {
  return {
    groups: Object.fromEntries(groups.map(({ group, clips, macroF1 }) => [group, { n: clips, macroF1 }])),
    unknown,
    macroF1Bias: figures.macroF1Bias,
    demographicParityDifference: figures.demographicParityDifference.mean,
    equalizedOddsDifference: figures.equalizedOddsDifference.mean,
  };
}

function groupLines(figures: GroupFigures): readonly string[] {
  const { attribute, groups, unknown, macroF1Bias } = figures;
  const missing = unknown > 0 ? `, ${unknown} clips left out: theirs is not known` : '';
  return [
    '',
    `  by ${attribute}: macro F1 bias ${shown(macroF1Bias)}, demographic parity difference ` +
      `${shown(figures.demographicParityDifference.mean)}, equalized odds difference ` +
      `${shown(figures.equalizedOddsDifference.mean)}${missing}`,
    ...columns([
      [attribute, 'clips', 'macro F1'],
      ...groups.map(({ group, clips, macroF1 }) => [group, String(clips), shown(macroF1)]),
    ]),
  ];
}

function comparisonLines(pack: string, figures: Comparison): readonly string[] {
  const rows = FIGURES.flatMap((name: Figure) => {
    const test = figures[name];
    return test ? [[MEASURES[name].name, ...test.means.map(shown), test.p.toPrecision(2)]] : [];
  });
  return [
    '',
    `  against ${pack}: means over ${SUBSETS} subsets, and p of a two-tailed paired t-test`,
    ...columns([['figure', 'this', 'other', 'p'], ...rows]),
  ];
}

/** Rows with aligned columns: names to the left, numbers to the right. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0)));
  return rows.map(
    (row) =>
      `  ${row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0))).join('  ')}`,
  );
}
