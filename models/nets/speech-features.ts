/**
 * The front of wav2vec 2.0 (Baevski et al. 2020, section 2) and of what was built on it: convolutions over the waveform, one
 * frame for each 320 samples, and which frames of a padded clip are there. Weights go by the names of published checkpoints.
 */
import { above, add, clip, div, floor, gelu, mul, sqrt, square, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { servingConv } from '../graph/conv.ts';
import { fixedSide, named, positions, reshape, transpose } from '../graph/layout.ts';
import { layerNorm, ones, zeros } from '../graph/normalise.ts';
import { sum } from '../graph/reduce.ts';

/** One convolution over time, without padding. */
export interface SpeechConvolution {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
}

/** Sizes of the front. */
export interface SpeechFeatures {
  readonly convolutions: readonly SpeechConvolution[];
  /** Whether each convolution has a bias. */
  readonly bias: boolean;
  /** `group`: after the first convolution, each channel over its own time; `layer`: after every one, each frame. */
  readonly norm: 'group' | 'layer';
}

/** What the front gives. */
export interface SpeechFrames {
  /** [n, frames, channels]. */
  readonly frames: Value;
  /** [n, frames], 1 where a frame is of the clip; null: all are. */
  readonly mask: Value | null;
}

/** What PyTorch's normalisations add to the variance where nothing else is said. */
const EPSILON = 1e-5;

/**
 * Frames of a waveform.
 *
 * A frame is of the clip when all samples that it is made of are. Under a group norm, the mean and deviation of a channel are
 * those of the clip's own frames: the published implementation counts the padding too, so that what it says of a clip
 * depends on the longest one beside it.
 * @param samples [n, length].
 * @param mask [n, length], 1 for samples of the clip, which comes first, and 0 for padding; null: all are.
 */
export function speechFeatures(samples: Value, mask: Value | null, size: SpeechFeatures): SpeechFrames {
  const { graph } = samples;
  const [n = 'n', length = 1] = samples.dims;
  let x = reshape(samples, [n, 1, length]);
  let lengths = mask && sum(mask, { axes: [1], keep: true });
  size.convolutions.forEach(({ channels, kernel, stride }, layer) => {
    const name = `feature_extractor.conv_layers.${layer}`;
    const weight = graph.parameter(`${name}.conv.weight`, [channels, fixedSide(x, 1), kernel], zeros);
    const bias = size.bias ? graph.parameter(`${name}.conv.bias`, [channels], zeros) : undefined;
    const wave = servingConv(x, weight, { stride, ...(bias && { bias }) });
    lengths &&= add(floor(div(sub(lengths, kernel), stride)), 1);
    x = gelu(normalised(wave, `${name}.layer_norm`, layer, lengths, size.norm));
  });
  const turned = transpose(x, [0, 2, 1]);
  const frames = typeof turned.dims[1] === 'string' ? named(turned, 1, 'frames') : turned;
  return { frames, mask: lengths && present(lengths, positions(frames, 1)) };
}

/** How many frames a clip has. */
export function speechFrames(samples: number, convolutions: readonly Omit<SpeechConvolution, 'channels'>[]): number {
  const frames = convolutions.reduce(
    (length, { kernel, stride }) => Math.floor((length - kernel) / stride) + 1,
    samples,
  );
  return Math.max(0, frames);
}

/** 1 where a position is below the length: lengths [n, 1], positions [frames]; [n, frames]. */
function present(lengths: Value, places: Value): Value {
  return above(lengths, places);
}

function normalised(x: Value, name: string, layer: number, lengths: Value | null, norm: SpeechFeatures['norm']): Value {
  if (norm === 'layer') return transpose(layerNorm(transpose(x, [0, 2, 1]), name, EPSILON), [0, 2, 1]);
  return layer === 0 ? channelNorm(x, name, lengths) : x;
}

/** Each channel of x [n, channels, time] over its own time, as far as the clip goes: a group norm of groups of one. */
function channelNorm(x: Value, name: string, lengths: Value | null): Value {
  const { graph } = x;
  const [n = 'n', , time = 1] = x.dims;
  const channels = fixedSide(x, 1);
  const scale = graph.parameter(`${name}.scale`, [channels], ones);
  const shift = graph.parameter(`${name}.shift`, [channels], zeros);
  if (!lengths)
    return graph.node('InstanceNormalization', [x, scale, shift], x.dims, {
      attributes: { epsilon: { float: EPSILON } },
    });
  const there = reshape(present(lengths, positions(x, 2)), [n, 1, time]);
  // Of a clip shorter than one frame nothing is there: what is said of it means nothing, and is a number all the same.
  const count = clip(reshape(lengths, [n, 1, 1]), 1, Infinity);
  const over = { axes: [2], keep: true };
  const centred = sub(x, div(sum(mul(x, there), over), count));
  const variance = div(sum(square(mul(centred, there)), over), count);
  const factor = div(reshape(scale, [channels, 1]), sqrt(add(variance, EPSILON)));
  return add(mul(centred, factor), reshape(shift, [channels, 1]));
}
