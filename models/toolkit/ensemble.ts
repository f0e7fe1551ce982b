/** Several trained networks as one. */
import type { OnnxModel, OnnxNode, OnnxValue } from './onnx-writer.ts';

/**
 * A network that says the mean of what its members say (deep ensemble; Lakshminarayanan et al. 2017). For logits that is the
 * logarithmic opinion pool of the members' shares.
 * @param members at least one, with the same inputs and outputs; each sees what the network is given.
 * @param joined outputs that are put end to end along their last axis instead, such as embeddings.
 * @throws RangeError when the members differ.
 * @example encodeOnnx(ensemble([first, second], ['embedding']))
 */
export function ensemble(members: readonly OnnxModel[], joined: readonly string[]): OnnxModel {
  const [first, ...others] = members;
  if (!first) throw new RangeError('an ensemble of nobody');
  const shapes = (model: OnnxModel): string => JSON.stringify([model.inputs, model.outputs]);
  if (others.some((other) => shapes(other) !== shapes(first)))
    throw new RangeError('the members of an ensemble differ in what they take or give');
  if (others.length === 0) return first;
  const given = new Set(first.inputs.map(({ name }) => name));
  const parts = members.map((member, i) => renamed(member, (name) => (given.has(name) ? name : `member${i}/${name}`)));
  const outputs = first.outputs.map((output): OnnxValue => {
    const { name, dims } = output;
    const last = dims.at(-1);
    if (!joined.includes(name) || typeof last !== 'number') return output;
    return { ...output, dims: [...dims.slice(0, -1), last * members.length] };
  });
  const gathered = outputs.map(({ name, dims }): OnnxNode => {
    const inputs = members.map((_, i) => `member${i}/${name}`);
    return joined.includes(name)
      ? { op: 'Concat', inputs, outputs: [name], attributes: { axis: { int: dims.length - 1 } } }
      : { op: 'Mean', inputs, outputs: [name] };
  });
  return {
    ...first,
    outputs,
    initializers: parts.flatMap(({ initializers }) => initializers),
    nodes: [...parts.flatMap(({ nodes }) => nodes), ...gathered],
  };
}

function renamed(model: OnnxModel, rename: (name: string) => string): Pick<OnnxModel, 'initializers' | 'nodes'> {
  const names = (list: readonly string[]): string[] => list.map((name) => (name === '' ? name : rename(name)));
  return {
    initializers: model.initializers.map((tensor) => ({ ...tensor, name: rename(tensor.name) })),
    nodes: model.nodes.map((node) => ({ ...node, inputs: names(node.inputs), outputs: names(node.outputs) })),
  };
}
