/** Which labels are present together, and the penalties that follow from it. */
import type { Label } from '../../domain.ts';
import { neverPositive } from './class-weights.ts';

/** C rows of C numbers, labels in the list's order both ways. */
export type LabelMatrix = readonly (readonly number[])[];

/**
 * In how many clips two labels are present together; on the diagonal, in how many one is. Symmetric.
 *
 * Source: paper 1, section 3.3: counted on the multi-hot labels of the train set after the 1/C threshold (Chou et al.
 * 2022 count on all annotations).
 * @param rows one multi-hot vector of C numbers a clip.
 * @example cooccurrence([[1, 1], [1, 0]], 2); // [[2, 1], [1, 1]]
 */
export function cooccurrence(rows: readonly ArrayLike<number>[], classes: number): LabelMatrix {
  const matrix = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const row of rows)
    matrix.forEach((counts, j) => {
      if (row[j] !== 1) return;
      for (let z = 0; z < classes; z++) if (row[z] === 1) counts[z] = (counts[z] ?? 0) + 1;
    });
  return matrix;
}

/**
 * The penalization matrix P: `P[j][z]` is 1 less the share of clips with label j that have label z too. 0 on the
 * diagonal, 1 for labels that are never present together.
 *
 * Source: paper 1, section 3.3, which says what P is for and leaves out how it is made; docs/labels.md has our reading.
 * @throws UndertoneError `corpus-invalid` for a label that is never positive.
 * @example penaltyMatrix([[4, 1], [1, 1]], ['anger', 'fear']); // [[0, 0.75], [0, 0]]
 */
export function penaltyMatrix(together: LabelMatrix, labels: readonly Label[]): LabelMatrix {
  return labels.map((label, j) => {
    const row = together[j] ?? [];
    const clips = row[j] ?? 0;
    if (clips <= 0) throw neverPositive(label);
    return labels.map((_, z) => 1 - (row[z] ?? 0) / clips);
  });
}

/**
 * What Eq. 3 of paper 1 weighs each label with: the sum of P's row, for z stands in no other factor there. In
 * [0, C - 1]; highest for labels that are mostly present alone.
 * @example penaltyWeights([[0, 0.75], [0, 0]]); // [0.75, 0]
 */
export function penaltyWeights(penalties: LabelMatrix): readonly number[] {
  return penalties.map((row) => row.reduce((sum, penalty) => sum + penalty, 0));
}
