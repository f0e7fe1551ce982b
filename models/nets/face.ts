/** The face network: a small residual CNN over one grey crop (He et al. 2016), ending in an embedding and two heads. */
import { add, div, relu, sqrt, square, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { batchNorm } from '../graph/normalise.ts';
import { mean } from '../graph/reduce.ts';
import { dropout, heads, type Heads } from './heads.ts';
import { convolution } from './layers.ts';
import { residual } from './residual.ts';

/** Sizes of a face network. */
export interface FaceNetwork {
  /** Channels of the first convolution, at full resolution. */
  readonly stem: number;
  /** Channels of each stage; every stage halves the resolution. */
  readonly channels: readonly number[];
  /** Residual blocks of each stage. */
  readonly blocks: readonly number[];
  /** Chance that a number of the embedding is dropped while training. */
  readonly dropout: number;
}

/**
 * @param pixels [n, 1, height, width] in 0 .. 1, any size from 16 x 16; 48 x 48 when serving.
 * @returns `embedding` [n, last channels] and two logits a label.
 * @example const { embedding, shareLogits } = faceNetwork(graph.input('pixels', ['n', 1, 48, 48]), config, 8);
 */
export function faceNetwork(
  pixels: Value,
  { stem, channels, blocks, dropout: chance }: FaceNetwork,
  labels: number,
): Heads & { readonly embedding: Value } {
  let x = relu(batchNorm(convolution(evenLight(pixels), 'stem', stem, 3, { padding: 1 }), 'stem.norm'));
  channels.forEach((width, stage) => {
    for (let block = 0; block < (blocks[stage] ?? 0); block++)
      x = residual(x, `stage${stage}.block${block}`, width, block === 0 ? 2 : 1);
  });
  const embedding = mean(x, { axes: [2, 3] });
  return { embedding, ...heads(dropout(embedding, chance), 'face', labels) };
}

/** Each picture to mean 0 and deviation 1: a webcam's exposure is not an expression. */
function evenLight(pixels: Value): Value {
  const over = { axes: [1, 2, 3], keep: true };
  const centred = sub(pixels, mean(pixels, over));
  return div(centred, sqrt(add(mean(square(centred), over), 1e-3)));
}
