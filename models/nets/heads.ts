/** What every network ends in: two numbers a label (docs/concepts.md, 'What a number means'). */
import { above, mul } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { linear } from './layers.ts';

/** Two logits a label, each [n, labels]. */
export interface Heads {
  /** `softmax` of them is the predicted share of raters (papers 3 and 5). */
  readonly shareLogits: Value;
  /** `sigmoid` of each is the probability that the label is present (paper 1). */
  readonly presenceLogits: Value;
}

/**
 * The heads of a network over its last vector x [n, width].
 * @param name of their weights: `.share` and `.presence`.
 */
export function heads(x: Value, name: string, labels: number): Heads {
  return { shareLogits: linear(x, `${name}.share`, labels), presenceLogits: linear(x, `${name}.presence`, labels) };
}

/** Drop numbers by chance while training, and scale up the rest; when serving, nothing happens. */
export function dropout(x: Value, chance: number): Value {
  if (x.graph.mode === 'serve' || chance === 0) return x;
  return mul(x, mul(above(x.graph.noise(x.dims), chance), 1 / (1 - chance)));
}
