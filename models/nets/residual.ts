/** The residual block that the convolutional encoders are made of (He et al. 2016). */
import { add, relu } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { fixedSide } from '../graph/layout.ts';
import { batchNorm } from '../graph/normalise.ts';
import { convolution } from './layers.ts';

/**
 * Two convolutions of 3 x 3 around a shortcut; where the size changes, the shortcut is a convolution of 1 x 1.
 * @param x [n, channels, height, width].
 * @param name of its weights.
 */
export function residual(x: Value, name: string, width: number, stride: number): Value {
  const inner = relu(batchNorm(convolution(x, `${name}.conv1`, width, 3, { stride, padding: 1 }), `${name}.norm1`));
  const outer = batchNorm(convolution(inner, `${name}.conv2`, width, 3, { padding: 1 }), `${name}.norm2`);
  const same = stride === 1 && fixedSide(x, 1) === width;
  const shortcut = same ? x : batchNorm(convolution(x, `${name}.shortcut`, width, 1, { stride }), `${name}.norm3`);
  return relu(add(outer, shortcut));
}
