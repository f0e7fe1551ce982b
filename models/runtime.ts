/**
 * ONNX Runtime, and nothing else of the product: opens a network on a provider and runs it. `run` blocks its thread
 * until the network has answered, so networks are opened in worker threads.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { UndertoneError } from '../src/errors.ts';
import { checkContract, type Model, type TensorInfo } from './contract.ts';

/** Where networks run. `cpu` is everywhere; `cuda` needs NVIDIA's libraries, `webgpu` a graphics driver. */
export type Provider = 'cuda' | 'webgpu' | 'cpu';

/** Numbers that go in or out, row-major. */
export interface TensorData<T = Float32Array | BigInt64Array> {
  readonly data: T;
  readonly dims: readonly number[];
}

/** An open network. */
export interface Network {
  readonly provider: Provider;
  /**
   * One run. Feeds are not kept.
   * @param outputs those wanted. Default: all of the contract.
   * @throws UndertoneError `inference-failed` when ONNX Runtime refuses the feeds or fails.
   */
  run(
    feeds: Readonly<Record<string, TensorData>>,
    outputs?: readonly string[],
  ): Promise<Readonly<Record<string, TensorData<Float32Array>>>>;
  /** Frees the network; never while it runs. */
  close(): Promise<void>;
}

/** Where and how a network runs. */
export interface NetworkOptions {
  /** Default `cpu`. */
  readonly provider?: Provider;
  /** Threads within one run, CPU only. Default 1: worker threads are the parallelism. */
  readonly threads?: number;
}

/**
 * Open a network and check it against its contract.
 * @throws UndertoneError `pack-invalid` when the bytes are no ONNX network or not the one described;
 * `inference-failed` when a provider other than `cpu` cannot take it.
 * @example
 * const network = await openNetwork(pack.networks.voice, { provider: 'cpu' });
 * const { logits } = await network.run({ logmel: { data, dims: [1, 300, 64] } });
 */
export async function openNetwork(
  model: Model,
  { provider = 'cpu', threads = 1 }: NetworkOptions = {},
): Promise<Network> {
  const session = await createSession(model.name, model.bytes, provider, threads);
  try {
    checkContract(model, session.inputMetadata.map(describe), session.outputMetadata.map(describe));
  } catch (error) {
    await session.release();
    throw error;
  }
  return networkOf(session, model.name, provider, Object.keys(model.contract.outputs));
}

/** A network that was opened from its file, and what it says of itself: open sides by name. */
export interface OpenedFile extends Network {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/**
 * Open a network that is too large to be held as bytes besides. Whoever opens it has verified the file.
 * @throws UndertoneError as `openNetwork`, but for the contract.
 */
export async function openNetworkFile(
  path: string,
  { provider = 'cpu', threads = 1 }: NetworkOptions = {},
): Promise<OpenedFile> {
  const session = await createSession(path, path, provider, threads);
  const outputs = session.outputMetadata.map(describe);
  const promised = outputs.map(({ name }) => name);
  return {
    ...networkOf(session, path, provider, promised),
    inputs: session.inputMetadata.map(describe),
    outputs,
  };
}

function networkOf(session: InferenceSession, name: string, provider: Provider, promised: readonly string[]): Network {
  return {
    provider,
    async run(feeds, outputs = promised) {
      try {
        const tensors = Object.fromEntries(Object.entries(feeds).map(([input, feed]) => [input, tensor(feed)]));
        const results = await session.run(tensors, outputs);
        return Object.fromEntries(Object.entries(results).map(([output, result]) => [output, numbers(result)]));
      } catch (cause) {
        throw new UndertoneError('inference-failed', `${name} failed on ${provider}: ${reason(cause)}`, { cause });
      }
    },
    close: () => session.release(),
  };
}

/** What ran where, as ONNX Runtime's own profile tells, and how long one run took. */
export interface Traced {
  /** Nodes that were run, by the execution provider that ran them, for example `CPUExecutionProvider`. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Median over the runs after the first, ms. */
  readonly ms: number;
  readonly outputs: Readonly<Record<string, TensorData<Float32Array>>>;
}

/** How a network is traced. */
export interface TraceOptions {
  /** An empty folder, for the profile. */
  readonly dir: string;
  /** After the first. Default 5. */
  readonly runs?: number;
}

/**
 * Run a network with its profile on. A provider that was asked for leaves to the CPU what it cannot do, and says nothing.
 * @param network its bytes, or the path of a file that was verified.
 * @throws UndertoneError as `openNetwork` and `run`, but for the contract.
 */
export async function traceNetwork(
  network: Pick<Model, 'name' | 'bytes'> | string,
  feeds: Readonly<Record<string, TensorData>>,
  { provider = 'cpu', threads = 1, runs = TRACED_RUNS, dir }: NetworkOptions & TraceOptions,
): Promise<Traced> {
  const profile = { enableProfiling: true, profileFilePrefix: join(dir, 'trace') };
  const [name, source] = typeof network === 'string' ? [network, network] : [network.name, network.bytes];
  const session = await createSession(name, source, provider, threads, profile);
  try {
    const open = networkOf(session, name, provider, session.outputNames);
    let outputs = await open.run(feeds);
    const took: number[] = [];
    while (took.length < runs) {
      const startedMs = performance.now();
      outputs = await open.run(feeds);
      took.push(performance.now() - startedMs);
    }
    session.endProfiling();
    const [file = ''] = await readdir(dir);
    const nodes: Record<string, number> = {};
    for (const { cat, args } of JSON.parse(await readFile(join(dir, file), 'utf8')) as readonly ProfileEvent[])
      if (cat === 'Node' && args?.provider !== undefined) nodes[args.provider] = (nodes[args.provider] ?? 0) + 1;
    return { nodes, ms: took.toSorted((a, b) => a - b)[runs >> 1] ?? NaN, outputs };
  } finally {
    await session.release();
  }
}

const TRACED_RUNS = 5;

/** What is used of an event in the profile. */
interface ProfileEvent {
  readonly cat?: string;
  readonly args?: { readonly provider?: string };
}

/**
 * What a network says of itself: names and shapes of its inputs and outputs, open sides by name.
 * @throws UndertoneError `pack-invalid` when the bytes are no ONNX network.
 */
export async function readShapes(model: Pick<Model, 'name' | 'bytes'>): Promise<{
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}> {
  const session = await createSession(model.name, model.bytes, 'cpu', 1);
  try {
    return { inputs: session.inputMetadata.map(describe), outputs: session.outputMetadata.map(describe) };
  } finally {
    await session.release();
  }
}

/** @param source its bytes, or the path of its file. */
async function createSession(
  name: string,
  source: Uint8Array | string,
  provider: Provider,
  threads: number,
  more: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    ...more,
  };
  try {
    return typeof source === 'string'
      ? await InferenceSession.create(source, options)
      : await InferenceSession.create(source, options);
  } catch (cause) {
    if (provider !== 'cpu')
      throw new UndertoneError('inference-failed', `${provider} cannot run ${name}: ${reason(cause)}`, { cause });
    throw new UndertoneError(
      'pack-invalid',
      `${name} cannot be opened as an ONNX network (${reason(cause)}): export it again`,
      { cause },
    );
  }
}

function describe(metadata: InferenceSession.ValueMetadata): TensorInfo {
  return metadata.isTensor
    ? { name: metadata.name, type: metadata.type, shape: metadata.shape }
    : { name: metadata.name, type: 'not a tensor', shape: [] };
}

function tensor({ data, dims }: TensorData): Tensor {
  return data instanceof Float32Array ? new Tensor('float32', data, dims) : new Tensor('int64', data, dims);
}

function numbers({ data, dims }: Tensor): TensorData<Float32Array> {
  if (!(data instanceof Float32Array)) throw new TypeError('an output is not float32');
  return { data, dims };
}

/** ONNX Runtime's messages span lines and name source files of its own; the first line says what happened. */
function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0] ?? message;
}
