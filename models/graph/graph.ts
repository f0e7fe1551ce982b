/**
 * A typed builder of ONNX graphs that remembers how each value came to be, so that `gradients` can walk back. A network
 * is defined once, as functions over values; the graph it is built into decides whether it trains or serves.
 */
import type {
  OnnxAttribute,
  OnnxData,
  OnnxElementType,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from '../toolkit/onnx-writer.ts';
import { randomStream, type Random } from '../../src/core/random.ts';

/** A side of a tensor: a number, or the name of a side that is known only when the graph runs, such as `n`. */
export type Dim = number | string;

/** A tensor in a graph: what an input holds, or what a node computes. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dims: readonly Dim[];
  readonly type: OnnxElementType;
}

/** Fills a new parameter with `size` numbers. */
export type Initial = (size: number, random: Random) => Float32Array;

/** How gradients flow back through a node: from that of its output to one for each input (null: none flows). */
export type Gradient = (dy: Value) => readonly (Value | null)[];

/** A node as it was recorded; what `gradients` walks over. */
export interface TapeEntry {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly gradient: Gradient | null;
}

/** A parameter or statistic of the network: where it starts and what it is called. */
export interface Weight {
  readonly value: Value;
  /** Row-major. */
  readonly initial: Float32Array;
}

/** How a graph is built. */
export interface GraphOptions {
  /**
   * `train`: parameters are variables and batch statistics are taken from the batch; `serve`: everything is constant.
   * Default `serve`.
   */
  readonly mode?: 'train' | 'serve';
  /** Seed of the parameters' start. Default 0. */
  readonly seed?: number;
  /**
   * Weights by name, used instead of a fresh start. In `serve`, every weight must be here; or they come `later`: the graph
   * then only says which it needs, in `contents.later`, and whoever writes the file brings them.
   */
  readonly weights?: ReadonlyMap<string, Float32Array> | 'later';
  /** Parameters that do not learn although the graph trains, by name. Default: none. */
  readonly frozen?: (name: string) => boolean;
}

/** A graph under construction. Nodes are added in an order in which every input is known. */
export interface Graph {
  readonly mode: 'train' | 'serve';
  /** A tensor that is fed at every run. */
  input(name: string, dims: readonly Dim[], type?: OnnxElementType): Value;
  /** Numbers that are part of the graph. */
  constant(data: OnnxData, dims: readonly number[], type?: OnnxElementType): Value;
  /** Uniform noise in [0, 1) that whoever trains feeds afresh at each step; only in a graph that trains. */
  noise(dims: readonly Dim[]): Value;
  /** A tensor that learns. Asking twice for a name gives the same value: that is how weights are shared. */
  parameter(name: string, dims: readonly number[], initial: Initial): Value;
  /** A tensor that follows the batches instead of a gradient, such as a running mean. */
  statistic(name: string, dims: readonly number[], initial: Initial): Value;
  /** What this batch says of a statistic; whoever trains keeps a moving mean of it. */
  observe(statistic: Value, batch: Value): void;
  /** An ONNX node with one output. */
  node(op: string, inputs: readonly (Value | null)[], dims: readonly Dim[], options?: NodeOptions): Value;
  readonly parameters: ReadonlyMap<string, Weight>;
  readonly statistics: ReadonlyMap<string, Weight>;
  readonly observations: ReadonlyMap<string, Value>;
  readonly tape: readonly TapeEntry[];
  readonly contents: GraphContents;
}

/** Options of a node. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Operator set; the default one when absent. */
  readonly domain?: string;
  /** Type of the output. Default: that of the first input. */
  readonly type?: OnnxElementType;
  /** Absent: no gradient flows through this node. */
  readonly gradient?: Gradient;
}

/** The parts of the ONNX model that the graph is so far. */
export interface GraphContents {
  readonly inputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  /** Names of inputs that hold noise, with their sizes. */
  readonly noises: readonly OnnxValue[];
  /** Weights whose numbers come later. */
  readonly later: readonly LaterWeight[];
}

/** A weight of which only the name and the sides are known, float32. */
export interface LaterWeight {
  readonly name: string;
  readonly dims: readonly number[];
}

/**
 * An empty graph.
 * @throws RangeError while building: a name used twice, a weight that is missing or of another size.
 * @example
 * const graph = createGraph({ mode: 'train', seed: 7 });
 * const x = graph.input('x', ['n', 3]);
 * const y = matmul(x, graph.parameter('weight', [3, 2], glorot(3, 2)));
 */
export function createGraph({ mode = 'serve', seed = 0, weights, frozen = () => false }: GraphOptions = {}): Graph {
  const inputs = new Map<string, OnnxValue>();
  const noises: OnnxValue[] = [];
  const initializers: OnnxTensor[] = [];
  const later: LaterWeight[] = [];
  const nodes: OnnxNode[] = [];
  const tape: TapeEntry[] = [];
  const parameters = new Map<string, Weight>();
  const statistics = new Map<string, Weight>();
  const observations = new Map<string, Value>();
  const constants = new Map<string, Value>();
  const shared = new Map<string, Value>();

  const weight = (name: string, dims: readonly number[], initial: Initial, learns: Map<string, Weight>): Value => {
    const known = shared.get(name);
    if (known) {
      if (known.dims.join() !== dims.join())
        throw new RangeError(
          `weight '${name}' is [${known.dims.join(', ')}] and cannot be shared as [${dims.join(', ')}]`,
        );
      return known;
    }
    if (inputs.has(name)) throw new RangeError(`the graph has an input '${name}' already`);
    const value: Value = { graph, name, dims, type: 'float32' };
    if (weights === 'later') {
      later.push({ name, dims });
      shared.set(name, value);
      return value;
    }
    const size = dims.reduce((product, side) => product * side, 1);
    const given = weights?.get(name);
    if (!given && mode === 'serve') throw new RangeError(`there is no weight '${name}' among those given`);
    const data = given ?? initial(size, randomStream(seed, 'initial', name));
    if (data.length !== size) throw new RangeError(`weight '${name}' has ${data.length} numbers, not ${size}`);
    shared.set(name, value);
    if (mode === 'serve' || frozen(name)) initializers.push({ name, type: 'float32', dims, data });
    else learns.set(name, { value, initial: data });
    return value;
  };

  const graph: Graph = {
    mode,
    parameters,
    statistics,
    observations,
    tape,
    contents: {
      get inputs() {
        return [...inputs.values()];
      },
      initializers,
      nodes,
      noises,
      later,
    },
    input(name, dims, type = 'float32') {
      if (inputs.has(name) || shared.has(name)) throw new RangeError(`the graph has a '${name}' already`);
      inputs.set(name, { name, type, dims });
      return { graph, name, dims, type };
    },
    noise(dims) {
      if (mode !== 'train') throw new RangeError('a graph that serves has no noise');
      const value = graph.input(`noise${noises.length}`, dims);
      noises.push({ name: value.name, type: 'float32', dims });
      return value;
    },
    constant(data, dims, type = data instanceof BigInt64Array ? 'int64' : 'float32') {
      const key = data.length <= 16 ? `${type}[${dims.join()}]${data.join()}` : null;
      const known = key === null ? undefined : constants.get(key);
      if (known) return known;
      const name = `c${initializers.length}`;
      initializers.push({ name, type, dims, data });
      const value: Value = { graph, name, dims, type };
      if (key !== null) constants.set(key, value);
      return value;
    },
    parameter: (name, dims, initial) => weight(name, dims, initial, parameters),
    statistic: (name, dims, initial) => weight(name, dims, initial, statistics),
    observe(statistic, batch) {
      if (statistics.has(statistic.name)) observations.set(statistic.name, batch);
    },
    node(op, given, dims, { attributes, domain, type, gradient } = {}) {
      const present = given.filter((value) => value !== null);
      for (const value of present)
        if (value.graph !== graph) throw new RangeError(`${op}: '${value.name}' belongs to another graph`);
      const output: Value = { graph, name: `v${nodes.length}`, dims, type: type ?? present[0]?.type ?? 'float32' };
      nodes.push({
        op,
        inputs: given.map((value) => value?.name ?? ''),
        outputs: [output.name],
        ...(attributes && { attributes }),
        ...(domain !== undefined && { domain }),
      });
      tape.push({ inputs: present, output, gradient: gradient ?? null });
      return output;
    },
  };
  return graph;
}
