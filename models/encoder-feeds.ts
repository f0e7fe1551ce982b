/** What encoders are given: sound and face crops as their manifests ask for them. Pure. */
import { CROP_SIZE } from '../src/core/faces/align.ts';
import { bilinearResize } from '../src/core/resize.ts';
import type { FaceEncoder, VoiceEncoder } from './encoder-format.ts';
import type { TensorData } from './runtime.ts';

/** Added to a clip's variance, as the published feature extractor does. */
const EPSILON = 1e-7;
const CHANNELS = 3;

/**
 * Clips as a voice encoder takes them: normalised as its manifest says, each followed by silence, and masked where it takes a mask.
 * @param clips 16 kHz, mono, samples in [-1, 1].
 * @param size rows, at least as many as there are clips, and samples of each; what is longer is cut. Default: as the clips need.
 * @returns feeds by the network's own names. Rows without a clip are silence that is all there.
 * @example const { hidden } = await network.run(voiceFeeds(encoder, [clip]));
 */
export function voiceFeeds(
  { inputs, normalise }: Pick<VoiceEncoder, 'inputs' | 'normalise'>,
  clips: readonly Float32Array[],
  { rows = clips.length, length = Math.max(...clips.map((clip) => clip.length)) }: Partial<FeedSize> = {},
): Readonly<Record<string, TensorData>> {
  const dims = [rows, length];
  const samples = new Float32Array(rows * length);
  clips.forEach((clip, i) => {
    const kept = clip.subarray(0, length);
    samples.set(normalise === 'clip' ? standardised(kept) : kept, i * length);
  });
  const feeds: Record<string, TensorData> = { [inputs.samples.name]: { data: samples, dims } };
  if (inputs.mask) {
    const mask = inputs.mask.type === 'int64' ? new BigInt64Array(samples.length) : new Float32Array(samples.length);
    for (let i = 0; i < rows; i++) {
      const [from, to] = [i * length, i * length + Math.min(length, clips[i]?.length ?? length)];
      if (mask instanceof BigInt64Array) mask.fill(1n, from, to);
      else mask.fill(1, from, to);
    }
    feeds[inputs.mask.name] = { data: mask, dims };
  }
  return feeds;
}

/** Sides of a batch of clips. */
export interface FeedSize {
  readonly rows: number;
  readonly length: number;
}

/**
 * Crops as a face encoder takes them: brought to its side, grey in all three channels, normalised as its manifest says.
 * @param crops 48 x 48 grey pixels, 0 to 1.
 * @returns row-major [rows, 3, side, side]; rows without a crop are zeros.
 */
export function facePixels(
  { normalise }: Pick<FaceEncoder, 'normalise'>,
  crops: readonly Float32Array[],
  side: number,
  rows = crops.length,
): TensorData<Float32Array> {
  const plane = side * side;
  const pixels = new Float32Array(rows * CHANNELS * plane);
  crops.forEach((crop, i) => {
    const grey = bilinearResize(crop, { width: CROP_SIZE, height: CROP_SIZE }, { width: side, height: side });
    for (let channel = 0; channel < CHANNELS; channel++) {
      const [mean = 0, deviation = 1] = [normalise.mean[channel], normalise.deviation[channel]];
      const at = (i * CHANNELS + channel) * plane;
      for (let p = 0; p < plane; p++) pixels[at + p] = ((grey[p] ?? 0) - mean) / deviation;
    }
  });
  return { data: pixels, dims: [rows, CHANNELS, side, side] };
}

/** A clip of mean 0 and variance 1. */
function standardised(clip: Float32Array): Float32Array {
  let [mean, variance] = [0, 0];
  for (const x of clip) mean += x / clip.length;
  for (const x of clip) variance += (x - mean) ** 2 / clip.length;
  const deviation = Math.sqrt(variance + EPSILON);
  return clip.map((x) => (x - mean) / deviation);
}
