/** Blocks over sequences x [n, frames, width], with a mask of the frames that are there. */
import { add, mul, relu, sqrt, square, sub, tanh } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { concat, fixedSide, reshape, transpose } from '../graph/layout.ts';
import { matmul } from '../graph/matmul.ts';
import { layerNorm } from '../graph/normalise.ts';
import { softmax, sum } from '../graph/reduce.ts';
import { dropout } from './heads.ts';
import { linear } from './layers.ts';

/** 1 where a frame is there, 0 where it is padding or its modality is missing: [n, frames]. Absent: all are there. */
export type Mask = Value | undefined;

/** Sizes of a transformer's layers. */
export interface TransformerSize {
  /** Width of the frames inside. */
  readonly width: number;
  /** Attention heads; they divide the width. */
  readonly heads: number;
  /** Chance that a number is dropped after each half of a layer. */
  readonly dropout: number;
}

/** What is added to the attention of a frame that is not there. */
const ABSENT = -1e4;

/**
 * One layer of a transformer, normalised first (Vaswani et al. 2017; Xiong et al. 2020; paper 5, Eq. 3 to 5).
 * @param x [n, frames, width].
 * @param name of its weights.
 */
export function transformerLayer(x: Value, name: string, size: TransformerSize, mask: Mask): Value {
  const attended = add(
    x,
    dropout(attention(layerNorm(x, `${name}.norm1`), `${name}.attention`, size, mask), size.dropout),
  );
  const inner = relu(linear(layerNorm(attended, `${name}.norm2`), `${name}.inner`, 4 * size.width));
  return add(attended, dropout(linear(inner, `${name}.outer`, size.width), size.dropout));
}

/** Multi-head self-attention (paper 5, Eq. 3 to 5). */
function attention(x: Value, name: string, { width, heads }: TransformerSize, mask: Mask): Value {
  const [n = 'n', frames = 1] = x.dims;
  const each = width / heads;
  const split = (part: string): Value =>
    transpose(reshape(linear(x, `${name}.${part}`, width), [n, frames, heads, each]), [0, 2, 1, 3]);
  const scores = mul(matmul(split('query'), split('key'), { transposeB: true }), 1 / Math.sqrt(each));
  const weights = softmax(mask ? add(scores, reshape(absences(mask), [n, 1, 1, frames])) : scores, 3);
  const mixed = reshape(transpose(matmul(weights, split('value')), [0, 2, 1, 3]), [n, frames, width]);
  return linear(mixed, `${name}.output`, width);
}

/**
 * Attentive statistics pooling: weighted mean and deviation over the frames (Okabe et al. 2018; paper 5, section V.D).
 * @param x [n, frames, width].
 * @returns [n, 2 width]; of frames that are there alone.
 */
export function attentiveStatistics(x: Value, name: string, mask: Mask): Value {
  const [n = 'n', frames = 1] = x.dims;
  const width = fixedSide(x, 2);
  const scores = linear(tanh(linear(x, `${name}.inner`, Math.max(8, Math.floor(width / 4)))), `${name}.score`, 1);
  const weights = softmax(mask ? add(scores, reshape(absences(mask), [n, frames, 1])) : scores, 1);
  const over = { axes: [1] };
  const mean = sum(mul(x, weights), { axes: [1], keep: true });
  // Around the mean: as a difference of squares, the spread of one frame would be a rounding error, and its root not small.
  const spread = sum(mul(square(sub(x, mean)), weights), over);
  return concat([reshape(mean, [n, width]), sqrt(add(spread, 1e-6))], 1);
}

/**
 * Learnable weighted sum over an encoder's layers (paper 5, Eq. 6): weights by softmax, alike at the start.
 * @param states [n, layers, frames, width].
 * @returns [n, frames, width].
 */
export function weightedLayers(states: Value, name: string): Value {
  const layers = fixedSide(states, 1);
  const scores = states.graph.parameter(`${name}.layers`, [1, layers, 1, 1], (size) => new Float32Array(size));
  return sum(mul(states, softmax(scores, 1)), { axes: [1] });
}

/** 0 where a frame is there, a large negative number where it is not. */
function absences(mask: Value): Value {
  return mul(sub(mask, 1), -ABSENT);
}
