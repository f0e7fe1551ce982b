/**
 * A small network run on a provider, as a process that may die of it: `node models/provider-trial.ts PROVIDER`. Prints JSON (a
 * `ProviderTrial`) and exits with 0, or a reason and exits with 1.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import { relu } from './graph/elementwise.ts';
import { createGraph } from './graph/graph.ts';
import { matmul } from './graph/matmul.ts';
import { encodeGraph } from './graph/model.ts';
import { halfSums } from './half-trial.ts';
import { type Provider, traceNetwork, type Traced } from './runtime.ts';

const SIDE = 512;
const LAYERS = 4;
/** As in models/probe.ts: GPUs may multiply in TF32. */
const TOLERANCE = 0.05;

async function traced(provider: Provider): Promise<Traced> {
  const graph = createGraph();
  const weights = graph.input('weights', [SIDE, SIDE]);
  let x = graph.input('x', [SIDE, SIDE]);
  for (let i = 0; i < LAYERS; i++) x = relu(matmul(x, weights));
  const bytes = encodeGraph(graph, { y: x }, { name: 'trial' });
  const tensor = (scale: number) => ({
    data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => scale * Math.sin(i)),
    dims: [SIDE, SIDE],
  });
  const dir = await mkdtemp(join(tmpdir(), 'undertone-trial-'));
  try {
    return await traceNetwork(
      { name: 'a small network', bytes },
      { x: tensor(1), weights: tensor(0.1) },
      { provider, dir },
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

try {
  const provider = process.argv[2];
  if (provider !== 'cuda' && provider !== 'webgpu' && provider !== 'cpu')
    throw new UndertoneError('config-invalid', `no provider ${String(provider)}`);
  const here = await traced('cpu');
  const there = provider === 'cpu' ? here : await traced(provider);
  const [expected, actual] = [here.outputs['y']?.data, there.outputs['y']?.data];
  const most = expected?.reduce((top, value) => Math.max(top, Math.abs(value)), 0) ?? NaN;
  // Written so that a NaN fails.
  if (!expected?.every((value, i) => Math.abs(value - (actual?.[i] ?? NaN)) <= TOLERANCE * most))
    throw new UndertoneError('inference-failed', 'it answers otherwise than the CPU');
  process.stdout.write(
    JSON.stringify({ nodes: there.nodes, ms: there.ms, cpuMs: here.ms, half: await halfSums(provider) }),
  );
} catch (thrown) {
  process.stdout.write(asUndertoneError(thrown).message);
  process.exitCode = 1;
}
