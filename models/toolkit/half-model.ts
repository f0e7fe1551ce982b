/** A network that computes in float16 where that is safe, made of one that computes in float32. */
import type { OnnxModel, OnnxNode } from './onnx-writer.ts';

/** What those weights are like whose numbers come later. */
export interface HalfWeights {
  /** Whether a weight is in the file as float16, under the name that `halfName` gives it. */
  readonly kept: (name: string) => boolean;
  /** Whether all numbers of a weight are within float16. */
  readonly fits: (name: string) => boolean;
}

/** Largest float16. */
export const MOST_HALF = 65_504;

/** What a value or a weight is called as float16. */
export function halfName(name: string): string {
  return `${name}.half`;
}

/** Where nearly all of a transformer's work is. */
const PRODUCTS = new Set(['MatMul', 'FusedMatMul']);
/** Computed as their operands are; those of the second line only move numbers. */
const FOLLOWERS = new Set([
  ...['Add', 'Sub', 'Mul', 'Clip', 'Gelu', 'Relu', 'Sigmoid'],
  ...['Concat', 'Identity', 'Reshape', 'Slice', 'Transpose'],
]);
/** `TensorProto.DataType`. */
const [FLOAT32, FLOAT16] = [1, 10] as const;

/**
 * The same network computing in float16, with the same inputs and outputs of float32; weights and normalisations after
 * Micikevicius et al. 2018, section 3.
 *
 * In float16: matrix products by weights, or by shares (of a softmax), and what stands between them. In float32: all else. Sums over
 * many numbers and scores of attention have no bound; what convolutions over a waveform round away goes through every layer after
 * them (docs/encoders.md has figures); and what meets a float32 stays one, above all the sum that goes through a transformer's layers.
 * So does what has an operand that float16 cannot hold.
 * @param model as `graphModel` makes it.
 * @returns null where nothing would compute in float16.
 * @example const half = halfModel(graphModel(graph, { hidden }, { name }), { kept: () => true, fits: () => true });
 */
export function halfModel(model: OnnxModel, weights: HalfWeights): OnnxModel | null {
  const { fixed, isFixed, fits } = fixedNumbers(model, weights);
  const inputs = model.inputs.filter(({ type }) => type === 'float32').map(({ name }) => name);
  /** How each number that is not fixed is computed. */
  const computed = new Map<string, 'single' | 'half'>(inputs.map((name) => [name, 'single']));
  const shares = new Set<string>();
  const nodes: OnnxNode[] = [];
  const made = new Set<string>();

  const isNumber = (name: string): boolean => computed.has(name) || isFixed(name);
  /** The name of a number in a precision; cast where it is not there in it yet. */
  const inPrecision = (name: string, wanted: 'single' | 'half'): string => {
    const there = computed.get(name) ?? fixed(name);
    const to = wanted === 'half' ? halfName(name) : name;
    if (there !== wanted && !made.has(to)) {
      const attributes = { to: { int: wanted === 'half' ? FLOAT16 : FLOAT32 } };
      nodes.push({ op: 'Cast', inputs: [wanted === 'half' ? name : halfName(name)], outputs: [to], attributes });
      made.add(to);
    }
    return to;
  };
  const precisionOf = ({ op, inputs: operands }: OnnxNode): 'single' | 'half' => {
    const moving = operands.filter((name) => computed.has(name));
    if (!operands.every(fits) || moving.length === 0) return 'single';
    if (PRODUCTS.has(op)) return moving.length < 2 || moving.some((name) => shares.has(name)) ? 'half' : 'single';
    return FOLLOWERS.has(op) && moving.every((name) => computed.get(name) === 'half') ? 'half' : 'single';
  };

  for (const node of model.nodes) {
    const { op, inputs: operands, outputs } = node;
    const precision = op === 'Shape' ? (computed.get(operands[0] ?? '') ?? 'single') : precisionOf(node);
    const given = operands.map((name) => (isNumber(name) ? inPrecision(name, precision) : name));
    const gives = givesNumbers(node, operands.some(isNumber));
    nodes.push({ ...node, inputs: given, outputs: gives && precision === 'half' ? outputs.map(halfName) : outputs });
    for (const output of outputs) {
      if (gives) computed.set(output, precision);
      if (op === 'Softmax') shares.add(output);
    }
  }
  for (const { name } of model.outputs) if (computed.has(name)) inPrecision(name, 'single');
  return [...computed.values()].includes('half') ? { ...model, nodes } : null;
}

/** The weights and constants of a network: which they are, as what they are kept, and whether float16 can hold them. */
function fixedNumbers({ later = [], initializers }: OnnxModel, weights: HalfWeights) {
  const names = new Set(later.map(({ name }) => name));
  const constants = new Map(initializers.filter(({ type }) => type === 'float32').map((one) => [one.name, one.data]));
  return {
    isFixed: (name: string): boolean => names.has(name) || constants.has(name),
    fixed: (name: string) => (names.has(name) && weights.kept(name) ? 'half' : 'single'),
    fits: (name: string): boolean =>
      constants.get(name)?.every((x) => Math.abs(Number(x)) <= MOST_HALF) ?? (!names.has(name) || weights.fits(name)),
  } as const;
}

/** Whether what a node gives are numbers, rather than a shape, indices or what is true. */
function givesNumbers({ op, attributes }: OnnxNode, takes: boolean): boolean {
  if (op === 'Shape' || op === 'Greater') return false;
  const to = attributes?.['to'];
  return op === 'Cast' ? to !== undefined && 'int' in to && to.int === FLOAT32 : takes;
}
