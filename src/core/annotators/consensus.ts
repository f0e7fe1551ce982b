/** One valence and one arousal from a distribution over the grid. */
import { GRID } from '../kde/kde2d.ts';

/** What each cell of an axis stands for (paper 4, section 3.4). */
const CELLS = [-1, -0.5, 0.5, 1] as const;

/**
 * The consensus that a distribution amounts to: its sums along either axis, times -1, -0.5, 0.5 and 1 (paper 4, section 3.4).
 * @param grid 16 shares; rows are valence.
 * @example gridConsensus(truthGrid(points, { random })).valence;
 */
export function gridConsensus(grid: ArrayLike<number>): { readonly valence: number; readonly arousal: number } {
  let [valence, arousal] = [0, 0];
  for (let at = 0; at < GRID * GRID; at++) {
    const share = grid[at] ?? 0;
    valence += share * (CELLS[Math.floor(at / GRID)] ?? 0);
    arousal += share * (CELLS[at % GRID] ?? 0);
  }
  return { valence, arousal };
}
