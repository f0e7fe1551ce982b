/**
 * A whole training step as one ONNX model: forward, backward, gradient clipping, AdamW, moving averages. All weights
 * travel as one long vector, so the state of a run is a handful of arrays whatever the network.
 */
import type { OnnxNode, OnnxTensor, OnnxValue } from '../toolkit/onnx-writer.ts';
import { add, div, mul, neg, sqrt, square, sub } from './elementwise.ts';
import { gradients } from './differentiate.ts';
import type { Graph, Value, Weight } from './graph.ts';
import { concat, reshape } from './layout.ts';
import { encodeGraph } from './model.ts';
import { sum } from './reduce.ts';

/** AdamW's constants (Loshchilov and Hutter 2019). */
export interface AdamWOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Pull of matrices and kernels (not of biases, scales and shifts) to 0, times the rate. Default 0.01. */
  readonly weightDecay?: number;
  /** Largest norm of the whole gradient; a longer one is shortened to it. Default 1. */
  readonly maxNorm?: number;
}

/** `beta1` and `beta2` of `AdamWOptions`. */
export type Betas = Required<Pick<AdamWOptions, 'beta1' | 'beta2'>>;

/** Where a weight lies in the vector. */
export interface Placement {
  readonly name: string;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** The arrays that a run carries from step to step. */
export interface TrainingState {
  /** All parameters. */
  readonly theta: Float32Array;
  /** Means of gradients and of squared gradients. */
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
  /** Moving average of `theta`: what is served. */
  readonly average: Float32Array;
  /** Moving averages of batch statistics. */
  readonly statistics: Float32Array;
}

/** Names of the state's arrays, in the order of checkpoints. */
export const STATE = [
  'theta',
  'moment1',
  'moment2',
  'average',
  'statistics',
] as const satisfies readonly (keyof TrainingState)[];

/** Numbers fed at each step. */
export const SCALARS = ['rate', 'correction1', 'correction2', 'averaging'] as const;

/** A training step, ready to be opened. */
export interface TrainingModel {
  readonly bytes: Uint8Array;
  readonly initial: TrainingState;
  readonly parameters: readonly Placement[];
  readonly statistics: readonly Placement[];
  /** Inputs other than state and scalars, and what has to be drawn at random for each step. */
  readonly inputs: readonly OnnxValue[];
  readonly noises: readonly OnnxValue[];
  /** Decays of AdamW's means, which whoever feeds the corrections needs. */
  readonly betas: Betas;
  /** Shapes of what one run gives: the state as `next.theta` and so on, `loss`, `gradientNorm` and the metrics. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

/**
 * The training step of a network.
 * @param graph built in mode `train`.
 * @param loss a scalar of it.
 * @param metrics further scalars to see at each step.
 * @throws RangeError when nothing learns.
 */
export function trainingModel(
  graph: Graph,
  loss: Value,
  {
    name,
    metrics = {},
    beta1 = 0.9,
    beta2 = 0.999,
    ...adamW
  }: AdamWOptions & { readonly name: string; readonly metrics?: Readonly<Record<string, Value>> },
): TrainingModel {
  const parameters = placements(graph.parameters);
  const statistics = placements(graph.statistics);
  const size = total(parameters);
  if (size === 0) throw new RangeError(`${name} has nothing to learn`);
  const { inputs, noises } = graph.contents;

  const vector = (key: string, length: number): Value => graph.input(key, [length]);
  const state = {
    theta: vector('theta', size),
    moment1: vector('moment1', size),
    moment2: vector('moment2', size),
    average: vector('average', size),
    statistics: vector('statistics', Math.max(1, total(statistics))),
  };
  const values = parameters.map((placement) => weightOf(graph.parameters, placement).value);
  const flat = concat(
    gradients(loss, values).map((gradient, i) => {
      const { size: length = 0 } = parameters[i] ?? {};
      return gradient ? reshape(gradient, [length]) : graph.constant(new Float32Array(length), [length]);
    }),
    0,
  );
  const decays = graph.constant(decayMask(parameters), [size]);
  const { next, norm } = adamWStep(state, flat, decays, { beta1, beta2, ...adamW });
  const observed = statistics.map(({ name: statistic, size: length }) => {
    const batch = graph.observations.get(statistic);
    if (!batch) throw new RangeError(`${name} never observes its statistic '${statistic}'`);
    return reshape(batch, [length]);
  });
  const averaging = next.averaging;
  const outputs = {
    'next.theta': next.theta,
    'next.moment1': next.moment1,
    'next.moment2': next.moment2,
    'next.average': towards(state.average, next.theta, averaging),
    'next.statistics':
      observed.length > 0 ? towards(state.statistics, concat(observed, 0), averaging) : state.statistics,
    loss,
    gradientNorm: norm,
    ...metrics,
  };
  return {
    bytes: encodeGraph(graph, outputs, {
      name,
      prelude: prelude(parameters, 'theta'),
      preludeTensors: preludeTensors(parameters, 'theta'),
    }),
    initial: {
      theta: joined(graph.parameters, parameters, size),
      moment1: new Float32Array(size),
      moment2: new Float32Array(size),
      average: joined(graph.parameters, parameters, size),
      statistics: joined(graph.statistics, statistics, Math.max(1, total(statistics))),
    },
    parameters,
    statistics,
    inputs: inputs.filter((input) => !noises.some((noise) => noise.name === input.name)),
    noises,
    betas: { beta1, beta2 },
    outputs: Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, value.dims.map(Number)])),
  };
}

/** Cut a vector into weights by name; the arrays share its memory. */
export function weightsOf(vector: Float32Array, layout: readonly Placement[]): Map<string, Float32Array> {
  return new Map(layout.map(({ name, offset, size }) => [name, vector.subarray(offset, offset + size)]));
}

function adamWStep(
  state: { readonly theta: Value; readonly moment1: Value; readonly moment2: Value },
  gradient: Value,
  decays: Value,
  { beta1, beta2, epsilon = 1e-8, weightDecay = 0.01, maxNorm = 1 }: AdamWOptions & Betas,
) {
  const { graph } = gradient;
  const [rate, correction1, correction2, averaging] = SCALARS.map((scalar) => graph.input(scalar, []));
  if (!rate || !correction1 || !correction2 || !averaging) throw new RangeError('a scalar is missing');
  const norm = sqrt(sum(square(gradient)));
  // maxNorm / max(norm, maxNorm), as a quotient of values that cannot be 0.
  const largest = graph.node('Max', [norm, graph.constant(Float32Array.of(maxNorm), [])], []);
  const g = mul(gradient, div(graph.constant(Float32Array.of(maxNorm), []), largest));
  const moment1 = add(mul(state.moment1, beta1), mul(g, 1 - beta1));
  const moment2 = add(mul(state.moment2, beta2), mul(square(g), 1 - beta2));
  const direction = div(mul(moment1, correction1), add(sqrt(mul(moment2, correction2)), epsilon));
  const pull = mul(mul(state.theta, decays), weightDecay);
  const theta = sub(state.theta, mul(add(direction, pull), rate));
  return { next: { theta, moment1, moment2, averaging }, norm };
}

/** a + (b - a) share. */
function towards(a: Value, b: Value, share: Value): Value {
  return add(a, mul(add(b, neg(a)), share));
}

/** Nodes that cut the vector into the network's parameters. */
function prelude(layout: readonly Placement[], vector: string): OnnxNode[] {
  const pieces = layout.map(({ name }) => `${name}:flat`);
  return [
    { op: 'Split', inputs: [vector, `${vector}:sizes`], outputs: pieces, attributes: { axis: { int: 0 } } },
    ...layout.map(({ name }, i): OnnxNode => ({
      op: 'Reshape',
      inputs: [pieces[i] ?? '', `${name}:dims`],
      outputs: [name],
    })),
  ];
}

function preludeTensors(layout: readonly Placement[], vector: string): OnnxTensor[] {
  const integers = (name: string, values: readonly number[]): OnnxTensor => ({
    name,
    type: 'int64',
    dims: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  return [
    integers(
      `${vector}:sizes`,
      layout.map(({ size }) => size),
    ),
    ...layout.map(({ name, dims }) => integers(`${name}:dims`, dims)),
  ];
}

function placements(weights: ReadonlyMap<string, Weight>): Placement[] {
  let offset = 0;
  return [...weights].map(([name, { value, initial }]) => {
    const placement = { name, dims: value.dims.map(Number), offset, size: initial.length };
    offset += initial.length;
    return placement;
  });
}

function total(layout: readonly Placement[]): number {
  return layout.reduce((sum, { size }) => sum + size, 0);
}

function weightOf(weights: ReadonlyMap<string, Weight>, { name }: Placement): Weight {
  const weight = weights.get(name);
  if (!weight) throw new RangeError(`there is no weight '${name}'`);
  return weight;
}

function joined(weights: ReadonlyMap<string, Weight>, layout: readonly Placement[], size: number): Float32Array {
  const vector = new Float32Array(size);
  for (const placement of layout) vector.set(weightOf(weights, placement).initial, placement.offset);
  return vector;
}

function decayMask(layout: readonly Placement[]): Float32Array {
  const mask = new Float32Array(total(layout));
  for (const { dims, offset, size } of layout) if (dims.length > 1) mask.fill(1, offset, offset + size);
  return mask;
}
