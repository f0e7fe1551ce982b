/**
 * Reads a TensorFlow.js graph model: the JSON of its nodes and the weights beside it, dequantised as TensorFlow.js
 * does when it loads them.
 */
import { z } from 'zod';
import { UndertoneError } from '../../src/errors.ts';

const shapeDims = z.object({ dim: z.array(z.object({ size: z.coerce.number() })).default([]) });

const attribute = z.object({
  s: z.string().optional(),
  i: z.coerce.number().optional(),
  list: z.object({ i: z.array(z.coerce.number()).optional(), s: z.array(z.string()).optional() }).optional(),
  shape: shapeDims.optional(),
});

const node = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attribute).default({}),
});

const weight = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.enum(['float32', 'int32']),
  quantization: z
    .object({ dtype: z.enum(['uint8', 'uint16', 'float16']), scale: z.number().optional(), min: z.number().optional() })
    .optional(),
});

const graphModel = z.object({
  format: z.literal('graph-model'),
  modelTopology: z.object({ node: z.array(node) }),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(weight) })),
});

/** A weight as TensorFlow.js would hold it. */
export interface TfjsWeight {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** One operation of a TF.js graph. */
export interface TfjsNode {
  readonly name: string;
  readonly op: string;
  /** Names of the nodes whose output this one takes; control inputs are left out. */
  readonly inputs: readonly string[];
  /** An attribute that is a list of integers, for example `strides`. */
  ints(name: string): readonly number[] | undefined;
  /** An attribute that is text, for example `padding`. */
  string(name: string): string | undefined;
  /** An attribute that is a list of texts, for example `fused_ops`. */
  strings(name: string): readonly string[];
  /** The shape that a placeholder declares. */
  shape(): readonly number[] | undefined;
}

/** A TF.js graph model, weights decoded. */
export interface TfjsGraph {
  /** In file order, which is topological; constants are in `weights`. */
  readonly nodes: readonly TfjsNode[];
  readonly weights: ReadonlyMap<string, TfjsWeight>;
}

/**
 * Parses a graph model.
 *
 * @param json text of `model.json`.
 * @param bin the weight files of the manifest, one after the other.
 * @throws UndertoneError `pack-invalid` when the JSON is not a graph model or the weights do not fill the manifest.
 */
export function readTfjsGraph(json: string, bin: Uint8Array): TfjsGraph {
  const model = parse(json);
  return {
    nodes: model.modelTopology.node.filter((each) => each.op !== 'Const').map(toNode),
    weights: readWeights(
      model.weightsManifest.flatMap((group) => group.weights),
      bin,
    ),
  };
}

function parse(json: string): z.infer<typeof graphModel> {
  try {
    return graphModel.parse(JSON.parse(json));
  } catch (cause) {
    throw new UndertoneError('pack-invalid', 'this JSON is not a TensorFlow.js graph model: give its model.json', {
      cause,
    });
  }
}

function toNode({ name, op, input, attr }: z.infer<typeof node>): TfjsNode {
  return {
    name,
    op,
    inputs: input.filter((each) => !each.startsWith('^')).map((each) => each.replace(/:0$/, '')),
    ints: (key) => attr[key]?.list?.i,
    string: (key) => {
      const value = attr[key]?.s;
      return value === undefined ? undefined : fromBase64(value);
    },
    strings: (key) => (attr[key]?.list?.s ?? []).map(fromBase64),
    shape: () => attr['shape']?.shape?.dim.map(({ size }) => size),
  };
}

function fromBase64(value: string): string {
  return Buffer.from(value, 'base64').toString('latin1');
}

function readWeights(manifest: readonly z.infer<typeof weight>[], bin: Uint8Array): Map<string, TfjsWeight> {
  const weights = new Map<string, TfjsWeight>();
  let offset = 0;
  for (const spec of manifest) {
    const elements = spec.shape.reduce((product, dim) => product * dim, 1);
    const end = offset + elements * bytesPerElement(spec);
    if (end > bin.length) {
      throw new UndertoneError(
        'pack-invalid',
        `weight ${spec.name} ends at byte ${end} of ${bin.length}: fetch it again`,
      );
    }
    // A copy, so that the elements are aligned whatever the offset.
    weights.set(spec.name, { dims: spec.shape, data: decode(spec, new Uint8Array(bin.subarray(offset, end)).buffer) });
    offset = end;
  }
  if (offset !== bin.length) {
    throw new UndertoneError('pack-invalid', `the weights end at byte ${offset} of ${bin.length}: fetch them again`);
  }
  return weights;
}

function bytesPerElement({ quantization }: z.infer<typeof weight>): number {
  if (quantization === undefined) return 4;
  return quantization.dtype === 'uint8' ? 1 : 2;
}

function decode({ dtype, quantization }: z.infer<typeof weight>, buffer: ArrayBuffer): Float32Array | Int32Array {
  if (quantization === undefined) return dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
  if (quantization.dtype === 'float16') return Float32Array.from(new Uint16Array(buffer), fromFloat16);
  const { scale = 1, min = 0 } = quantization;
  const steps = quantization.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return dtype === 'int32'
    ? Int32Array.from(steps, (step) => Math.round(step * scale + min))
    : Float32Array.from(steps, (step) => step * scale + min);
}

function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
