/** A reference from clips like those that the networks were trained on, with bounds from clips that it was not fitted on. */
import { fitGaussian, squaredDistance } from './gaussian.ts';
import type { Reference } from './reference.ts';

/** One picture, or one window of a voice, measured. */
export interface MeasuredRow {
  readonly statistics: Float64Array;
  readonly embedding: Float64Array;
  /** What is held out together: a speaker, or a clip. */
  readonly group: string;
}

/** How a reference is fitted. */
export interface ReferenceOptions {
  /** Share of clips like these that may be found strange, above 0 and below 1. Default 0.005. */
  readonly alarms?: number;
  /** Parts of the groups that are held out in turn. Default 5. */
  readonly folds?: number;
}

/** A reference, and what is known of it. */
export interface FittedReference {
  readonly reference: Reference;
  readonly rows: number;
  readonly groups: number;
  /** Share of rows that are strange to a reference fitted without their group, by the bounds that follow from all such rows. */
  readonly alarms: number;
  /** Of the clouds (`FittedGaussian`). */
  readonly shrinkage: { readonly statistics: number; readonly embedding: number };
}

/**
 * Fit both clouds to all rows. A cloud's bound is the quantile of the distances that rows have from clouds that were fitted
 * without their group, so that it tells of people whom the cloud has not seen; half of the alarms are each cloud's.
 * @param rows at least two groups.
 * @throws RangeError for fewer than two groups, or too few rows to tell such a share: 2 / alarms.
 * @example const { reference, alarms } = fitReference(rows, { alarms: 0.005 });
 */
export function fitReference(rows: readonly MeasuredRow[], options: ReferenceOptions = {}): FittedReference {
  const { alarms = 0.005, folds = 5 } = options;
  const groups = [...new Set(rows.map(({ group }) => group))];
  if (groups.length < 2) throw new RangeError(`${groups.length} groups leave nothing to hold out: give clips of two`);
  if (rows.length < 2 / alarms)
    throw new RangeError(`${rows.length} rows cannot tell a share of ${alarms}: give ${Math.ceil(2 / alarms)} or more`);
  const parts = Math.min(folds, groups.length);
  const foldOf = new Map(groups.map((group, i) => [group, i % parts]));
  const cloud = (name: 'statistics' | 'embedding') => {
    const held = heldOutDistances(rows, foldOf, parts, name);
    return { cloud: fitGaussian(rows.map((row) => row[name])), held, bound: quantile(held, 1 - alarms / 2) };
  };
  const [statistics, embedding] = [cloud('statistics'), cloud('embedding')];
  const strange = rows.filter(
    (_, i) => (statistics.held[i] ?? 0) > statistics.bound || (embedding.held[i] ?? 0) > embedding.bound,
  );
  const bounded = ({ cloud: { mean, whiten }, bound }: typeof statistics) => ({ mean, whiten, bound });
  return {
    reference: { statistics: bounded(statistics), embedding: bounded(embedding) },
    rows: rows.length,
    groups: groups.length,
    alarms: strange.length / rows.length,
    shrinkage: { statistics: statistics.cloud.shrinkage, embedding: embedding.cloud.shrinkage },
  };
}

function heldOutDistances(
  rows: readonly MeasuredRow[],
  foldOf: ReadonlyMap<string, number>,
  parts: number,
  name: 'statistics' | 'embedding',
): Float64Array {
  const out = new Float64Array(rows.length);
  for (let part = 0; part < parts; part++) {
    const isHeld = rows.map(({ group }) => foldOf.get(group) === part);
    const cloud = fitGaussian(rows.filter((_, i) => isHeld[i] !== true).map((row) => row[name]));
    rows.forEach((row, i) => {
      if (isHeld[i] === true) out[i] = squaredDistance(cloud, row[name]);
    });
  }
  return out;
}

/** The least value that a share `p` of the values does not exceed. */
function quantile(values: Float64Array, p: number): number {
  const sorted = values.toSorted();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? NaN;
}
