/** How TensorFlow lays out the kernels that slide over a picture, and what ONNX calls the same. */
import { UndertoneError } from '../../src/errors.ts';
import type { OnnxAttribute } from './onnx-writer.ts';
import type { TfjsNode } from './tfjs-graph.ts';

/** Strides and padding of a kernel that slides over a picture; TensorFlow's SAME pads more after than before. */
export function sliding(
  node: TfjsNode,
  size: readonly [number, number],
  kernel: readonly [number, number],
): { readonly attributes: Record<string, OnnxAttribute>; readonly dims: readonly [number, number] } {
  const layout = node.string('data_format') ?? 'NHWC';
  if (layout !== 'NHWC') throw unsupported(node, `its layout is ${layout}`);
  const [, dilationHigh = 1, dilationWide = 1] = node.ints('dilations') ?? [];
  if (dilationHigh !== 1 || dilationWide !== 1) throw unsupported(node, 'it is dilated');
  const padding = node.string('padding');
  if (padding !== 'SAME' && padding !== 'VALID') throw unsupported(node, `its padding is ${padding ?? 'missing'}`);
  const [, strideHigh = 1, strideWide = 1] = node.ints('strides') ?? [];
  const along = (axis: 0 | 1, stride: number): { out: number; before: number; after: number } => {
    if (padding === 'VALID') return { out: Math.floor((size[axis] - kernel[axis]) / stride) + 1, before: 0, after: 0 };
    const out = Math.ceil(size[axis] / stride);
    const total = Math.max(0, (out - 1) * stride + kernel[axis] - size[axis]);
    return { out, before: Math.floor(total / 2), after: Math.ceil(total / 2) };
  };
  const high = along(0, strideHigh);
  const wide = along(1, strideWide);
  return {
    attributes: {
      kernel_shape: { ints: kernel },
      strides: { ints: [strideHigh, strideWide] },
      pads: { ints: [high.before, wide.before, high.after, wide.after] },
    },
    dims: [high.out, wide.out],
  };
}

/** A filter [positions, in, out] as ONNX orders it: [out, in, positions], or [in * out, 1, positions] if depthwise. */
export function channelsFirst(
  filter: Float32Array | Int32Array,
  positions: number,
  filterIn: number,
  filterOut: number,
  depthwise: boolean,
): Float32Array {
  const turned = new Float32Array(filter.length);
  for (let position = 0; position < positions; position++) {
    for (let input = 0; input < filterIn; input++) {
      for (let output = 0; output < filterOut; output++) {
        const row = depthwise ? input * filterOut + output : output * filterIn + input;
        turned[row * positions + position] = filter[(position * filterIn + input) * filterOut + output] ?? NaN;
      }
    }
  }
  return turned;
}

/** The error for what cannot be converted, naming the node. */
export function unsupported(node: TfjsNode, what: string): UndertoneError {
  return new UndertoneError('pack-invalid', `cannot convert node ${node.name} (${node.op}): ${what}`);
}
