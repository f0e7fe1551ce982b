/** Rows of equal shape through a network with one input, in warmed batch sizes. */
import type { BatchedNetwork } from './networks.ts';

/**
 * Runs `n` rows; `fill` writes row `row` into `out`, which holds zeros or an earlier row. Gives every output's rows, as
 * views: copy what is kept.
 */
export type RunRows = (
  n: number,
  fill: (row: number, out: Float32Array) => void,
) => Promise<(output: string, row: number) => Float32Array>;

/**
 * Keeps one input buffer of the largest batch, so that a run allocates nothing of an input's size: one call at a time.
 */
export function rowsThrough(network: BatchedNetwork, input: string): RunRows {
  const shape = (network.contract.inputs[input] ?? []).filter((side) => side !== 'n');
  const width = shape.reduce((product, side) => product * side, 1);
  let buffer = new Float32Array(0);
  return async (n, fill) => {
    const outputs: { readonly start: number; readonly rows: number; readonly results: Results }[] = [];
    for (const { start, rows, size } of network.plan(n)) {
      if (buffer.length < size * width) buffer = new Float32Array(size * width);
      for (let row = 0; row < rows; row++) fill(start + row, buffer.subarray(row * width, (row + 1) * width));
      const data = buffer.subarray(0, size * width).fill(0, rows * width);
      outputs.push({ start, rows, results: await sizedRun(network, input, data, [size, ...shape]) });
    }
    return (output, row) => {
      const run = outputs.find(({ start, rows }) => row >= start && row < start + rows);
      return run?.results(output, row - run.start) ?? new Float32Array(0);
    };
  };
}

type Results = (output: string, row: number) => Float32Array;

async function sizedRun(
  network: BatchedNetwork,
  input: string,
  data: Float32Array,
  dims: readonly number[],
): Promise<Results> {
  const results = await network.run({ [input]: { data, dims } });
  return (output, row) => {
    const { data, dims } = results[output] ?? { data: new Float32Array(0), dims: [1] };
    const width = data.length / (dims[0] ?? 1);
    return data.subarray(row * width, (row + 1) * width);
  };
}
