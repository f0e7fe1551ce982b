/** One network on two providers: whether both say the same, who ran it, and how long it took. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../../../models/contract.ts';
import { openEncoder, type Precision } from '../../../models/encoder.ts';
import type { Encoder } from '../../../models/encoder-format.ts';
import { voiceFeeds } from '../../../models/encoder-feeds.ts';
import { halfSums } from '../../../models/half-trial.ts';
import { loadPack } from '../../../models/pack.ts';
import { loadPerception } from '../../../models/perception.ts';
import { type Provider, type TensorData, traceNetwork, type Traced } from '../../../models/runtime.ts';
import { blankFeeds, isMask } from '../../../models/worker/warming.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';

/** Networks of a pack, and the face detector. Voice activity is not among them: it runs on the CPU always (docs/deploy.md, WebGPU). */
export const NETWORKS = ['voice', 'face', 'fusion', 'voice attributes', 'face attributes', 'detector'] as const;

/** What is run. */
export type Subject =
  | {
      readonly kind: 'network';
      readonly name: (typeof NETWORKS)[number];
      readonly pack: string;
      readonly perception: string;
    }
  | { readonly kind: 'encoder'; readonly name: string; readonly dir: string; readonly precision: Precision };

/** A comparison that is wanted. */
export interface Task {
  readonly subject: Subject;
  readonly provider: Provider;
  /** Items of a run. */
  readonly rows: number;
  /** Of a voice encoder's clips, s. */
  readonly seconds: number;
  /** Of the CPU. */
  readonly threads: number;
  /** Timed runs, after the first. */
  readonly runs: number;
}

/** What came of it. */
export interface Comparison {
  /** Nodes of one run by who ran them, as ONNX Runtime names it. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Largest difference of any number from the CPU's (for an encoder: in float32); NaN where one is none. */
  readonly difference: number;
  /** Largest number that the CPU gives, without its sign. */
  readonly largest: number;
  /** Median of the runs, ms. */
  readonly ms: number;
  readonly cpuMs: number;
}

/** Side of the pictures that an encoder of faces is given. */
const SIDE = 224;

/**
 * Run a network on the CPU and on a provider, with the same numbers.
 * @returns null where the pack has no such network, or the encoder or the provider does not compute in float16.
 * @throws UndertoneError as `traceNetwork`, `loadPack` and `openEncoder`.
 */
export async function compare(task: Task): Promise<Comparison | null> {
  const found = await networkOf(task);
  if (!found) return null;
  const { here, there, feeds } = found;
  const cpu = await traced(here, feeds, task, 'cpu');
  const other = await traced(there, feeds, task, task.provider);
  let [difference, largest] = [0, 0];
  for (const [output, { data }] of Object.entries(cpu.outputs)) {
    const said = other.outputs[output]?.data;
    data.forEach((x, i) => {
      const distance = Math.abs(x - (said?.[i] ?? NaN));
      // Written so that a NaN stays.
      if (!(distance <= difference)) difference = distance;
      largest = Math.max(largest, Math.abs(x));
    });
  }
  const nodes = Object.fromEntries(Object.entries(other.nodes).map(([who, count]) => [who, count / (task.runs + 1)]));
  return { nodes, difference, largest, ms: other.ms, cpuMs: cpu.ms };
}

type Feeds = Readonly<Record<string, TensorData>>;
type Source = Pick<Model, 'name' | 'bytes'> | string;

async function traced(source: Source, feeds: Feeds, { threads, runs }: Task, provider: Provider): Promise<Traced> {
  const dir = await mkdtemp(join(tmpdir(), 'undertone-providers-'));
  try {
    return await traceNetwork(source, feeds, { provider, threads, runs, dir });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function networkOf({ subject, provider, rows, seconds }: Task): Promise<{
  readonly here: Source;
  readonly there: Source;
  readonly feeds: Feeds;
} | null> {
  if (subject.kind === 'network') {
    const model = await modelOf(subject);
    return model && { here: model, there: model, feeds: noisy(blankFeeds(model.contract, { n: rows, frames: 8 })) };
  }
  const { dir, precision } = subject;
  if (precision === 'float16' && (await halfSums(provider)) === 'none') return null;
  // Opened once, which verifies its files.
  const { encoder, network } = await openEncoder(dir);
  await network.close();
  const graph = precision === 'float16' ? encoder.network.half : encoder.network;
  return graph
    ? {
        here: join(dir, encoder.network.file),
        there: join(dir, graph.file),
        feeds: encoderFeeds(encoder, rows, seconds),
      }
    : null;
}

async function modelOf({ name, pack, perception }: Extract<Subject, { kind: 'network' }>): Promise<Model | null> {
  const { networks } = await loadPack(pack);
  const { detector } = await loadPerception(perception);
  const { attributes, voice, face, fusion } = networks;
  const known: Readonly<Record<(typeof NETWORKS)[number], Model | null | undefined>> = {
    ...{ voice, face, fusion, detector },
    'voice attributes': attributes.voice,
    'face attributes': attributes.face,
  };
  return known[name] ?? null;
}

/** Noise in the place of zeros, which would hide a network that ignores its input. */
function noisy(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      { dims, data: data instanceof Float32Array && !isMask(name) ? noise(data.length) : data },
    ]),
  );
}

function encoderFeeds(encoder: Encoder, rows: number, seconds: number): Feeds {
  if (encoder.modality === 'voice') {
    const { sampleRateHz, inputs } = encoder;
    const [, open] = inputs.samples.shape;
    const length = typeof open === 'number' ? open : Math.round(seconds * sampleRateHz);
    return voiceFeeds(
      encoder,
      Array.from({ length: rows }, (_, i) => noise(length, i)),
    );
  }
  const [, , height, width] = encoder.inputs.pixels.shape;
  const side = (given: number | string | undefined): number => (typeof given === 'number' ? given : SIDE);
  const dims = [rows, 3, side(height), side(width)];
  const size = dims.reduce((x, y) => x * y, 1);
  return { [encoder.inputs.pixels.name]: { data: noise(size), dims } };
}

function noise(size: number, seed = 0): Float32Array {
  const random = randomStream('providers', seed);
  return Float32Array.from({ length: size }, () => gaussian(random));
}

/** What TF32 and float16 explain, as a share of the largest number; a wrong kernel is far beyond. */
const ROUNDING = 0.02;

/** Whether both providers say the same but for rounding. */
export function agree({ difference, largest }: Pick<Comparison, 'difference' | 'largest'>): boolean {
  // Written so that a NaN does not.
  return difference <= ROUNDING * Math.max(1, largest);
}
