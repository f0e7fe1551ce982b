import type { Label } from '../../domain.ts';
import { UndertoneError } from '../../errors.ts';

interface ClassWeightOptions {
  /** From 0 (all weights 1) to 1 (the limit 1/n, inverse frequency). Default 0.99, as in paper 3, section 4.4. */
  readonly beta?: number;
  /** Scale the weights so that their mean is 1, as Cui et al. 2019 do; papers 1 and 3 print no scale. Default false. */
  readonly meanOne?: boolean;
}

/**
 * Weights of labels by their effective number of samples: (1 - beta) / (1 - beta^n) for a label with n positive clips.
 * Rare labels weigh more.
 *
 * Source: paper 1, section 3.2, Eq. 2; paper 3, section 4.4, Eq. 1; after Cui et al. 2019.
 * @param positives clips of the train set in which each label is present, one number a label (see `positiveClips`).
 * @param labels in the same order.
 * @returns one weight a label, above 0.
 * @throws UndertoneError `corpus-invalid` for a label that is never positive: its weight would be infinite.
 * @throws RangeError for a beta outside [0, 1].
 * @example classWeights([900, 30], ['neutral', 'fear'], { beta: 0.99 }); // [0.01000..., 0.0384...]
 */
export function classWeights(
  positives: readonly number[],
  labels: readonly Label[],
  { beta = 0.99, meanOne = false }: ClassWeightOptions = {},
): readonly number[] {
  if (!(beta >= 0 && beta <= 1)) throw new RangeError(`beta is ${beta}: choose it from 0 to 1`);
  const weights = labels.map((label, k) => {
    const n = positives[k] ?? 0;
    if (n <= 0) throw neverPositive(label);
    // 1 - beta^n, without losing the digits of a beta close to 1.
    return beta === 1 ? 1 / n : (1 - beta) / -Math.expm1(n * Math.log(beta));
  });
  const scale = meanOne ? weights.length / weights.reduce((sum, weight) => sum + weight, 0) : 1;
  return weights.map((weight) => weight * scale);
}

/**
 * In how many clips each label is present.
 * @param rows one multi-hot vector a clip, each as long as the list of labels.
 * @example positiveClips([[1, 0], [1, 1]]); // [2, 1]
 */
export function positiveClips(rows: readonly ArrayLike<number>[]): readonly number[] {
  const length = rows[0]?.length ?? 0;
  return Array.from({ length }, (_, k) => rows.reduce((sum, row) => sum + (row[k] === 1 ? 1 : 0), 0));
}

/** The error for a label that no clip of the train set shows. */
export function neverPositive(label: Label): UndertoneError {
  return new UndertoneError(
    'corpus-invalid',
    `label '${label}' is never positive in training: leave it out of the labels, or add clips that show it`,
  );
}
