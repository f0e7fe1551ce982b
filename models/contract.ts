/** What a network must look like, and how far one that was opened does not. Pure. */
import type { Reference } from '../src/core/reference/reference.ts';
import type { ModalitySubset } from '../src/domain.ts';
import { UndertoneError } from '../src/errors.ts';

/** A tensor's shape; `n` is the batch, `frames` the pictures of a face in it. */
export type Shape = readonly (number | 'n' | 'frames')[];

/** Names and shapes of what a network takes and gives. */
export interface Contract {
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly outputs: Readonly<Record<string, Shape>>;
  /** Silence around a voice is trimmed from its log-mel before the network is given it, dB. Default 0: nothing is. */
  readonly trimDb?: number;
  /** What the network is given when all is well. Default: not known, and nothing is out of distribution. */
  readonly reference?: Reference;
}

/** A network before it is opened: verified bytes and what they must turn out to be. */
export interface Model {
  /** The file's path, for messages. */
  readonly name: string;
  /** ONNX. */
  readonly bytes: Uint8Array;
  readonly contract: Contract;
}

/** Shared layers that fuse voice and face, and for which subsets of them they are asked. */
export interface FusionModel extends Model {
  readonly serves: readonly ModalitySubset[];
}

/** What ONNX Runtime says of one input or output; a dimension that the network leaves open is a string. */
export interface TensorInfo {
  readonly name: string;
  /** For example `float32`. */
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/**
 * Check what an opened network says of itself against its contract. A network may have more outputs than are used; an
 * input that nobody would feed is refused.
 * @throws UndertoneError `pack-invalid`, naming the file and every difference.
 */
export function checkContract(
  { name, contract }: Pick<Model, 'name' | 'contract'>,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
): void {
  const problems = [
    ...Object.entries(contract.inputs).flatMap(([input, shape]) => difference('input', input, shape, inputs)),
    ...inputs
      .filter((info) => !(info.name in contract.inputs))
      .map((info) => `it has an input '${info.name}' that the manifest does not name`),
    ...Object.entries(contract.outputs).flatMap(([output, shape]) => difference('output', output, shape, outputs)),
  ];
  if (problems.length > 0)
    throw new UndertoneError(
      'pack-invalid',
      `${name} is not the network that its manifest describes: ${problems.join('; ')}. ` +
        'Export it with these names and shapes, or correct the manifest',
    );
}

function difference(kind: string, name: string, shape: Shape, infos: readonly TensorInfo[]): string[] {
  const info = infos.find((candidate) => candidate.name === name);
  if (!info) return [`it has no ${kind} '${name}' (it has ${infos.map((other) => `'${other.name}'`).join(', ')})`];
  if (agrees(shape, info.shape)) return [];
  return [`${kind} '${name}' has shape [${info.shape.join(', ')}], not [${shape.join(', ')}]`];
}

/** An open dimension agrees with any size; a fixed one only with itself. */
function agrees(shape: Shape, actual: TensorInfo['shape']): boolean {
  return (
    shape.length === actual.length &&
    shape.every((size, axis) => typeof actual[axis] === 'string' || size === actual[axis])
  );
}
