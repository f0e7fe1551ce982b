/**
 * A trial of a provider, as a process that may die of it: `node models/probe.ts PROVIDER PACK_DIR PERCEPTION_DIR`. Exits
 * with 0 when every network opens on the provider and answers as on the CPU, else with 1 and the reason on stdout.
 */
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { Models } from './calls.ts';
import { loadPack } from './pack.ts';
import { loadPerception } from './perception.ts';
import type { Provider, TensorData } from './runtime.ts';
import { openNetworks, type BatchedNetwork } from './worker/networks.ts';
import { blankFeeds, isMask } from './worker/warming.ts';

/** Largest difference from the CPU's numbers that rounding explains; GPUs may multiply in TF32. */
const TOLERANCE = 0.05;

/** @throws UndertoneError when the provider cannot open a network, or answers otherwise than the CPU. */
async function compare(provider: Provider, models: Models): Promise<void> {
  const there = await openNetworks({ models, provider, threads: 1 });
  const here = await openNetworks({ models, provider: 'cpu', threads: 1 });
  for (const name of ['voice', 'face', 'fusion', 'detector', 'speech'] as const) {
    const [other, own] = [there[name], here[name]];
    if (other && own) await compareNetwork(name, other, own);
  }
  for (const modality of ['voice', 'face'] as const) {
    const [other, own] = [there.attributes[modality], here.attributes[modality]];
    if (other && own) await compareNetwork(`${modality} attributes`, other, own);
  }
  await Promise.all([there.close(), here.close()]);
}

async function compareNetwork(name: string, there: BatchedNetwork, here: BatchedNetwork): Promise<void> {
  const feeds = waves(blankFeeds(here.contract, { n: 1, frames: 8 }));
  const expected = await here.run(feeds);
  const actual = await there.run(feeds);
  for (const [output, { data }] of Object.entries(expected)) {
    const other = actual[output]?.data ?? new Float32Array(0);
    // Written so that a NaN fails.
    if (data.every((value, i) => Math.abs(value - (other[i] ?? NaN)) <= TOLERANCE * Math.max(1, Math.abs(value))))
      continue;
    throw new UndertoneError('inference-failed', `its ${output} of the ${name} network differs from the CPU's`);
  }
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

const [provider, packDir = '', perceptionDir = ''] = process.argv.slice(2);
try {
  if (provider !== 'cuda' && provider !== 'webgpu')
    throw new UndertoneError('config-invalid', `no provider ${String(provider)}`);
  await compare(provider, { ...(await loadPack(packDir)).networks, ...(await loadPerception(perceptionDir)) });
} catch (thrown) {
  process.stdout.write(asUndertoneError(thrown).message);
  process.exitCode = 1;
}
