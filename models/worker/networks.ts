/** The four networks of the product, opened on one provider and warmed. */
import { UndertoneError } from '../../src/errors.ts';
import type { Models, Opening } from '../calls.ts';
import type { Model, Shape } from '../contract.ts';
import { openNetwork, type Network, type TensorData } from '../runtime.ts';
import { batchSizesUpTo, MAX_ROWS, planRuns, type BatchRun } from './batching.ts';

/** The networks, in the order in which they are opened. */
export const NETWORK_NAMES = ['voice', 'face', 'detector', 'speech'] as const satisfies readonly (keyof Models)[];

/** A run of 16 rows of Silero costs as much as one of 5 rows run alone: its own price is that of about 2 rows. */
const SPEECH_PADDING = 2;

/** An open network that runs in warmed batch sizes. */
export interface BatchedNetwork extends Pick<Network, 'run'> {
  readonly contract: Model['contract'];
  /** The runs that `n` rows take. */
  plan(n: number): readonly BatchRun[];
}

/** Everything that a worker runs. */
export type Networks = Readonly<Record<keyof Models, BatchedNetwork>> & { close(): Promise<void> };

/**
 * Open the networks and run each once in every batch size, which also proves that its outputs have the shapes promised.
 * @throws UndertoneError as `openNetwork`; what was opened before is closed again.
 */
export async function openNetworks({ models, ...options }: Opening): Promise<Networks> {
  const opened: Network[] = [];
  const close = async () => {
    await Promise.all(opened.map((network) => network.close()));
  };
  const open = async (name: keyof Models): Promise<BatchedNetwork> => {
    const model = models[name];
    // Silero's block is 0.2 ms of tiny steps: on a GPU, each would wait for a launch.
    const provider = name === 'speech' ? 'cpu' : options.provider;
    const network = await openNetwork(model, { ...options, provider });
    opened.push(network);
    const sizes = batchSizesUpTo(MAX_ROWS[name]);
    for (const size of sizes) await warm(network, model, size);
    const maxPadding = provider !== 'cpu' ? MAX_ROWS[name] : name === 'speech' ? SPEECH_PADDING : 0;
    return {
      contract: model.contract,
      run: (feeds) => network.run(feeds),
      plan: (n) => planRuns(n, sizes, maxPadding),
    };
  };
  try {
    return {
      voice: await open('voice'),
      face: await open('face'),
      detector: await open('detector'),
      speech: await open('speech'),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Zeros for every input of a network, in a batch of `size`. */
export function blankFeeds({ inputs }: Model['contract'], size: number): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, shape]) => {
      const dims = sized(shape, size);
      // The only input without dimensions is Silero's sample rate.
      const data =
        dims.length === 0 ? SAMPLE_RATE : new Float32Array(dims.reduce((product, side) => product * side, 1));
      return [name, { data, dims }];
    }),
  );
}

const SAMPLE_RATE = BigInt64Array.of(16_000n);

async function warm(network: Network, model: Model, size: number): Promise<void> {
  const results = await runBlank(network, model, size);
  for (const [name, shape] of Object.entries(model.contract.outputs)) {
    const promised = sized(shape, size);
    const dims = results[name]?.dims ?? [];
    if (promised.length === dims.length && promised.every((side, axis) => side === dims[axis])) continue;
    throw new UndertoneError(
      'pack-invalid',
      `${model.name} gives '${name}' as [${dims.join(', ')}] for a batch of ${size}, ` +
        `but its manifest says [${shape.join(', ')}]: correct the one that is wrong`,
    );
  }
}

async function runBlank(network: Network, model: Model, size: number) {
  try {
    return await network.run(blankFeeds(model.contract, size));
  } catch (cause) {
    if (network.provider !== 'cpu' || !(cause instanceof UndertoneError)) throw cause;
    throw new UndertoneError(
      'pack-invalid',
      `${cause.message}: it does not run in a batch of ${size}; export it again`,
      {
        cause,
      },
    );
  }
}

function sized(shape: Shape, n: number): number[] {
  return shape.map((side) => (side === 'n' ? n : side));
}
