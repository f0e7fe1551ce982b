/** How much a graph computes, counted from the shapes of its products. */
import type { OnnxNode } from '../toolkit/onnx-writer.ts';
import type { Value } from './graph.ts';
import { fixedSide } from './layout.ts';

/**
 * Multiplications and additions (two for each pair of numbers) in the matrix products and convolutions that `outputs` need. What
 * works number by number is not counted: there is little of it, and its time goes by memory.
 * @param outputs of one graph, whose sides all have numbers.
 * @throws RangeError where a product has a side without a number.
 * @example
 * const x = graph.input('x', [2, 3]);
 * flops([matmul(x, graph.parameter('w', [3, 5], zeros))]) // 2 * 2 * 3 * 5
 */
export function flops(outputs: readonly Value[]): number {
  const { tape = [], contents } = outputs[0]?.graph ?? {};
  const needed = new Set(outputs.map(({ name }) => name));
  return tape
    .map(({ inputs, output }, i) => ({ inputs, output, node: contents?.nodes[i] }))
    .toReversed()
    .reduce((count, { inputs, output, node }) => {
      if (!node || !needed.has(output.name)) return count;
      for (const { name } of inputs) needed.add(name);
      const terms = termsOf(node, inputs);
      return terms === 0 ? count : count + 2 * terms * sizeOf(output, 0);
    }, 0);
}

/** How many products are summed to one number of what a node gives. */
function termsOf({ op, attributes = {} }: OnnxNode, [a, b]: readonly Value[]): number {
  if (!a || !b) return 0;
  // A kernel has the channels of its group alone.
  if (op === 'Conv') return sizeOf(b, 1);
  if (op !== 'MatMul' && op !== 'FusedMatMul') return 0;
  const { transA } = attributes;
  const turned = transA && 'int' in transA && transA.int === 1;
  return fixedSide(a, a.dims.length - (turned ? 2 : 1));
}

/** Numbers in a value, from a side on. */
function sizeOf(x: Value, from: number): number {
  return x.dims.slice(from).reduce<number>((size, _, i) => size * fixedSide(x, from + i), 1);
}
