/** What every task feeds beside its clips: the votes of a batch's rows, and the order in which an epoch takes the rows. */
import { permutation, randomStream } from '../../../src/core/random.ts';
import type { Graph, Value } from '../../graph/graph.ts';
import type { TensorData } from '../../runtime.ts';

/** The inputs of a training step that hold votes: shares and present [n, labels], weights of rows [n, 1]. */
export function targetInputs(graph: Graph, n: number, labels: number): Record<'shares' | 'present' | 'weights', Value> {
  return {
    shares: graph.input('shares', [n, labels]),
    present: graph.input('present', [n, labels]),
    weights: graph.input('weights', [n, 1]),
  };
}

/**
 * What `targetInputs` are fed.
 * @param targets at least one.
 * @param weights of the rows; 1 each where absent.
 */
export function targetFeeds(
  targets: readonly { readonly shares: readonly number[]; readonly present: readonly number[] }[],
  weights: readonly number[] = targets.map(() => 1),
): Record<'shares' | 'present' | 'weights', TensorData> {
  const rows = (numbers: readonly (readonly number[])[]): TensorData => ({
    data: Float32Array.from(numbers.flat()),
    dims: [targets.length, numbers[0]?.length ?? 0],
  });
  return {
    shares: rows(targets.map(({ shares }) => shares)),
    present: rows(targets.map(({ present }) => present)),
    weights: { data: Float32Array.from(weights), dims: [targets.length, 1] },
  };
}

/**
 * The rows of each step of each epoch, in an order of the epoch's own.
 * @param length rows there are.
 * @param n rows of a step.
 * @param names of the random stream, the seed first.
 * @example const rowsAt = epochOrder(examples.length, 64, [seed, 'order']);
 * rowsAt(0, 3); // 64 numbers below examples.length
 */
export function epochOrder(
  length: number,
  n: number,
  names: readonly (string | number)[],
): (epoch: number, step: number) => readonly number[] {
  let order: { readonly epoch: number; readonly indices: readonly number[] } | null = null;
  return (epoch, step) => {
    if (order?.epoch !== epoch) order = { epoch, indices: permutation(randomStream(...names, epoch), length) };
    return order.indices.slice(step * n, (step + 1) * n);
  };
}
