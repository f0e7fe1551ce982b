/** The networks of the product, opened on one provider and warmed. */
import { UndertoneError } from '../../src/errors.ts';
import type { Modality } from '../../src/domain.ts';
import type { Models, Opening } from '../calls.ts';
import type { FusionModel, Model } from '../contract.ts';
import { openNetwork, type Network } from '../runtime.ts';
import { batchSizesUpTo, MAX_ROWS, planRuns, type BatchRun } from './batching.ts';
import { blankFeeds, checkOutputs, warmingSizes, type WarmingSize } from './warming.ts';

/** A run of 16 rows of Silero costs as much as one of 5 rows run alone: its own price is that of about 2 rows. */
const SPEECH_PADDING = 2;

/** An open network that runs in warmed batch sizes. */
export interface BatchedNetwork extends Pick<Network, 'run'> {
  readonly contract: Model['contract'];
  /** The runs that `n` rows take. */
  plan(n: number): readonly BatchRun[];
}

/** The shared layers, and for which modalities they are asked. */
export interface FusionNetwork extends BatchedNetwork {
  readonly serves: FusionModel['serves'];
}

/** Everything that a worker runs. */
export interface Networks extends Readonly<Record<Exclude<keyof Models, 'fusion' | 'attributes'>, BatchedNetwork>> {
  /** Null in a pack that pools what voice and face say. */
  readonly fusion: FusionNetwork | null;
  /** By the modality whose embeddings they look at. */
  readonly attributes: Readonly<Partial<Record<Modality, BatchedNetwork>>>;
  close(): Promise<void>;
}

/**
 * Open the networks and run each once in every batch size, which also proves that its outputs have the shapes promised.
 * @throws UndertoneError as `openNetwork`; what was opened before is closed again.
 */
export async function openNetworks({ models, ...options }: Opening): Promise<Networks> {
  const opened: Network[] = [];
  const close = async () => {
    await Promise.all(opened.map((network) => network.close()));
  };
  const open = async (name: keyof Models, model: Model): Promise<BatchedNetwork> => {
    // Silero's block is 0.2 ms of tiny steps: on a GPU, each would wait for a launch.
    const provider = name === 'speech' ? 'cpu' : options.provider;
    const network = await openNetwork(model, { ...options, provider });
    opened.push(network);
    const sizes = batchSizesUpTo(MAX_ROWS[name]);
    for (const size of warmingSizes(model.contract, sizes)) await warm(network, model, size);
    const maxPadding = provider !== 'cpu' ? MAX_ROWS[name] : name === 'speech' ? SPEECH_PADDING : 0;
    return {
      contract: model.contract,
      run: (feeds, outputs) => network.run(feeds, outputs),
      plan: (n) => planRuns(n, sizes, maxPadding),
    };
  };
  const { attributes } = models;
  try {
    return {
      voice: await open('voice', models.voice),
      face: await open('face', models.face),
      fusion: models.fusion && { ...(await open('fusion', models.fusion)), serves: models.fusion.serves },
      attributes: {
        ...(attributes.voice && { voice: await open('attributes', attributes.voice) }),
        ...(attributes.face && { face: await open('attributes', attributes.face) }),
      },
      detector: await open('detector', models.detector),
      speech: await open('speech', models.speech),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function warm(network: Network, model: Model, size: WarmingSize): Promise<void> {
  checkOutputs(model, await runBlank(network, model, size), size);
}

async function runBlank(network: Network, model: Model, size: WarmingSize) {
  try {
    return await network.run(blankFeeds(model.contract, size));
  } catch (cause) {
    if (network.provider !== 'cpu' || !(cause instanceof UndertoneError)) throw cause;
    throw new UndertoneError(
      'pack-invalid',
      `${cause.message}: it does not run in a batch of ${size.n}; export it again`,
      { cause },
    );
  }
}
