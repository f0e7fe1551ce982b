/** Rows of equal shape through a network, in warmed batch sizes. */
import type { Shape } from '../contract.ts';
import type { BatchRun } from './batching.ts';
import type { BatchedNetwork } from './networks.ts';

/** Gives a row of an output as a view: copy what is kept. */
export type ReadRow = (output: string, row: number) => Float32Array;

/** What a run takes and gives besides rows. */
export interface RowOptions {
  /** Outputs that will be read. Default: all of the contract. */
  readonly outputs?: readonly string[];
  /** Size of the axis `frames`, where an input has one. Default 1. */
  readonly frames?: number;
}

/** Runs `n` rows; `fill` writes row `row` of each input, which holds zeros or an earlier row. */
export type RunRows<Input extends string> = (
  n: number,
  fill: (row: number, inputs: Readonly<Record<Input, Float32Array>>) => void,
  options?: RowOptions,
) => Promise<ReadRow>;

/**
 * Keeps one buffer an input, of the largest batch so far, so that a run allocates nothing of an input's size: one call at
 * a time.
 */
export function rowsThrough<const Input extends string>(
  network: BatchedNetwork,
  inputs: readonly Input[],
): RunRows<Input> {
  const buffers = new Map<Input, Float32Array>();
  const bufferOf = (input: Input, length: number): Float32Array => {
    const kept = buffers.get(input);
    if (kept && kept.length >= length) return kept;
    const larger = new Float32Array(length);
    buffers.set(input, larger);
    return larger;
  };
  return async (n, fill, { outputs, frames = 1 } = {}) => {
    const results: { readonly run: BatchRun; readonly read: ReadRow }[] = [];
    for (const run of network.plan(n)) {
      const { start, rows, size } = run;
      const feeds = inputs.map((input) => {
        const dims = rowDims(network.contract.inputs[input] ?? [], frames);
        const width = dims.reduce((product, side) => product * side, 1);
        const data = bufferOf(input, size * width).subarray(0, size * width);
        return { input, width, data, dims: [size, ...dims] };
      });
      for (let row = 0; row < rows; row++) {
        const views = feeds.map(({ input, width, data }) => [input, data.subarray(row * width, (row + 1) * width)]);
        fill(start + row, Object.fromEntries(views) as Record<Input, Float32Array>);
      }
      for (const { data, width } of feeds) data.fill(0, rows * width);
      const given = await network.run(
        Object.fromEntries(feeds.map(({ input, data, dims }) => [input, { data, dims }])),
        outputs,
      );
      results.push({ run, read: readFrom(given) });
    }
    return (output, row) => {
      const found = results.find(({ run: { start, rows } }) => row >= start && row < start + rows);
      return found?.read(output, row - found.run.start) ?? new Float32Array(0);
    };
  };
}

/** The shape of one row. */
function rowDims(shape: Shape, frames: number): number[] {
  return shape.flatMap((side) => (side === 'n' ? [] : [side === 'frames' ? frames : side]));
}

function readFrom(results: Awaited<ReturnType<BatchedNetwork['run']>>): ReadRow {
  return (output, row) => {
    const { data, dims } = results[output] ?? { data: new Float32Array(0), dims: [1] };
    const width = data.length / (dims[0] ?? 1);
    return data.subarray(row * width, (row + 1) * width);
  };
}
