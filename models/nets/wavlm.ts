/**
 * WavLM (Chen et al. 2022): wav2vec 2.0 whose frames attend to one another by how far apart they are too, as much as a gate
 * lets them ("gated relative position bias").
 */
import { add, clip, mul, sigmoid, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { gather, indices, positions, reshape, slice, transpose } from '../graph/layout.ts';
import { ones, zeros } from '../graph/normalise.ts';
import { linear } from './layers.ts';
import { type ScoreBias, type SpeechEncoding, speechStates, type SpeechSize } from './speech.ts';

/** Sizes of a WavLM encoder. */
export interface WavLmSize extends SpeechSize {
  /** Buckets that distances fall into, half of them for frames before and half for frames after; even, at least 4. */
  readonly buckets: number;
  /** From this distance on, in frames, all fall into the last bucket; more than a quarter of the buckets. */
  readonly farthest: number;
}

/**
 * All hidden states, as `speechStates`.
 * @param samples [n, length], 16 kHz.
 * @param mask [n, length] or null.
 * @example stacked(wavLm(graph.input('samples', ['n', 'length']), null, size).states) // [n, 25, frames, 1024]
 */
export function wavLm(samples: Value, mask: Value | null, size: WavLmSize): SpeechEncoding {
  return speechStates(samples, mask, size, (first) => gatedBias(distanceBias(first, size), size));
}

/**
 * What each head adds to the score of two frames, by their distance alone: [heads, frames, frames]. The table has a row for each
 * distance from -`farthest` to `farthest`; importing fills it from the embedding of buckets.
 */
function distanceBias(x: Value, { heads, farthest }: WavLmSize): Value {
  const table = x.graph.parameter(distanceTable, [2 * farthest + 1, heads], zeros);
  const place = positions(x, 1);
  const distance = sub(place, reshape(place, [place.dims[0] ?? 1, 1]));
  return transpose(gather(table, indices(add(clip(distance, -farthest, farthest), farthest))), [2, 0, 1]);
}

/** Name of the table of distances among the graph's weights: all layers share the one of the first. */
const distanceTable = 'encoder.layers.0.attention.rel_attn_embed.table';

/** The gate: what a frame is says how much its distances count. */
function gatedBias(bias: Value, { width, heads }: WavLmSize): ScoreBias {
  return (x, name) => {
    const [n = 'n', frames = 1] = x.dims;
    const parts = linear(reshape(x, [n, frames, heads, width / heads]), `${name}.gru_rel_pos_linear`, 2);
    const gates = sigmoid(transpose(parts, [0, 2, 1, 3]));
    const [update, reset] = [0, 1].map((i) => slice(gates, 3, i, i + 1));
    const factor = x.graph.parameter(`${name}.gru_rel_pos_const`, [1, heads, 1, 1], ones);
    if (!update || !reset) throw new RangeError('two gates');
    return mul(add(mul(update, sub(mul(reset, factor), 1)), 2), bias);
  };
}

/**
 * The bucket of a distance in frames (Chen et al. 2022, after Raffel et al. 2020): one each while they are small, then by
 * the logarithm, in 32 bits as the published implementation reckons.
 * @param distance from a frame to the one it attends to; positive where that is later.
 */
export function distanceBucket(
  distance: number,
  { buckets, farthest }: Pick<WavLmSize, 'buckets' | 'farthest'>,
): number {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const side = distance > 0 ? half : 0;
  const far = Math.abs(distance);
  if (far < exact) return side + far;
  const share = Math.fround(Math.fround(Math.log(Math.fround(far / exact))) / Math.fround(Math.log(farthest / exact)));
  return side + Math.min(half - 1, Math.floor(Math.fround(exact + Math.fround(share * (half - exact)))));
}
