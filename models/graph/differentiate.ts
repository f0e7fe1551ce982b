/** Reverse-mode differentiation: the gradient of a loss, as more nodes of the same graph. */
import { add } from './elementwise.ts';
import type { Value } from './graph.ts';

/**
 * Gradients of a scalar with respect to values it was computed from.
 * @param loss a value without sides.
 * @param wrt values of the same graph.
 * @returns one value for each of `wrt`, of its shape; null where the loss does not depend on it.
 * @throws RangeError when the loss is not a scalar.
 * @example const [dw] = gradients(mean(square(sub(matmul(x, w), y))), [w]);
 */
export function gradients(loss: Value, wrt: readonly Value[]): (Value | null)[] {
  if (loss.dims.length > 0) throw new RangeError(`a loss has no sides, this one is [${loss.dims.join(', ')}]`);
  const { graph } = loss;
  // The walk adds nodes to the tape: it must see those of the forward pass only.
  const tape = graph.tape.slice();
  const needed = dependents(tape, wrt);
  const flows = new Map<string, Value>([[loss.name, graph.constant(Float32Array.of(1), [])]]);
  for (const { inputs, output, gradient } of tape.toReversed()) {
    const dy = flows.get(output.name);
    if (!dy || !gradient || !needed.has(output.name)) continue;
    gradient(dy).forEach((dx, i) => {
      const input = inputs[i];
      if (!dx || !input || !needed.has(input.name)) return;
      const before = flows.get(input.name);
      flows.set(input.name, before ? add(before, dx) : dx);
    });
  }
  return wrt.map((value) => flows.get(value.name) ?? null);
}

/** Names of all values that depend on one of `wrt`: gradients of others would be computed for nothing. */
function dependents(tape: Value['graph']['tape'], wrt: readonly Value[]): Set<string> {
  const names = new Set(wrt.map((value) => value.name));
  for (const { inputs, output, gradient } of tape)
    if (gradient && inputs.some((input) => names.has(input.name))) names.add(output.name);
  return names;
}
