/** An evaluation of annotators as lines and as a figure. */
import { labelBars } from '../core/figures/label-bars.ts';
import type { Drawing } from '../core/figures/drawing.ts';
import { recoveryScatter } from '../core/figures/recovery-scatter.ts';
import { raterPool } from '../core/annotators/simulate.ts';
import type { AnnotatorEvaluation, Figure } from './annotator-evaluation.ts';
import type { TrainedAnnotators } from './annotator-training.ts';

/** A table of Markdown that docs/annotators.md can take as it is. */
export function annotatorLines(found: AnnotatorEvaluation): readonly string[] {
  const { labels, clips, raters, ratings, unknown, rows, agreement, recovery } = found;
  return [
    `${clips} clips, ${ratings} ${labels} ratings by ${raters} raters` +
      (unknown > 0 ? `, ${unknown} by unknown ones` : ''),
    '',
    '| Network | Distribution | TVD | JSD | Valence CCC | Arousal CCC | p (TVD) |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(({ variant, way, tvd, jsd, valenceCcc, arousalCcc, pAgainstDirect: p }) =>
      row([variant, way, ...[tvd, jsd, valenceCcc, arousalCcc].map(said), p === null ? '' : p.toPrecision(1)]),
    ),
    '',
    '| Network | Single ratings: valence CCC | Arousal CCC |',
    '|---|---|---|',
    ...agreement.map(({ variant, valenceCcc, arousalCcc }) => row([variant, said(valenceCcc), said(arousalCcc)])),
    ...(recovery
      ? [
          '',
          `| Planted in ${recovery.raters} raters, found by ${recovery.variant} | |`,
          '|---|---|',
          row(['leniency (Pearson)', said(recovery.leniency)]),
          row(['bias (Pearson)', said(recovery.bias)]),
          row(['noise (Spearman)', said(recovery.noise)]),
        ]
      : []),
  ];
}

/** Planted and learned where raters are simulated; otherwise how far each distribution lies from the truth. */
export function annotatorFigure(found: AnnotatorEvaluation, { config }: TrainedAnnotators): Drawing {
  const { recovery, rows } = found;
  if (!recovery || !config.simulate)
    return labelBars(
      rows.map(({ variant, way, tvd: { value, interval } }) => ({
        label: way === 'directly' ? variant : `${variant} ${way}`,
        value,
        ...(interval && { interval }),
        colour: '#0072b2',
      })),
      { title: 'Distance from the true distribution', subtitle: 'Total variation, 0 to 1; smaller is better' },
    );
  const pool = new Map(raterPool(config.simulate).map((rater) => [rater.rater, rater]));
  const learned = recovery.learned.filter(({ spread }) => Number.isFinite(spread));
  const planted = (part: 'leniency' | 'bias' | 'noise'): number[] =>
    learned.map(({ rater }) => pool.get(rater)?.[part] ?? Number.NaN);
  return recoveryScatter([
    {
      name: 'Leniency',
      planted: planted('leniency'),
      learned: learned.map(({ leniency }) => leniency),
      agreement: `r ${recovery.leniency.value.toFixed(2)}`,
    },
    {
      name: 'Bias',
      planted: planted('bias'),
      learned: learned.map(({ bias }) => bias),
      agreement: `r ${recovery.bias.value.toFixed(2)}`,
    },
    {
      name: 'Noise',
      planted: planted('noise'),
      learned: learned.map(({ spread }) => spread),
      agreement: `rank r ${recovery.noise.value.toFixed(2)}`,
    },
  ]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** `0.512 (0.49-0.53)`. */
function said({ value, interval }: Figure): string {
  const ends = interval ? ` (${interval.map((end) => end.toFixed(3)).join(' to ')})` : '';
  return `${value.toFixed(3)}${ends}`;
}
