/** Writes ONNX files whose weights do not fit into memory twice: a piece at a time, with the sizes known from the start. */
import {
  encodeNode,
  encodeParts,
  encodeTensorHead,
  type OnnxElementType,
  type OnnxModel,
  type OnnxNode,
} from './onnx-writer.ts';
import { halfName } from './half-model.ts';
import { bytesHead, concat, integer, message, text } from './protobuf.ts';

/** A file that can be written. */
export interface FileStream {
  /** Of the whole file. */
  readonly bytes: number;
  /** The file's bytes, in order; a weight is asked for when its turn comes. */
  pieces(): AsyncGenerator<Uint8Array>;
}

/** A network that can be written. */
export interface OnnxStream {
  readonly graph: FileStream;
  /** The weights that are beside the graph; null where all are in it. */
  readonly weights: FileStream | null;
}

/** How a network is written. */
export interface OnnxStreamOptions {
  /** The numbers of a weight that comes later, float32, row-major. */
  readonly weight: (name: string) => Promise<Float32Array>;
  /** Which of them are kept as float16, each cast back by a node of its own, as in `halfWeights`. Default: none. */
  readonly half?: (name: string) => boolean;
  /** Whether they are: without, the network itself asks for them as `halfName` calls them (half-model.ts). Default true. */
  readonly castBack?: boolean;
  /**
   * Most bytes of a file with all its weights in it. Of a larger network they are in a file of their own ("external data"), which
   * ONNX Runtime maps instead of copying it twice. Default 256 MiB; an ONNX file cannot have 2 GiB.
   */
  readonly mostInline?: number;
}

/** Name of the file of weights, beside the graph's. */
export const WEIGHTS_FILE = 'encoder.weights';
const MOST_INLINE = 1 << 28;
/** Weights of fewer bytes are always in the graph. */
const LEAST_OUTSIDE = 4096;
/** Memory is mapped by pages. */
const PAGE = 4096;

/**
 * The file that `encodeOnnx` would write if it had all weights, or a graph and a file of its larger weights.
 * @throws RangeError from `pieces` when a weight's numbers do not fill its sides.
 * @example
 * const { graph } = onnxStream(model, { weight: (name) => checkpoint.read(name) });
 * for await (const piece of graph.pieces()) await file.write(piece);
 */
export function onnxStream(model: OnnxModel, options: OnnxStreamOptions): OnnxStream {
  const { weight, half = () => false, castBack = true, mostInline = MOST_INLINE } = options;
  const kept = (model.later ?? []).map(({ name, dims }): Kept => {
    const halved = half(name);
    const size = dims.reduce((product, side) => product * side, 1) * (halved ? 2 : 4);
    return { name, dims, halved, size };
  });
  const all = kept.reduce((sum, { size }) => sum + size, 0);
  const outside = all > mostInline ? kept.filter(({ size }) => size >= LEAST_OUTSIDE) : [];
  const places = placed(outside);
  const read = async ({ name, halved, size }: Kept): Promise<Uint8Array> => {
    const numbers = await weight(name);
    const data = halved ? new Float16Array(numbers) : numbers;
    if (data.byteLength !== size) throw new RangeError(`weight '${name}' has ${data.length} numbers`);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  return {
    graph: graphStream(model, kept, { places, read, castBack }),
    weights: outside.length === 0 ? null : weightsStream(outside, { places, read }),
  };
}

/** A weight as it is written. */
interface Kept {
  readonly name: string;
  readonly dims: readonly number[];
  readonly halved: boolean;
  /** Bytes. */
  readonly size: number;
}

/** How the numbers of weights are had. */
interface Placed {
  /** Where those in the file of weights begin, by name. */
  readonly places: ReadonlyMap<string, number>;
  readonly read: (weight: Kept) => Promise<Uint8Array>;
}

function placed(outside: readonly Kept[]): ReadonlyMap<string, number> {
  let end = 0;
  return new Map(
    outside.map(({ name, size }) => {
      const start = Math.ceil(end / PAGE) * PAGE;
      end = start + size;
      return [name, start];
    }),
  );
}

function graphStream(
  model: OnnxModel,
  kept: readonly Kept[],
  { places, read, castBack }: Placed & { readonly castBack: boolean },
): FileStream {
  const tensors = kept.map((one) => {
    const place = places.get(one.name);
    const fields = encodeTensorHead({
      name: one.halved ? halfName(one.name) : one.name,
      type: (one.halved ? 'float16' : 'float32') satisfies OnnxElementType,
      dims: one.dims,
    });
    const size = place === undefined ? one.size : 0;
    const head = concat([...fields, ...(place === undefined ? [bytesHead(9, size)] : elsewhere(place, one.size))]);
    return { one, size, inside: place === undefined, head: concat([bytesHead(5, head.length + size), head]) };
  });
  const casts = kept.filter(({ halved }) => halved && castBack).map(({ name }) => encodeCast(name));
  const { before, graph, after } = encodeParts(model);
  // Before all other nodes: an ONNX file lists them in the order in which they can run.
  const fixed = concat([...casts, ...graph]);
  const graphBytes = tensors.reduce((sum, { head, size }) => sum + head.length + size, fixed.length);
  const start = concat([before, bytesHead(7, graphBytes), fixed]);
  return {
    bytes: start.length - fixed.length + graphBytes + after.length,
    async *pieces() {
      yield start;
      for (const { one, inside, head } of tensors) {
        yield head;
        if (inside) yield await read(one);
      }
      yield after;
    },
  };
}

function weightsStream(outside: readonly Kept[], { places, read }: Placed): FileStream {
  const last = outside.at(-1);
  return {
    bytes: last ? (places.get(last.name) ?? 0) + last.size : 0,
    async *pieces() {
      let at = 0;
      for (const one of outside) {
        const start = places.get(one.name) ?? at;
        if (start > at) yield new Uint8Array(start - at);
        yield await read(one);
        at = start + one.size;
      }
    },
  };
}

/** TensorProto.external_data and .data_location. */
function elsewhere(offset: number, length: number): Uint8Array[] {
  const entries = { location: WEIGHTS_FILE, offset, length };
  return [
    ...Object.entries(entries).map(([key, value]) => message(13, [text(1, key), text(2, String(value))])),
    integer(14, 1),
  ];
}

function encodeCast(name: string): Uint8Array {
  const cast: OnnxNode = { op: 'Cast', inputs: [halfName(name)], outputs: [name], attributes: { to: { int: 1 } } };
  return message(1, encodeNode(cast));
}
