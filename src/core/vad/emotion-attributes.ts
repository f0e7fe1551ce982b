/**
 * What a rater who votes for an emotion would score: learned from tables that have shares of emotions beside mean
 * attributes. Whatever follows from it is `derived`: no rater gave it. docs/uncertainty.md says what that is worth.
 */
import type { Label } from '../../domain.ts';
import { LABELS } from '../labels.ts';
import { ATTRIBUTES, type Attribute, type PerAttribute } from './attributes.ts';
import { leastSquares } from './least-squares.ts';
import type { RatedClip } from './rated-clips.ts';

/** Scores of raters who vote for an emotion: a normal distribution on [-1, 1]. */
export interface Score {
  readonly mean: number;
  /** Standard deviation of single raters, not of clips' means. */
  readonly sd: number;
}

/** The scores that go with each emotion. */
export type EmotionAttributes = Readonly<Record<Label, PerAttribute<Score>>>;

/** Neither table has contempt: it lies between these two (they, too, reject someone), as an even mixture of both. */
const CONTEMPT_AS: readonly [Label, Label] = ['anger', 'disgust'];

/**
 * Learn the scores of each emotion. Of a clip with shares p and n raters, the mean score is
 * sum over e of p[e] mean[e] + an offset of its table, with variance sum over e of p[e] between[e] + within / n:
 * least squares for the means, then for the squares of what is left. A single rater's variance is between[e] + within.
 * @param tables clips by table; the offsets of tables sum to 0. Emotions that are no label count in the sum and are left out of the result.
 * @throws RangeError when a label other than contempt is in no table.
 */
export function emotionAttributes(tables: readonly (readonly RatedClip[])[]): EmotionAttributes {
  const clips = tables.flatMap((table, t) => table.map((clip) => ({ ...clip, table: t })));
  const emotions = [...new Set(clips.flatMap(({ shares }) => Object.keys(shares)))].toSorted();
  const shares = clips.map((clip) => emotions.map((emotion) => clip.shares[emotion] ?? 0));
  // The last table's offset is minus the sum of the others.
  const last = tables.length - 1;
  const offsets = clips.map(({ table }) =>
    tables.slice(0, last).map((_, t) => (table === t ? 1 : table === last ? -1 : 0)),
  );
  const scores = (attribute: Attribute): readonly Score[] => {
    const rows = shares.map((row, i) => [...row, ...(offsets[i] ?? [])]);
    const y = clips.map(({ means }) => means[attribute]);
    const means = leastSquares(rows, y);
    const left = rows.map((row, i) => (y[i] ?? 0) - row.reduce((sum, x, j) => sum + x * (means[j] ?? 0), 0));
    const variances = leastSquares(
      shares.map((row, i) => [...row, 1 / (clips[i]?.raters ?? 1)]),
      left.map((x) => x * x),
    );
    const within = variances[emotions.length] ?? 0;
    return emotions.map((_, e) => ({
      mean: means[e] ?? NaN,
      sd: Math.sqrt(Math.max(0, variances[e] ?? 0) + within),
    }));
  };
  const [valence = [], arousal = [], dominance = []] = ATTRIBUTES.map(scores);
  const known = (label: Label): PerAttribute<Score> => {
    const e = emotions.indexOf(label);
    const [v, a, d] = [valence[e], arousal[e], dominance[e]];
    if (!v || !a || !d) throw new RangeError(`no table has '${label}': give one that has`);
    return { valence: v, arousal: a, dominance: d };
  };
  const learned = (label: Label): PerAttribute<Score> => {
    if (label !== 'contempt') return known(label);
    const [one, other] = CONTEMPT_AS.map(known);
    if (!one || !other) throw new RangeError('contempt takes after two emotions');
    return {
      valence: mixed(one.valence, other.valence),
      arousal: mixed(one.arousal, other.arousal),
      dominance: mixed(one.dominance, other.dominance),
    };
  };
  return Object.fromEntries(LABELS.map((label) => [label, learned(label)])) as EmotionAttributes;
}

/** Mean and deviation of an even mixture of two. */
function mixed(a: Score, b: Score): Score {
  const apart = (a.mean - b.mean) / 2;
  return { mean: (a.mean + b.mean) / 2, sd: Math.sqrt((a.sd ** 2 + b.sd ** 2) / 2 + apart ** 2) };
}
