/**
 * The transformer of wav2vec 2.0 (Baevski et al. 2020) and of what was built on it, over the frames of speech-features.ts:
 * all of its hidden states. How frames attend to one another is given. Weights go by the names of published checkpoints.
 */
import { servingConv } from '../graph/conv.ts';
import { add, gelu, mul, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { concat, reshape, transpose } from '../graph/layout.ts';
import { matmul } from '../graph/matmul.ts';
import { layerNorm, zeros } from '../graph/normalise.ts';
import { softmax } from '../graph/reduce.ts';
import { linear } from './layers.ts';
import { type SpeechFeatures, speechFeatures } from './speech-features.ts';

/** Sizes of a speech encoder. */
export interface SpeechSize {
  readonly features: SpeechFeatures;
  /** Width of the hidden states. */
  readonly width: number;
  /** Attention heads; they divide the width. */
  readonly heads: number;
  /** Width inside a layer's second half. */
  readonly inner: number;
  readonly layers: number;
  /** The convolution that tells frames where they are; its groups divide the width. */
  readonly positional: { readonly kernel: number; readonly groups: number };
  /** Whether a layer normalises what goes into its halves ("stable layer norm") or what comes out of them. */
  readonly normFirst: boolean;
  /** What layer normalisation adds to the variance. */
  readonly epsilon: number;
}

/**
 * What is added to the scores of attention: [heads, frames, frames] or any shape that goes with [n, heads, frames, frames]. It is
 * given what goes into the attention, [n, frames, width], and the layer's name.
 */
export type ScoreBias = (x: Value, name: string) => Value;

/** What is added to the score of a frame that is not there: its weight is 0 then. */
const ABSENT = -1e9;

/** What a speech encoder makes of a waveform; every value is [n, frames, width]. */
export interface SpeechEncoding {
  /** What goes into the first layer, and what comes out of each: `layers` + 1. */
  readonly states: readonly Value[];
  /**
   * What a network that ended with this state would give at its end: normalised where `normFirst`, since its layers leave that
   * to whoever comes next.
   */
  readonly ended: (state: Value) => Value;
}

/**
 * All hidden states of a waveform.
 * @param samples [n, length].
 * @param mask [n, length], 1 for samples of the clip and 0 for the padding after it; null: there is none.
 * @param biasOf makes what is added to the scores, once for all layers, from what goes into the first. Default: nothing is.
 */
export function speechStates(
  samples: Value,
  mask: Value | null,
  size: SpeechSize,
  biasOf: (first: Value) => ScoreBias | null = () => null,
): SpeechEncoding {
  const { frames, mask: there } = speechFeatures(samples, mask, size.features);
  const norm = (x: Value, name: string): Value => layerNorm(x, name, size.epsilon);
  const projected = linear(norm(frames, 'feature_projection.layer_norm'), 'feature_projection.projection', size.width);
  const [n = 'n', time = 1] = projected.dims;
  const kept = there ? mul(projected, reshape(there, [n, time, 1])) : projected;
  const placed = add(kept, places(kept, size));
  const first = size.normFirst ? placed : norm(placed, 'encoder.layer_norm');
  const absent = there && reshape(mul(sub(there, 1), -ABSENT), [n, 1, 1, time]);
  const bias = biasOf(first);
  const states = [first];
  for (let layer = 0, x = first; layer < size.layers; layer++) {
    const name = `encoder.layers.${layer}`;
    const attended = (y: Value): Value => attention(y, `${name}.attention`, size, absent, bias);
    const forward = (y: Value): Value => feedForward(y, `${name}.feed_forward`, size);
    if (size.normFirst) {
      x = add(x, attended(norm(x, `${name}.layer_norm`)));
      x = add(x, forward(norm(x, `${name}.final_layer_norm`)));
    } else {
      x = norm(add(x, attended(x)), `${name}.layer_norm`);
      x = norm(add(x, forward(x)), `${name}.final_layer_norm`);
    }
    states.push(x);
  }
  return { states, ended: (state) => (size.normFirst ? norm(state, 'encoder.layer_norm') : state) };
}

/** States side by side: [n, states, frames, width]. */
export function stacked(states: readonly Value[]): Value {
  return concat(
    states.map((state) => reshape(state, [state.dims[0] ?? 'n', 1, ...state.dims.slice(1)])),
    1,
  );
}

/** Where each frame is, told by its neighbours (Baevski et al. 2020, section 2; after Mohamed et al. 2019). */
function places(x: Value, { width, positional: { kernel, groups } }: SpeechSize): Value {
  const name = 'encoder.pos_conv_embed.conv';
  const weight = x.graph.parameter(`${name}.weight`, [width, width / groups, kernel], zeros);
  const bias = x.graph.parameter(`${name}.bias`, [width], zeros);
  const before = Math.floor(kernel / 2);
  // An even kernel would give one frame more than there are; the published implementation takes the last one away.
  const wave = servingConv(transpose(x, [0, 2, 1]), weight, { groups, bias, padding: [before, kernel - 1 - before] });
  return transpose(gelu(wave), [0, 2, 1]);
}

function attention(
  x: Value,
  name: string,
  { width, heads }: SpeechSize,
  absent: Value | null,
  bias: ScoreBias | null,
): Value {
  const [n = 'n', frames = 1] = x.dims;
  const each = width / heads;
  const split = (part: string, order: readonly number[]): Value =>
    transpose(reshape(linear(x, `${name}.${part}`, width), [n, frames, heads, each]), order);
  const queries = mul(split('q_proj', [0, 2, 1, 3]), 1 / Math.sqrt(each));
  let scores = matmul(queries, split('k_proj', [0, 2, 3, 1]));
  if (bias) scores = add(scores, bias(x, name));
  if (absent) scores = add(scores, absent);
  const mixed = transpose(matmul(softmax(scores, 3), split('v_proj', [0, 2, 1, 3])), [0, 2, 1, 3]);
  return linear(reshape(mixed, [n, frames, width]), `${name}.out_proj`, width);
}

function feedForward(x: Value, name: string, { width, inner }: SpeechSize): Value {
  return linear(gelu(linear(x, `${name}.intermediate_dense`, inner)), `${name}.output_dense`, width);
}
