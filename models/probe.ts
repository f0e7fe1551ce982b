/**
 * A trial of a provider, as a process that may die of it: `node models/probe.ts PROVIDER PACK_DIR PERCEPTION_DIR WINDOW_MS
 * [ENCODERS_DIR]`. Exits with 0 when every network opens on the provider and answers as on the CPU, else with the reason on stdout and
 * with 1, or the status of `SPOILED` where the CPU cannot open it either.
 */
import { CROP_SIZE } from '../src/core/faces/align.ts';
import { SAMPLE_RATE_HZ } from '../src/core/features.ts';
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { Models } from './calls.ts';
import { loadPack } from './pack.ts';
import { findEncoders } from './pack-encoders.ts';
import { loadPerception } from './perception.ts';
import { SPOILED } from './provider.ts';
import type { Provider, TensorData } from './runtime.ts';
import { openNetworks, type BatchedNetwork, type Networks } from './worker/networks.ts';
import { blankFeeds, isMask } from './worker/warming.ts';

/** Largest difference from the CPU's numbers that rounding explains; GPUs may multiply in TF32. */
const TOLERANCE = 0.05;

/** @throws UndertoneError when the provider cannot open a network, or answers otherwise than the CPU. */
async function compare(provider: Provider, models: Models, windowMs: number): Promise<void> {
  const here = await openNetworks({ models, provider: 'cpu', threads: 1, windowMs });
  const there = await openNetworks({ models, provider, threads: 1, windowMs }).catch((cause: unknown) => {
    throw new UndertoneError('inference-failed', asUndertoneError(cause).message, { cause });
  });
  for (const name of ['voice', 'face', 'fusion', 'detector', 'speech'] as const) {
    const [other, own] = [there[name], here[name]];
    if (other && own) await compareNetwork(name, other, own);
  }
  for (const modality of ['voice', 'face'] as const) {
    const [other, own] = [there.attributes[modality], here.attributes[modality]];
    if (other && own) await compareNetwork(`${modality} attributes`, other, own);
  }
  await compareEncoders(there, here);
  await Promise.all([there.close(), here.close()]);
}

/** A second of a rising tone, and a crop with an edge. */
async function compareEncoders(there: Networks, here: Networks): Promise<void> {
  const sound = Float32Array.from({ length: SAMPLE_RATE_HZ }, (_, i) => 0.3 * Math.sin((i * i) / 8e4));
  const crop = Float32Array.from({ length: CROP_SIZE ** 2 }, (_, i) => (i % CROP_SIZE < 20 ? 0.2 : 0.8));
  if (there.encoders.voice && here.encoders.voice) {
    const due = (await here.encoders.voice([sound]))(0).numbers;
    const actual = (await there.encoders.voice([sound]))(0).numbers;
    compareNumbers('states of the voice encoder', due, actual, largest(due));
  }
  if (there.encoders.face && here.encoders.face) {
    const due = (await here.encoders.face([crop]))(0);
    compareNumbers('states of the face encoder', due, (await there.encoders.face([crop]))(0), largest(due));
  }
}

/** States are sums of large numbers: one that is near 0 is rounded as much as those beside it. */
function largest(numbers: Float32Array): number {
  return numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
}

async function compareNetwork(name: string, there: BatchedNetwork, here: BatchedNetwork): Promise<void> {
  const feeds = waves(blankFeeds(here.contract, { n: 1, frames: 8 }));
  const expected = await here.run(feeds);
  const actual = await there.run(feeds);
  for (const [output, { data }] of Object.entries(expected)) {
    compareNumbers(`${output} of the ${name} network`, data, actual[output]?.data ?? new Float32Array(0));
  }
}

/** @param beside a number is judged beside its own size, or this one where that is larger. */
function compareNumbers(what: string, expected: Float32Array, actual: Float32Array, beside = 1): void {
  const near = (value: number, other = NaN): boolean =>
    Math.abs(value - other) <= TOLERANCE * Math.max(beside, Math.abs(value));
  // Written so that a NaN fails.
  if (expected.every((value, i) => near(value, actual[i]))) return;
  throw new UndertoneError('inference-failed', `its ${what} differ from the CPU's`);
}

type Feeds = Readonly<Record<string, TensorData>>;

/** Something to look at: zeros would hide a network that ignores its input. */
function waves(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      {
        dims,
        data: data instanceof Float32Array && !isMask(name) ? data.map((_, i) => 0.5 + 0.5 * Math.sin(i / 7)) : data,
      },
    ]),
  );
}

const [provider, packDir = '', perceptionDir = '', windowMs, root] = process.argv.slice(2);
try {
  if (provider !== 'cuda' && provider !== 'webgpu')
    throw new UndertoneError('config-invalid', `no provider ${String(provider)}`);
  const { networks, encoders: named } = await loadPack(packDir);
  const encoders = await findEncoders(packDir, named, root);
  await compare(provider, { ...networks, ...(await loadPerception(perceptionDir)), encoders }, Number(windowMs));
} catch (thrown) {
  const { code, message } = asUndertoneError(thrown);
  process.stdout.write(message);
  process.exitCode = Object.entries(SPOILED).find(([, spoiled]) => spoiled === code)?.[0] ?? 1;
}
