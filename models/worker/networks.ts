/** The networks of the product, opened on one provider and warmed. */
import { SAMPLE_RATE_HZ } from '../../src/core/features.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { Modality } from '../../src/domain.ts';
import type { CallKind, Models, Opening } from '../calls.ts';
import type { FusionModel, Model } from '../contract.ts';
import { openNetwork, type Network } from '../runtime.ts';
import { isAsked, type NetworkName } from './asked-by.ts';
import {
  batchSizesUpTo,
  CPU_ENCODER_ROWS,
  ENCODER_ROWS,
  MAX_ROWS,
  planRuns,
  rowsUpTo,
  type BatchRun,
} from './batching.ts';
import {
  type EncodeFaces,
  type EncodeVoices,
  type OpenedEncoder,
  openFaceEncoder,
  openVoiceEncoder,
} from './encoders.ts';
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
export interface Networks extends Readonly<
  Record<Exclude<keyof Models, 'fusion' | 'attributes' | 'encoders'>, BatchedNetwork>
> {
  /** Null in a pack that pools what voice and face say. */
  readonly fusion: FusionNetwork | null;
  /** By the modality whose embeddings they look at. */
  readonly attributes: Readonly<Partial<Record<Modality, BatchedNetwork>>>;
  /** What stands before them; null where the pack has none, or this worker is not asked for what it gives. */
  readonly encoders: { readonly voice: EncodeVoices | null; readonly face: EncodeFaces | null };
  close(): Promise<void>;
}

const ALL_KINDS: readonly CallKind[] = ['window', 'speech', 'faces'];

/**
 * Open the networks and run each once in every batch size, which also proves that its outputs have the shapes promised.
 * @throws UndertoneError as `openNetwork` and `openEncoder`; what was opened before is closed again.
 */
export async function openNetworks({
  models,
  kinds = ALL_KINDS,
  windowMs = 3000,
  ...options
}: Opening): Promise<Networks> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(opened.map((network) => network.close()));
  };
  /** By file and contract: one that speaks for voice, face and both is opened once. */
  const byFile = new Map<string, BatchedNetwork>();
  const open = async (name: NetworkName, model: Model): Promise<BatchedNetwork> => {
    if (!isAsked(name, model, kinds)) return unopened(model);
    const key = JSON.stringify([model.name, model.contract.inputs, model.contract.outputs]);
    const before = byFile.get(key);
    if (before) return before;
    // Silero's block is 0.2 ms of tiny steps: on a GPU, each would wait for a launch. And ONNX Runtime's WebGPU gets its convolution
    // of 129 channels wrong (docs/deploy.md, WebGPU).
    const provider = name === 'speech' ? 'cpu' : options.provider;
    const network = await openNetwork(model, { ...options, provider });
    opened.push(network);
    const most = rowsUpTo(MAX_ROWS[name], model.contract);
    const sizes = batchSizesUpTo(most);
    for (const size of warmingSizes(model.contract, sizes)) await warm(network, model, size);
    const maxPadding = provider !== 'cpu' ? most : name === 'speech' ? SPEECH_PADDING : 0;
    const batched: BatchedNetwork = {
      contract: model.contract,
      run: (feeds, outputs) => network.run(feeds, outputs),
      plan: (n) => planRuns(n, sizes, maxPadding),
    };
    byFile.set(key, batched);
    return batched;
  };
  const kept = async <E>(opening: Promise<OpenedEncoder<E>> | false | undefined): Promise<E | null> => {
    if (!opening) return null;
    const encoder = await opening;
    opened.push(encoder);
    return encoder.encode;
  };
  const { attributes, encoders = {} } = models;
  const runs = { ...options, sizes: batchSizesUpTo(options.provider === 'cpu' ? CPU_ENCODER_ROWS : ENCODER_ROWS) };
  const { voice, face } = encoders;
  const samples = Math.round((windowMs * SAMPLE_RATE_HZ) / 1000);
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
      encoders: {
        voice: await kept(voice && kinds.includes('window') && openVoiceEncoder(voice, samples, runs)),
        face: await kept(face && kinds.includes('faces') && openFaceEncoder(face, runs)),
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is known of a network that this worker is never asked for. */
function unopened({ name, contract }: Model): BatchedNetwork {
  return {
    contract,
    run: () => Promise.reject(new UndertoneError('internal', `${name} is not open in this worker`)),
    plan: () => [],
  };
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
