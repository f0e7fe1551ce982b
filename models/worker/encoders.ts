/**
 * Encoders of a pack at work (docs/encoders.md): what windows and looks are before the pack's own networks see them. They look both
 * ways in time, so a window is encoded anew each time; windows of many participants share a run of a fixed size.
 */
import { CROP_SIZE } from '../../src/core/faces/align.ts';
import { SAMPLE_RATE_HZ } from '../../src/core/features.ts';
import { UndertoneError } from '../../src/errors.ts';
import { openEncoder, type OpenEncoder } from '../encoder.ts';
import { facePixels, voiceFeeds } from '../encoder-feeds.ts';
import { speechFrames } from '../nets/speech-features.ts';
import type { PackEncoders } from '../pack-encoders.ts';
import type { NetworkOptions, Provider, TensorData } from '../runtime.ts';
import { type BatchRun, planRuns } from './batching.ts';
import type { StateSequence } from './sequence.ts';

/** Clips of 16 kHz to their states; answers read a clip's. Clips are cut to, and padded to, one length. */
export type EncodeVoices = (clips: readonly Float32Array[]) => Promise<(clip: number) => StateSequence>;

/** Crops of 48 x 48 grey pixels, 0 to 1, to one vector each; answers read a crop's as a view. */
export type EncodeFaces = (crops: readonly Float32Array[]) => Promise<(crop: number) => Float32Array>;

/** An open encoder. */
export interface OpenedEncoder<Encode> {
  readonly encode: Encode;
  close(): Promise<void>;
}

/** How an encoder runs. */
export interface EncoderRuns extends NetworkOptions {
  /** Sizes of its runs, ascending, from 1. */
  readonly sizes: readonly number[];
  /** Whether each size is run once at the start. Default true. */
  readonly warm?: boolean;
}

/**
 * Open a voice encoder.
 * @param windowSamples the one length that it runs at.
 * @throws UndertoneError as `openEncoder`; `encoder-invalid` for one that hears another rate or other lengths only. It is closed then.
 */
export async function openVoiceEncoder(
  { dir, layers }: NonNullable<PackEncoders['voice']>,
  windowSamples: number,
  { sizes, warm = true, ...options }: EncoderRuns,
): Promise<OpenedEncoder<EncodeVoices>> {
  const { encoder, network } = await openEncoder(dir, options);
  return closedOnThrow(network, async () => {
    if (encoder.modality !== 'voice') throw new UndertoneError('encoder-invalid', `${dir} is no encoder of a voice`);
    const { inputs, outputs, sampleRateHz, width, frames } = encoder;
    const fixed = inputs.samples.shape[1];
    if (sampleRateHz !== SAMPLE_RATE_HZ || (typeof fixed === 'number' && fixed !== windowSamples))
      throw new UndertoneError(
        'encoder-invalid',
        `${dir} hears ${typeof fixed === 'number' ? fixed : 'any number of'} samples of ${sampleRateHz} Hz, and windows have ` +
          `${windowSamples} of ${SAMPLE_RATE_HZ} Hz: choose another encoder, or another UNDERTONE_WINDOW_MS`,
      );
    const hear = async (clips: readonly Float32Array[], rows: number) => {
      const size = { rows, length: windowSamples };
      const { name } = outputs.hidden;
      return read(await network.run(voiceFeeds(encoder, clips, size), [name]), name, dir);
    };
    /** Frames of padding are left out where the encoder can tell them from sound. */
    const framesOf = (samples: number, given: number): number =>
      frames && inputs.mask
        ? Math.min(given, Math.max(1, speechFrames(Math.min(samples, windowSamples), frames)))
        : given;
    if (warm) for (const size of sizes) await hear([], size);
    return async (clips) => {
      const runs = await through(clips, { sizes, provider: options.provider }, hear);
      return (clip) => {
        const { row, of } = runs(clip);
        const given = of.dims.at(-2) ?? 1;
        const n = framesOf(clips[clip]?.length ?? 0, given);
        return { numbers: picked(row, layers, given * width, n * width), n };
      };
    };
  });
}

/**
 * Open a face encoder.
 * @throws UndertoneError as `openEncoder`; `encoder-invalid` for one that sees pictures of other sides only. It is closed then.
 */
export async function openFaceEncoder(
  { dir, side }: NonNullable<PackEncoders['face']>,
  { sizes, warm = true, ...options }: EncoderRuns,
): Promise<OpenedEncoder<EncodeFaces>> {
  const { encoder, network } = await openEncoder(dir, options);
  return closedOnThrow(network, async () => {
    if (encoder.modality !== 'face') throw new UndertoneError('encoder-invalid', `${dir} is no encoder of a face`);
    const { inputs, outputs } = encoder;
    const sides = inputs.pixels.shape.slice(2);
    if (sides.some((fixed) => typeof fixed === 'number' && fixed !== side))
      throw new UndertoneError(
        'encoder-invalid',
        `${dir} sees pictures of ${sides.join(' x ')} pixels, and the pack asks for ${side}: make features with this encoder, and ` +
          'train and pack on them',
      );
    const look = async (crops: readonly Float32Array[], rows: number) => {
      const feeds = { [inputs.pixels.name]: facePixels(encoder, crops, side, rows) };
      return read(await network.run(feeds, [outputs.pooled.name]), outputs.pooled.name, dir);
    };
    if (warm) for (const size of sizes) await look([new Float32Array(CROP_SIZE * CROP_SIZE)], size);
    return async (crops) => {
      const runs = await through(crops, { sizes, provider: options.provider }, look);
      return (crop) => runs(crop).row;
    };
  });
}

/** Nobody else could close the network of an encoder that turns out not to serve. */
async function closedOnThrow<Encode>(
  network: OpenEncoder['network'],
  prepare: () => Promise<Encode>,
): Promise<OpenedEncoder<Encode>> {
  try {
    return { encode: await prepare(), close: () => network.close() };
  } catch (thrown) {
    await network.close();
    throw thrown;
  }
}

type Results = TensorData<Float32Array>;

function read(results: Readonly<Record<string, Results>>, output: string, dir: string): Results {
  const found = results[output];
  if (found) return found;
  throw new UndertoneError('encoder-invalid', `${dir} gives no '${output}': import it again`);
}

/** Things in runs of these sizes; what is said of one is read by its place. */
async function through(
  things: readonly Float32Array[],
  { sizes, provider = 'cpu' }: Pick<EncoderRuns, 'sizes'> & { readonly provider: Provider | undefined },
  run: (things: readonly Float32Array[], rows: number) => Promise<Results>,
): Promise<(place: number) => { readonly row: Float32Array; readonly of: Results }> {
  const done: { readonly run: BatchRun; readonly of: Results }[] = [];
  // On a CPU padding costs what it computes; elsewhere another run costs more.
  const maxPadding = provider === 'cpu' ? 0 : (sizes.at(-1) ?? 0);
  for (const planned of planRuns(things.length, sizes, maxPadding)) {
    const { start, rows, size } = planned;
    done.push({ run: planned, of: await run(things.slice(start, start + rows), size) });
  }
  return (place) => {
    const found = done.find(({ run: { start, rows } }) => place >= start && place < start + rows);
    if (!found) throw new UndertoneError('internal', `nothing was encoded at ${place}`);
    const each = found.of.data.length / (found.of.dims[0] ?? 1);
    const at = place - found.run.start;
    return { row: found.of.data.subarray(at * each, (at + 1) * each), of: found.of };
  };
}

/** The layers that are given on, and of each the first numbers; a view where that is all there is. */
function picked(row: Float32Array, layers: readonly number[], each: number, kept: number): Float32Array {
  if (kept === each && layers.length * each === row.length) return row;
  const numbers = new Float32Array(layers.length * kept);
  layers.forEach((layer, i) => {
    numbers.set(row.subarray(layer * each, layer * each + kept), i * kept);
  });
  return numbers;
}
