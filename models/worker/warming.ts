/** First runs of a network: one in every size that it will see, which also shows the shapes that it really gives. */
import { UndertoneError } from '../../src/errors.ts';
import type { Contract, Model, Shape } from '../contract.ts';
import type { TensorData } from '../runtime.ts';
import { FRAME_SIZES } from './batching.ts';

/** Sizes of the axes that a contract leaves open. */
export interface WarmingSize {
  /** The batch. */
  readonly n: number;
  readonly frames: number;
}

/** Every size in which a network of this contract will run. */
export function warmingSizes({ inputs }: Contract, batchSizes: readonly number[]): WarmingSize[] {
  const isFramed = Object.values(inputs).some((shape) => shape.includes('frames'));
  const frameSizes = isFramed ? FRAME_SIZES : [1];
  return batchSizes.flatMap((n) => frameSizes.map((frames) => ({ n, frames })));
}

/** Zeros for every input of a network, and ones for masks: a batch in which everything is there and silent. */
export function blankFeeds({ inputs }: Contract, size: WarmingSize): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, shape]): [string, TensorData] => {
      const dims = sized(shape, size);
      // The only input without dimensions is Silero's sample rate.
      if (dims.length === 0) return [name, { data: SAMPLE_RATE, dims }];
      const data = new Float32Array(dims.reduce((product, side) => product * side, 1));
      return [name, { data: isMask(name) ? data.fill(1) : data, dims }];
    }),
  );
}

const SAMPLE_RATE = BigInt64Array.of(16_000n);

/** Whether an input holds only ones and zeros. */
export function isMask(input: string): boolean {
  return input.endsWith('Mask');
}

/** @throws UndertoneError `pack-invalid` when outputs have not the shapes that the manifest promises. */
export function checkOutputs(
  { name, contract }: Model,
  results: Readonly<Record<string, Pick<TensorData, 'dims'>>>,
  size: WarmingSize,
): void {
  for (const [output, shape] of Object.entries(contract.outputs)) {
    const promised = sized(shape, size);
    const dims = results[output]?.dims ?? [];
    if (promised.length === dims.length && promised.every((side, axis) => side === dims[axis])) continue;
    throw new UndertoneError(
      'pack-invalid',
      `${name} gives '${output}' as [${dims.join(', ')}] for a batch of ${size.n}, ` +
        `but its manifest says [${shape.join(', ')}]: correct the one that is wrong`,
    );
  }
}

function sized(shape: Shape, { n, frames }: WarmingSize): number[] {
  return shape.map((side) => (side === 'n' ? n : side === 'frames' ? frames : side));
}
