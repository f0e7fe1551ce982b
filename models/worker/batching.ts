/** Which batch sizes are run. Only sizes that were warmed are used, so that no call pays for a new shape. Pure. */
import type { Contract } from '../contract.ts';

/** One run of a network: rows `start` to `start + rows`, in a batch of `size`; the rest of the batch is padding. */
export interface BatchRun {
  readonly start: number;
  readonly rows: number;
  readonly size: number;
}

/** Rows that one run may hold, by network. */
export const MAX_ROWS = { voice: 16, face: 8, fusion: 16, attributes: 16, detector: 4, speech: 16 } as const;

/** Rows that one run of an encoder may hold. */
export const ENCODER_ROWS = 16;
/** The same on a CPU, where a batch saves little and keeps the first of it waiting for the last. */
export const CPU_ENCODER_ROWS = 4;

/** Numbers that one run of a network may be given: states of a large encoder are 15 MB a window. */
const RUN_NUMBERS = 2 ** 24;

/** Rows of this contract that one run may hold: `most`, or fewer where each is large. */
export function rowsUpTo(most: number, { inputs }: Contract): number {
  const perRow = Object.values(inputs).reduce(
    (sum, shape) => sum + shape.reduce<number>((product, side) => product * (typeof side === 'number' ? side : 1), 1),
    0,
  );
  return Math.max(1, Math.min(most, Math.floor(RUN_NUMBERS / perRow)));
}

/** Frames that faces are padded to before they are fused, ascending; each is warmed in every batch size. */
export const FRAME_SIZES = [8, 16, 32] as const;

/** Batch sizes that are warmed at start, ascending; 1 is among them. */
const BATCH_SIZES = [1, 2, 4, 8, 16] as const;

/** The warmed sizes up to `max`. */
export function batchSizesUpTo(max: number): number[] {
  return BATCH_SIZES.filter((size) => size <= max);
}

/**
 * Split `n` rows into runs. On one CPU thread a run costs what its rows cost and padding is pure loss: 11 = 8 + 2 + 1.
 * Where a run has a price of its own (a GPU, a recurrent network), some padding is cheaper than another run: 11 in 16.
 * @param sizes ascending, starting with 1.
 * @param maxPadding rows of padding that cost less than another run.
 * @example planRuns(3, [1, 2, 4], 1); // [{ start: 0, rows: 3, size: 4 }]
 */
export function planRuns(n: number, sizes: readonly number[], maxPadding: number): BatchRun[] {
  const runs: BatchRun[] = [];
  for (let start = 0; start < n;) {
    const left = n - start;
    const padded = sizes.find((size) => size >= left && size - left <= maxPadding);
    const size = padded ?? sizes.findLast((fitting) => fitting <= left) ?? 1;
    const rows = Math.min(left, size);
    runs.push({ start, rows, size });
    start += rows;
  }
  return runs;
}
