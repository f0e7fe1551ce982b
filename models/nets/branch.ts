/**
 * The two branches of the audio-visual network: each turns what an encoder gave, frame by frame, into a sequence of the
 * common width (paper 5, section V.D). A branch is one half of a modality's layers; docs/fusion.md says what halves are.
 */
import { add, mul, relu } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { reshape, transpose } from '../graph/layout.ts';
import { layerNorm, zeros } from '../graph/normalise.ts';
import { dropout, heads, type Heads } from './heads.ts';
import { convolution, linear } from './layers.ts';
import { attentiveStatistics, type Mask, transformerLayer, type TransformerSize, weightedLayers } from './sequence.ts';

/** Sizes of a voice branch. */
export interface VoiceBranch extends TransformerSize {
  /** Layers of the transformer; 0 or more. */
  readonly layers: number;
}

/** Sizes of a face branch. */
export interface FaceBranch extends TransformerSize {
  /** Layers of the transformer; 0 or more. */
  readonly layers: number;
  /** Channels of the convolution. The paper has 1024, the width of its voice encoder. */
  readonly channels: number;
  /** Frames that the convolution sees at once, odd. The paper does not say. */
  readonly kernel: number;
}

/**
 * The voice: learnable weighted sum over the encoder's layers where there are several (Eq. 6), projection, transformer.
 * @param voice [n, frames, inputs], or [n, layers, frames, inputs].
 * @param name of its weights.
 * @returns [n, frames, width].
 * @example voiceBranch(graph.input('voice', ['n', 38, 128]), 'voice.av', { width: 64, heads: 4, dropout: 0.2, layers: 1 }, mask)
 */
export function voiceBranch(voice: Value, name: string, { layers, ...size }: VoiceBranch, mask: Mask): Value {
  const one = voice.dims.length === 4 ? weightedLayers(voice, name) : voice;
  return transformer(linear(one, `${name}.project`, size.width), name, layers, size, mask);
}

/**
 * The face: convolution over frames with ReLU (Eq. 7), projection, transformer.
 * @param face [n, frames, inputs].
 * @param name of its weights.
 * @returns [n, frames, width].
 */
export function faceBranch(
  face: Value,
  name: string,
  { layers, channels, kernel, ...size }: FaceBranch,
  mask: Mask,
): Value {
  const [n = 'n', frames = 1] = face.dims;
  // What stands in the place of a missing frame must not reach its neighbours.
  const there = mask ? mul(face, reshape(mask, [n, frames, 1])) : face;
  const along = convolution(transpose(there, [0, 2, 1]), `${name}.conv`, channels, kernel, {
    padding: (kernel - 1) / 2,
  });
  const bias = face.graph.parameter(`${name}.conv.bias`, [channels], zeros);
  const seen = relu(add(transpose(along, [0, 2, 1]), bias));
  return transformer(linear(seen, `${name}.project`, size.width), name, layers, size, mask);
}

/**
 * What a branch ends in while it is trained alone: pooling (section V.D) and two heads. Stage 2 does without.
 * @param sequence what a branch gave, [n, frames, width].
 * @param name the branch's.
 */
export function branchHeads(sequence: Value, name: string, chance: number, labels: number, mask: Mask): Heads {
  const pooled = attentiveStatistics(layerNorm(sequence, `${name}.alone.norm`), `${name}.alone.pool`, mask);
  return heads(dropout(pooled, chance), `${name}.alone`, labels);
}

/** Layers of a transformer, one after another. */
export function transformer(x: Value, name: string, layers: number, size: TransformerSize, mask: Mask): Value {
  return Array.from({ length: layers }).reduce<Value>(
    (y, _, layer) => transformerLayer(y, `${name}.layer${layer}`, size, mask),
    x,
  );
}
