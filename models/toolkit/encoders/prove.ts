/** An encoder is believed once it has answered. */
import { UndertoneError } from '../../../src/errors.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { openEncoder } from '../../encoder.ts';
import type { Encoder, FaceEncoder, VoiceEncoder } from '../../encoder-format.ts';
import { speechFrames } from '../../nets/speech-features.ts';
import type { Network, TensorData } from '../../runtime.ts';

/** What is asked: a batch of two, so that a network for one only is found out. */
const BATCH = 2;
const SIDE = 96;

/** Largest difference of float16 from float32, as a share of the largest number. */
const MOST_DIFFERENCE = 0.05;

/**
 * Open the encoder in a folder and run it once, on noise.
 * @param name for messages: the folder is not where it will be.
 * @returns what it gave.
 * @throws UndertoneError `encoder-invalid` when it cannot be opened or run, or gives other sides than it says or numbers that
 * are not finite.
 */
export async function proveEncoder(dir: string, name: string): Promise<TensorData<Float32Array>> {
  const { encoder, network } = await openEncoder(dir).catch((cause: unknown) => {
    throw failure(name, cause);
  });
  try {
    const answer = await answerOf(encoder, network);
    const sides = encoder.modality === 'voice' ? voiceSides(encoder) : [BATCH, encoder.width];
    const agree =
      answer?.dims.length === sides.length && sides.every((side, i) => side === null || side === answer.dims[i]);
    if (!answer || !agree)
      throw invalid(
        name,
        `it gives [${answer?.dims.join(', ') ?? ''}] where [${sides.map((side) => side ?? 'any').join(', ')}] was due`,
      );
    if (!answer.data.every(Number.isFinite)) throw invalid(name, 'it gives numbers that are not finite');
    return answer;
  } catch (cause) {
    throw failure(name, cause);
  } finally {
    await network.close();
  }
}

/**
 * Run the graph that stands for float16 in a folder on the same noise.
 * @param due what the one in float32 gave.
 * @returns null where both agree, else what is wrong, in words.
 * @throws UndertoneError as `openEncoder`.
 */
export async function proveHalf(dir: string, { data, dims }: TensorData<Float32Array>): Promise<string | null> {
  const { encoder, network } = await openEncoder(dir, { precision: 'float16' });
  try {
    const answer = await answerOf(encoder, network);
    if (answer?.dims.join() !== dims.join()) return `it gives [${answer?.dims.join(', ') ?? ''}]`;
    const most = data.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
    // Written so that a NaN is told of.
    const agree = data.every((x, i) => Math.abs(x - (answer.data[i] ?? NaN)) <= MOST_DIFFERENCE * most);
    return agree ? null : `its numbers differ by more than ${100 * MOST_DIFFERENCE} %, or are not finite`;
  } finally {
    await network.close();
  }
}

async function answerOf(encoder: Encoder, network: Network): Promise<TensorData<Float32Array> | undefined> {
  const feeds = encoder.modality === 'voice' ? voiceFeeds(encoder) : faceFeeds(encoder);
  const [wanted] = Object.values(encoder.outputs);
  return (await network.run(feeds, wanted ? [wanted.name] : []))[wanted?.name ?? ''];
}

/** One second, or what the network is made for. */
function clipLength({ inputs, sampleRateHz }: VoiceEncoder): number {
  const length = inputs.samples.shape[1];
  return typeof length === 'number' ? length : sampleRateHz;
}

function voiceFeeds(encoder: VoiceEncoder): Record<string, TensorData> {
  const { inputs } = encoder;
  const length = clipLength(encoder);
  const dims = [BATCH, length];
  const size = BATCH * length;
  const feeds: Record<string, TensorData> = { [inputs.samples.name]: { data: noise(size), dims } };
  if (inputs.mask) {
    // The second of the two is half as long.
    const there = (i: number): number => (i < 1.5 * length ? 1 : 0);
    const data =
      inputs.mask.type === 'int64'
        ? BigInt64Array.from({ length: size }, (_, i) => BigInt(there(i)))
        : Float32Array.from({ length: size }, (_, i) => there(i));
    feeds[inputs.mask.name] = { data, dims };
  }
  return feeds;
}

/** What is due; null: any. */
function voiceSides(encoder: VoiceEncoder): readonly (number | null)[] {
  const { outputs, layers, width, frames } = encoder;
  const time = frames && speechFrames(clipLength(encoder), frames);
  return outputs.hidden.shape.length === 4 ? [BATCH, layers, time, width] : [BATCH, time, width];
}

function faceFeeds({ inputs }: FaceEncoder): Record<string, TensorData> {
  const [, , height, width] = inputs.pixels.shape;
  const dims = [BATCH, 3, fixed(height), fixed(width)];
  return { [inputs.pixels.name]: { data: noise(dims.reduce((size, side) => size * side, 1)), dims } };
}

function fixed(side: number | string | undefined): number {
  return typeof side === 'number' ? side : SIDE;
}

function noise(size: number): Float32Array {
  const random = randomStream('encoder');
  return Float32Array.from({ length: size }, () => gaussian(random));
}

function failure(name: string, cause: unknown): UndertoneError {
  if (cause instanceof UndertoneError && cause.code === 'encoder-invalid') return cause;
  return invalid(name, cause instanceof Error ? cause.message : String(cause), cause);
}

function invalid(name: string, why: string, cause?: unknown): UndertoneError {
  return new UndertoneError('encoder-invalid', `the network of ${name} does not do what it should: ${why}`, { cause });
}
