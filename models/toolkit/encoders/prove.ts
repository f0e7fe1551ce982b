/** An encoder is believed once it has answered. */
import { UndertoneError } from '../../../src/errors.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { openEncoder } from '../../encoder.ts';
import type { FaceEncoder, VoiceEncoder } from '../../encoder-format.ts';
import { speechFrames } from '../../nets/speech-features.ts';
import type { TensorData } from '../../runtime.ts';

/** What is asked: a batch of two, so that a network for one only is found out. */
const BATCH = 2;
const SIDE = 96;

/**
 * Open the encoder in a folder and run it once, on noise.
 * @param name for messages: the folder is not where it will be.
 * @throws UndertoneError `encoder-invalid` when it cannot be opened or run, or gives other sides than it says or numbers that
 * are not finite.
 */
export async function proveEncoder(dir: string, name: string): Promise<void> {
  const { encoder, network } = await openEncoder(dir).catch((cause: unknown) => {
    throw failure(name, cause);
  });
  try {
    const feeds = encoder.modality === 'voice' ? voiceFeeds(encoder) : faceFeeds(encoder);
    const [wanted] = Object.values(encoder.outputs);
    const answer = (await network.run(feeds, wanted ? [wanted.name] : []))[wanted?.name ?? ''];
    const sides = encoder.modality === 'voice' ? voiceSides(encoder) : [BATCH, encoder.width];
    const agree =
      answer?.dims.length === sides.length && sides.every((side, i) => side === null || side === answer.dims[i]);
    if (!answer || !agree)
      throw invalid(
        name,
        `it gives [${answer?.dims.join(', ') ?? ''}] where [${sides.map((side) => side ?? 'any').join(', ')}] was due`,
      );
    if (!answer.data.every(Number.isFinite)) throw invalid(name, 'it gives numbers that are not finite');
  } catch (cause) {
    throw failure(name, cause);
  } finally {
    await network.close();
  }
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
