/** Tables of `undertone uncertainty`, for people. */
import type { Interval } from '../core/metrics/bootstrap.ts';
import type { AttributeFigures, AgreementPoint } from '../core/vad/attribute-figures.ts';
import { ATTRIBUTES } from '../core/vad/attributes.ts';
import type { AblationTable } from './uncertainty-ablation.ts';
import type { AttributeEvaluation } from './uncertainty-evaluation.ts';

/** Coverages of the paper's tables. */
const SHOWN = [1, 0.8, 0.6, 0.4, 0.2];

/** A paragraph an attribute, a line an order of rejection. */
export function evaluationLines(evaluation: AttributeEvaluation): readonly string[] {
  const { name, corpora, split, clips, attributes, byShares } = evaluation;
  const head = `${name}: ${clips} clips of ${corpora.join(', ')}, split ${split}; attributes are derived from votes for emotions`;
  return [
    head,
    ...paragraphs(attributes),
    ...(byShares ? ['', 'the same by the shares of emotions that the encoder predicts:', ...paragraphs(byShares)] : []),
  ];
}

function paragraphs(attributes: AttributeEvaluation['attributes']): readonly string[] {
  return ATTRIBUTES.flatMap((attribute) => {
    const found = attributes[attribute];
    if (!found) return [];
    const { accepted, cccInterval, rmse, ccc } = found;
    const held = found.interval
      ? `; ${(100 * found.interval.inside).toFixed(1)} % in their interval, ${found.interval.width.toFixed(2)} wide`
      : '';
    return [
      '',
      `${attribute}  CCC ${ccc.toFixed(4)} ${interval(cccInterval)}, rmse ${rmse.toFixed(3)}${held}`,
      `  accepted ${Math.round(100 * accepted.coverage)} %: CCC ${accepted.ccc.toFixed(4)}, gain ${signed(accepted.gain)} ` +
        `${interval(accepted.gainInterval)}, rmse ${accepted.rmse.toFixed(3)}`,
      `  ${'CCC at coverage'.padEnd(22)}${SHOWN.map((share) => `${100 * share} %`.padStart(8)).join('')}`,
      ...ATTRIBUTES.flatMap((other) => {
        const curve = found.curves[other];
        const by = other === attribute ? 'own uncertainty' : `that of ${other}`;
        return curve ? [`  ${`by ${by}`.padEnd(22)}${cells(curve)}`] : [];
      }),
    ];
  });
}

/** The paper's Table III: a line a row and attribute, CCC by its own uncertainty. */
export function ablationLines(table: AblationTable): readonly string[] {
  const head = `${'row'.padEnd(22)}${'attribute'.padEnd(11)}${SHOWN.map((share) => `${100 * share} %`.padStart(8)).join('')}`;
  const rows = Object.entries(table).flatMap(([row, { attributes }]) =>
    ATTRIBUTES.flatMap((attribute) => {
      const curve = attributes[attribute]?.curves[attribute];
      return curve ? [`${row.padEnd(22)}${attribute.padEnd(11)}${cells(curve)}`] : [];
    }),
  );
  return ['CCC with derived attributes at coverage, split dev', head, ...rows];
}

function cells(curve: NonNullable<AttributeFigures['curves']['valence']>): string {
  return SHOWN.map((share) => nearest(curve, share).toFixed(4).padStart(8)).join('');
}

/** CCC at the least coverage that is not below the wanted one. */
function nearest(curve: readonly AgreementPoint[], share: number): number {
  return curve.findLast(({ coverage }) => coverage >= share - 1e-9)?.ccc ?? NaN;
}

function interval(ends: Interval | null): string {
  return ends ? `[${ends.map((end) => end.toFixed(4)).join(', ')}]` : '';
}

function signed(x: number): string {
  return `${x < 0 ? '' : '+'}${x.toFixed(4)}`;
}
