/** Writes ONNX files whose weights do not fit into memory twice: a piece at a time, with the size known from the start. */
import {
  encodeNode,
  encodeParts,
  encodeTensorHead,
  type OnnxElementType,
  type OnnxModel,
  type OnnxNode,
} from './onnx-writer.ts';
import { bytesHead, concat } from './protobuf.ts';

/** ONNX files are read as one protobuf message, and no reader takes one of more bytes. */
export const MOST_ONNX_BYTES = 2 ** 31 - 1;

/** A file that can be written. */
export interface OnnxStream {
  /** Of the whole file. */
  readonly bytes: number;
  /** The file's bytes, in order; a weight is asked for when its turn comes. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/** How a file is written. */
export interface OnnxStreamOptions {
  /** The numbers of a weight that comes later, float32, row-major. */
  readonly weight: (name: string) => Promise<Float32Array>;
  /** Which of them are kept as float16, each cast back by a node of its own, as in `halfWeights`. Default: none. */
  readonly half?: (name: string) => boolean;
}

/**
 * The file that `encodeOnnx` would write if it had all weights.
 * @throws RangeError from `pieces` when a weight's numbers do not fill its sides.
 * @example
 * const { bytes, pieces } = onnxStream(model, { weight: (name) => checkpoint.read(name) });
 * for await (const piece of pieces()) await file.write(piece);
 */
export function onnxStream(model: OnnxModel, { weight, half = () => false }: OnnxStreamOptions): OnnxStream {
  const later = (model.later ?? []).map(({ name, dims }) => {
    const kept = half(name);
    const size = dims.reduce((product, side) => product * side, 1) * (kept ? 2 : 4);
    const type: OnnxElementType = kept ? 'float16' : 'float32';
    const head = concat([...encodeTensorHead({ name: kept ? halfName(name) : name, type, dims }), bytesHead(9, size)]);
    return { name, kept, size, head: concat([bytesHead(5, head.length + size), head]) };
  });
  const casts = later.filter(({ kept }) => kept).map(({ name }) => encodeCast(name));
  const { before, graph, after } = encodeParts(model);
  // Before all other nodes: an ONNX file lists them in the order in which they can run.
  const fixed = concat([...casts, ...graph]);
  const graphBytes = later.reduce((sum, { head, size }) => sum + head.length + size, fixed.length);
  const start = concat([before, bytesHead(7, graphBytes), fixed]);
  return {
    bytes: start.length - fixed.length + graphBytes + after.length,
    async *pieces() {
      yield start;
      for (const { name, kept, size, head } of later) {
        yield head;
        const numbers = await weight(name);
        const data = kept ? new Float16Array(numbers) : numbers;
        if (data.byteLength !== size) throw new RangeError(`weight '${name}' has ${data.length} numbers`);
        yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      }
      yield after;
    },
  };
}

function halfName(name: string): string {
  return `${name}.half`;
}

function encodeCast(name: string): Uint8Array {
  const cast: OnnxNode = { op: 'Cast', inputs: [halfName(name)], outputs: [name], attributes: { to: { int: 1 } } };
  const node = concat(encodeNode(cast));
  return concat([bytesHead(1, node.length), node]);
}
