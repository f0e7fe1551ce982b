/** What float16 does to a network, worked out in float32. */
import { halfName } from './half-model.ts';
import type { OnnxModel, OnnxNode } from './onnx-writer.ts';

/** `TensorProto.DataType`. */
const [FLOAT32, FLOAT16] = [1, 10] as const;

/**
 * A network that computes in float16 as one that computes in float32 and rounds every number that the other would hold as float16,
 * to infinity where it is too large. Sums within a product are float32's, as on GPUs that sum so.
 *
 * ONNX Runtime has hardly any arithmetic in float16 for the CPU: it computes in float32 and leaves out the casts between nodes that
 * follow each other, so that what overflows on a GPU does not there. Casts that stand in the file are carried out.
 * @param half of `halfModel`.
 * @param kept which of the later weights are in the file as float16.
 */
export function roundedModel(half: OnnxModel, kept: (name: string) => boolean): OnnxModel {
  const weights = new Set((half.later ?? []).filter(({ name }) => kept(name)).map(({ name }) => halfName(name)));
  const isHalf = (name = ''): boolean => name.endsWith(halfName(''));
  const nodes: OnnxNode[] = [];
  const cast = (from: string, to: string, type: number): void => {
    nodes.push({ op: 'Cast', inputs: [from], outputs: [to], attributes: { to: { int: type } } });
  };
  const round = (from: string, to: string): void => {
    cast(from, `${to}.kept`, FLOAT16);
    cast(`${to}.kept`, to, FLOAT32);
  };
  for (const name of weights) cast(name, `${name}.single`, FLOAT32);
  for (const node of half.nodes) {
    const { op, inputs, outputs } = node;
    const given = inputs.map((name) => (weights.has(name) ? `${name}.single` : name));
    const [from = ''] = given;
    const [to = ''] = outputs;
    if (op === 'Cast' && isHalf(to)) round(from, to);
    else if (op === 'Cast' && isHalf(inputs[0])) nodes.push({ op: 'Identity', inputs: [from], outputs });
    else if (isHalf(to)) {
      nodes.push({ ...node, inputs: given, outputs: [`${to}.exact`] });
      round(`${to}.exact`, to);
    } else nodes.push({ ...node, inputs: given });
  }
  return { ...half, nodes };
}
