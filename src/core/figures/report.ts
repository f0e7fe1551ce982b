/** The report of an evaluation: one HTML file that anyone can open, keep and send. */
import type { CalibrationComparison } from '../calibrators/compare.ts';
import type { Label, LabelCalibration } from '../../domain.ts';
import type { Interval } from '../metrics/bootstrap.ts';
import type { ReliabilityBin } from '../metrics/ece.ts';
import type { Evaluation, Figure } from '../metrics/evaluation.ts';
import type { FairnessFigures } from '../metrics/fairness.ts';
import type { Matrix } from '../metrics/matrix.ts';
import type { RiskPoint } from '../metrics/risk-coverage.ts';
import { escapeXml } from '../svg.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { type Drawing, svgInline } from './drawing.ts';
import { table, tag } from './html.ts';
import { labelBars } from './label-bars.ts';
import { MEASURES } from './measures.ts';
import { pooledBins, reliabilityDiagram } from './reliability-diagram.ts';
import { REPORT_STYLE } from './report-style.ts';
import { between, calibrationsTable, figuresTable, groupsTable, labelsTable, shown } from './report-tables.ts';
import { riskCoverageCurve } from './risk-coverage-curve.ts';

/** All that a report says. */
export interface Report {
  /** `name@version`. */
  readonly pack: string;
  readonly corpus: string;
  readonly modality: string;
  /** The command that prints the numbers again. */
  readonly command: string;
  readonly labels: readonly Label[];
  readonly evaluation: Evaluation;
  /** Clips left out: without a vote for the pack's labels, and unreadable. */
  readonly unlabelled: number;
  readonly failed: number;
  /** Where intervals come from, as in '1000 resamples of 4 speakers'. */
  readonly intervals: string;
  /** Clips [raters' first][predicted first]. */
  readonly confusion: Matrix;
  /** Bins [labels][bins], of probabilities as they come and calibrated. */
  readonly reliability: Readonly<Record<'before' | 'after', readonly (readonly ReliabilityBin[])[]>>;
  readonly riskCoverage: readonly RiskPoint[];
  /** 95 % intervals of the labels' F1 of shares, where they were drawn. */
  readonly f1Intervals?: readonly (Interval | null)[];
  /** How each label is calibrated; null where nothing is known. */
  readonly calibration?: readonly (LabelCalibration | null)[];
  readonly comparison?: CalibrationComparison;
  /** One entry an attribute of people, such as 'gender'. */
  readonly groups?: readonly { readonly attribute: string; readonly fairness: FairnessFigures }[];
  /** What a reader must know before believing a number: how data were split, what is missing. */
  readonly notes?: readonly string[];
}

/** How a report is drawn. */
export interface ReportOptions {
  /** Of labels, the same as everywhere. */
  readonly colours: Readonly<Record<Label, string>>;
}

/**
 * The report as one page: figures, tables, pictures and the command. It requests nothing, runs nothing, follows the
 * reader's light or dark scheme and fits a phone. The same report always gives the same text.
 * @example writeFileSync('report.html', reportHtml(report, { colours: LABEL_COLOURS }));
 */
export function reportHtml(report: Report, options: ReportOptions): string {
  const title = `${report.pack} on ${report.corpus}, ${report.modality}`;
  const head = [
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    tag('title', {}, escapeXml(title)),
    `<style>\n${REPORT_STYLE}</style>`,
  ];
  const sections = [headlines(report), pictures(report, options), everyFigure(report), people(report), again(report)];
  const body = tag('body', {}, header(report), tag('main', {}, ...sections));
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.join('\n')}\n</head>\n${body}\n</html>\n`;
}

function header({ pack, corpus, modality, evaluation, unlabelled, failed }: Report): string {
  const counts = `${evaluation.n} clips scored, ${unlabelled} without a usable vote, ${failed} unreadable`;
  return tag(
    'header',
    {},
    tag('h1', {}, escapeXml(`${pack}: ${modality}`)),
    tag('p', {}, escapeXml(`On ${corpus}. ${counts}.`)),
    tag('p', { class: 'quiet' }, 'Every number is about what raters would perceive, never about what a person feels.'),
  );
}

/** What a reader asks first: is it right, for rare labels too, does it know how sure it is, what does abstaining buy? */
const HEADLINES = ['top1', 'uar', 'macroF1', 'ece', 'acceptedRisk'] as const satisfies readonly Figure[];

function headlines({ evaluation, intervals }: Report): string {
  const remarks: Partial<Record<Figure, string>> = {
    ece: `${shown(evaluation.eceUncalibrated)} before calibration`,
    acceptedRisk: `on the ${Math.round((evaluation.coverage ?? 0) * 100)} % of clips that get a verdict`,
  };
  const tiles = HEADLINES.map((name) =>
    tag(
      'li',
      { class: 'tile card' },
      tag('h3', {}, escapeXml(MEASURES[name].name)),
      tag('p', { class: 'value' }, escapeXml(shown(evaluation[name]))),
      tag('p', { class: 'quiet' }, escapeXml(between(evaluation.ci[name]))),
      tag('p', { class: 'quiet' }, escapeXml(remarks[name] ?? '')),
    ),
  );
  return section(
    'In short',
    `Under each number its 95 % interval (${intervals}).`,
    tag('ul', { class: 'tiles', role: 'list' }, ...tiles),
  );
}

function pictures(report: Report, { colours }: ReportOptions): string {
  const { labels, evaluation, confusion, reliability, riskCoverage: curve, f1Intervals } = report;
  const { coverage, acceptedRisk } = evaluation;
  const bars = labels.map((label, k) => {
    const interval = f1Intervals?.[k];
    const value = evaluation.perLabel[k]?.f1 ?? null;
    return { label, value, colour: colours[label], ...(interval ? { interval } : {}) };
  });
  const chosen = coverage === null || acceptedRisk === null || coverage === 0 ? null : { coverage, risk: acceptedRisk };
  const whole = { before: pooledBins(reliability.before), after: pooledBins(reliability.after) };
  const ece = { before: evaluation.eceUncalibrated ?? NaN, after: evaluation.ece ?? NaN };
  const each = labels.map((label, k) =>
    reliabilityDiagram(
      { before: reliability.before[k] ?? [], after: reliability.after[k] ?? [] },
      {
        title: label,
        ece: { before: evaluation.perLabel[k]?.eceUncalibrated ?? NaN, after: evaluation.perLabel[k]?.ece ?? NaN },
      },
    ),
  );
  const first = [
    figure(confusionMatrix(confusion, { labels }), 'Off the diagonal: what is taken for what.'),
    figure(
      labelBars(bars, { title: 'F1 by label', subtitle: 'of shares under the 1/C rule' }),
      f1Intervals ? 'Whiskers: 95 % intervals.' : 'Without intervals.',
    ),
    figure(riskCoverageCurve(curve, { chosen }), 'Clips of which the pack is surest come first.'),
  ];
  return (
    section('In pictures', null, tag('div', { class: 'figures' }, ...first)) +
    section(
      'How sure, label by label',
      'Share of right decisions by confidence: on the diagonal, confidence is what accuracy turns out to be. Whiskers: 95 % ' +
        'Wilson intervals. Bars: decisions in each bin, on a log scale. For all labels, bins are pooled and the ECE is the mean.',
      tag(
        'div',
        { class: 'figures' },
        ...[reliabilityDiagram(whole, { title: 'all labels', ece }), ...each].map((drawing) => figure(drawing, null)),
      ),
    )
  );
}

function everyFigure({ evaluation, labels, calibration = [], comparison }: Report): string {
  return section(
    'In numbers',
    null,
    table(figuresTable(evaluation)),
    table(labelsTable(evaluation, labels, calibration)),
    comparison === undefined ? '' : table(calibrationsTable(comparison)),
  );
}

function people({ groups = [] }: Report): string {
  if (groups.length === 0) return '';
  return section(
    'By group of people',
    'Small groups differ by chance alone: read a gap beside the number of clips.',
    ...groups.map(({ attribute, fairness }) => table(groupsTable(attribute, fairness))),
  );
}

function again({ command, notes = [] }: Report): string {
  const known = notes.length === 0 ? '' : tag('ul', {}, ...notes.map((note) => tag('li', {}, escapeXml(note))));
  return (
    (known === '' ? '' : section('What to know', null, known)) +
    section('The same numbers again', null, tag('pre', { class: 'card' }, tag('code', {}, escapeXml(command))))
  );
}

function section(title: string, lead: string | null, ...content: readonly string[]): string {
  const words = lead === null ? '' : tag('p', { class: 'quiet' }, escapeXml(lead));
  return tag('section', {}, tag('h2', {}, escapeXml(title)), words, ...content);
}

function figure(drawing: Drawing, caption: string | null): string {
  const words = caption === null ? '' : tag('figcaption', {}, escapeXml(caption));
  return tag('figure', { class: 'card' }, svgInline(drawing), words);
}
