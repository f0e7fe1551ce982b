/** An encoder at work: the network in an encoder's folder, verified and opened. */
import { join } from 'node:path';
import { UndertoneError } from '../src/errors.ts';
import { type Encoder, readEncoder } from './encoder-format.ts';
import { fileSha256 } from './file-sha256.ts';
import { halfSums } from './half-trial.ts';
import { type NetworkOptions, type OpenedFile, openNetworkFile, type Provider } from './runtime.ts';

/** What an encoder computes in. */
export type Precision = 'float32' | 'float16';

/** Where and how an encoder runs. */
export interface EncoderRunOptions extends NetworkOptions {
  /** Default: float16 on a GPU that sums it in float32 (`halfSums`), where the encoder can; else float32. */
  readonly precision?: Precision;
}

/** An open encoder. */
export interface OpenEncoder {
  readonly encoder: Encoder;
  /** Fed and read by the names that `encoder` gives its inputs and outputs, in float32 whatever it computes in. */
  readonly network: OpenedFile;
  readonly precision: Precision;
}

/**
 * Verify an encoder's folder and open its network, which must have the inputs and outputs that the manifest names.
 * @throws UndertoneError `encoder-invalid` when the folder is not whole or the network another one, or float16 is asked of an encoder
 * that was imported without; as `openNetworkFile`.
 * @example
 * const { encoder, network } = await openEncoder('encoders/wavlm-large', { provider: 'cuda' });
 * const { hidden } = await network.run({ samples, mask });
 * await network.close();
 */
export async function openEncoder(dir: string, options: EncoderRunOptions = {}): Promise<OpenEncoder> {
  const encoder = await readEncoder(dir);
  const precision = options.precision ?? (await suiting(encoder, options.provider ?? 'cpu'));
  const graph = precision === 'float16' ? encoder.network.half : encoder.network;
  if (!graph)
    throw new UndertoneError(
      'encoder-invalid',
      `the encoder in '${dir}' has no network that computes in float16: import it again with --half`,
    );
  await verify(dir, graph);
  if (encoder.network.weights) await verify(dir, encoder.network.weights);
  const path = join(dir, graph.file);
  const network = await openNetworkFile(path, options);
  try {
    checkTensors(encoder, network, path);
    return { encoder, network, precision };
  } catch (thrown) {
    await network.close();
    throw thrown;
  }
}

/** float16 where a product of it is as good as float16 can be; the CPU would only cast. */
async function suiting({ network }: Encoder, provider: Provider): Promise<Precision> {
  if (!network.half || provider === 'cpu') return 'float32';
  return (await halfSums(provider)) === 'fine' ? 'float16' : 'float32';
}

async function verify(
  dir: string,
  { file, sha256 }: { readonly file: string; readonly sha256: string },
): Promise<void> {
  const path = join(dir, file);
  const actual = await fileSha256(path).catch((cause: unknown) => {
    throw new UndertoneError('encoder-invalid', `${path} cannot be read: import the encoder again`, { cause });
  });
  if (actual === sha256) return;
  throw new UndertoneError(
    'encoder-invalid',
    `${path} has SHA-256 ${actual}, but its manifest says ${sha256}: import the encoder again`,
  );
}

/** Names and numbers of sides agree; what the manifest leaves open, the network leaves open. */
function checkTensors(encoder: Encoder, network: OpenedFile, path: string): void {
  const [inputs, outputs] = [present(encoder.inputs), present(encoder.outputs)];
  const problems = [
    ...inputs.flatMap((wanted) => difference('input', wanted, network.inputs)),
    ...outputs.flatMap((wanted) => difference('output', wanted, network.outputs)),
    ...network.inputs
      .filter(({ name }) => !inputs.some((wanted) => wanted.name === name))
      .map(({ name }) => `it has an input '${name}' that nobody would feed`),
  ];
  if (problems.length > 0)
    throw new UndertoneError(
      'encoder-invalid',
      `${path} is not the network that is described: ${problems.join('; ')}. Correct the description, or export it again`,
    );
}

/** Those tensors that the encoder has. */
function present<T>(tensors: Readonly<Record<string, T | undefined>>): T[] {
  return Object.values(tensors).filter((wanted) => wanted !== undefined);
}

type Sides = readonly (number | string)[];

function difference(
  kind: string,
  { name, shape, type = 'float32' }: { readonly name: string; readonly shape: Sides; readonly type?: string },
  infos: OpenedFile['inputs'],
): string[] {
  const found = infos.find((info) => info.name === name);
  if (!found) return [`it has no ${kind} '${name}', only ${infos.map((info) => `'${info.name}'`).join(', ')}`];
  if (found.type !== type) return [`${kind} '${name}' is of ${found.type}, not ${type}`];
  // A network may say nothing of what it gives; then the run tells.
  if (kind === 'output' && found.shape.length === 0) return [];
  const agree =
    found.shape.length === shape.length && shape.every((side, axis) => agrees(side, found.shape[axis] ?? ''));
  return agree ? [] : [`${kind} '${name}' has shape [${found.shape.join(', ')}], not [${shape.join(', ')}]`];
}

/** A side that the network leaves open may still always be the number that is described. */
function agrees(wanted: number | string, actual: number | string): boolean {
  return typeof actual === 'string' || actual === wanted;
}
