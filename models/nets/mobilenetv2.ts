/**
 * MobileNetV2 (Sandler et al. 2018, table 2): inverted residuals, with batch normalisation folded into the convolutions.
 * Weights go by torchvision's names.
 */
import { servingConv } from '../graph/conv.ts';
import { add, clip } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { fixedSide } from '../graph/layout.ts';
import { zeros } from '../graph/normalise.ts';
import { mean } from '../graph/reduce.ts';

/** One inverted residual. */
export interface InvertedResidual {
  /** Channels between the two convolutions of 1 x 1; null: what comes in is not widened. */
  readonly inner: number | null;
  readonly channels: number;
}

/** Widths of a network. The strides are the paper's. */
export interface MobileNetSize {
  /** Of the first convolution. */
  readonly stem: number;
  readonly blocks: readonly InvertedResidual[];
  /** Of the last convolution, and so of what is pooled. */
  readonly width: number;
}

/** Strides of the inverted residuals, one after another (table 2). */
export const BLOCK_STRIDES: readonly number[] = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1];

/**
 * The mean over all places of what the last convolution sees.
 * @param pixels [n, 3, height, width].
 * @returns [n, width].
 */
export function mobileNetV2(pixels: Value, { stem, blocks, width }: MobileNetSize): Value {
  let x = relu6(convolved(pixels, 'features.0.0', stem, 3, { stride: 2 }));
  blocks.forEach((block, i) => {
    x = invertedResidual(x, `features.${i + 1}.conv`, block, BLOCK_STRIDES[i] ?? 1);
  });
  const last = relu6(convolved(x, `features.${blocks.length + 1}.0`, width, 1));
  return mean(last, { axes: [2, 3] });
}

function invertedResidual(x: Value, name: string, { inner, channels }: InvertedResidual, stride: number): Value {
  const wide = inner === null ? x : relu6(convolved(x, `${name}.0.0`, inner, 1));
  const depth = inner === null ? 0 : 1;
  const groups = fixedSide(wide, 1);
  const seen = relu6(convolved(wide, `${name}.${depth}.0`, groups, 3, { stride, groups }));
  const narrow = convolved(seen, `${name}.${depth + 1}`, channels, 1);
  return stride === 1 && fixedSide(x, 1) === channels ? add(x, narrow) : narrow;
}

/** min(max(x, 0), 6). */
function relu6(x: Value): Value {
  return clip(x, 0, 6);
}

function convolved(
  x: Value,
  name: string,
  channels: number,
  kernel: number,
  { stride = 1, groups = 1 }: { readonly stride?: number; readonly groups?: number } = {},
): Value {
  const { graph } = x;
  const weight = graph.parameter(`${name}.weight`, [channels, fixedSide(x, 1) / groups, kernel, kernel], zeros);
  const bias = graph.parameter(`${name}.bias`, [channels], zeros);
  const side = (kernel - 1) / 2;
  return servingConv(x, weight, { stride, groups, bias, padding: [side, side] });
}
