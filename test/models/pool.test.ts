import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startInference, type InferenceOptions } from '../../models/pool.ts';
import type { Inference } from '../../src/ports.ts';
import { CRASH, greyFrame, HANG, referenceLogMel, sound, STARTER, voice } from '../fixtures/inference.ts';
import reference from '../fixtures/starter/reference.json' with { type: 'json' };
import { TINY_LABELS, writeTinyPack } from '../fixtures/tiny-pack.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const FRAGILE = new URL('../fixtures/fragile-worker.ts', import.meta.url);

function start(options: Partial<InferenceOptions> = {}) {
  const meter = countingMeter();
  return startInference({ packDir: STARTER, meter, log: silentLog, ...options }).then((inference) => ({
    inference,
    meter,
  }));
}

/** A sound that makes the fragile worker fail. */
function poison(first: number): Float32Array {
  const samples = sound(0, 1);
  samples[0] = first;
  return samples;
}

const window = (seed: number) => ({ voice: voice(seed), face: null });

describe('inference', () => {
  let inference: Inference;
  let meter: ReturnType<typeof countingMeter>;
  beforeAll(async () => {
    ({ inference, meter } = await start({ workers: 2 }));
  });
  afterAll(() => inference.close());

  it('is ready once every worker is', () => {
    const windows = { workers: 2, largest: 16, batches: [], otherSeconds: 0 };
    expect(inference.status()).toEqual({
      ready: true,
      workers: 2,
      workersAlive: 2,
      provider: 'cpu',
      depth: 0,
      windows,
    });
    expect(inference.pack).toMatchObject({ name: 'starter' });
    expect(meter.read('undertone_provider_info', { provider: 'cpu' })).toBe(1);
  });

  it('answers a window with logits, and leaves the window with its owner', async () => {
    const logMel = referenceLogMel();
    const logits = await inference.infer({ voice: { logMel, frames: 300, bands: 64, speechShare: 1 }, face: null });
    expect(logits.face).toBeNull();
    reference.voice.logits.forEach((value, k) => expect(logits.voice?.shareLogits[k]).toBeCloseTo(value, 3));
    expect(logMel).toHaveLength(300 * 64);
  });

  it('puts calls that come together into few batches, with the answers of single calls', async () => {
    const batches = meter.read('undertone_inference_batch_size', { kind: 'window' });
    const together = await Promise.all(Array.from({ length: 20 }, (_, seed) => inference.infer(window(seed))));
    expect(meter.read('undertone_inference_batch_size', { kind: 'window' }) - batches).toBeLessThanOrEqual(4);
    for (const seed of [0, 7, 19]) {
      const alone = await inference.infer(window(seed));
      alone.voice?.shareLogits.forEach((value, k) =>
        expect(together[seed]?.voice?.shareLogits[k]).toBeCloseTo(value, 5),
      );
    }
  });

  it('tells what windows took by how many went together, and what other calls took', async () => {
    const before = inference.status().windows;
    await Promise.all(Array.from({ length: 6 }, (_, seed) => inference.infer(window(seed))));
    await inference.detectSpeech(sound(0, 3), null);
    const { workers, batches, otherSeconds } = inference.status().windows;
    const calls = (of: typeof batches) => of.reduce((sum, { size, count }) => sum + size * count, 0);
    expect(calls(batches) - calls(before.batches)).toBe(6);
    expect(batches.every(({ seconds }) => seconds > 0)).toBe(true);
    expect(otherSeconds).toBeGreaterThan(before.otherSeconds);
    expect(workers).toBe(2);
  });

  it('takes a frame over, and of a shared buffer only the frame', async () => {
    const frame = greyFrame();
    await expect(inference.detectFaces(frame)).resolves.toEqual([]);
    expect(frame.data).toHaveLength(0);
    const shared = new Uint8Array(1_000_000);
    await inference.detectFaces({ ...greyFrame(), data: shared.subarray(500, 500 + greyFrame().data.length) });
    expect(shared).toHaveLength(1_000_000);
  });

  it('answers a frame that was given away before with an error', async () => {
    const frame = greyFrame();
    const [first, second] = await Promise.allSettled([inference.detectFaces(frame), inference.detectFaces(frame)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'bad-media' } });
  });

  it('hears speech block by block, with a state between calls', async () => {
    const { probabilities, state } = await inference.detectSpeech(sound(1, 3), null);
    expect(probabilities).toHaveLength(3);
    const next = await inference.detectSpeech(sound(1, 2), state);
    expect(next.probabilities).toHaveLength(2);
    await expect(inference.detectSpeech(new Float32Array(0), state)).resolves.toEqual({
      probabilities: new Float32Array(0),
      state,
    });
  });

  it('refuses sound that is not whole blocks, and a window with nothing in it', async () => {
    await expect(inference.detectSpeech(new Float32Array(500), null)).rejects.toMatchObject({ code: 'bad-media' });
    await expect(inference.infer({ voice: null, face: null })).rejects.toMatchObject({ code: 'inference-failed' });
  });

  it('fails a window that holds NaN, and serves the next one', async () => {
    const bad = window(1);
    bad.voice.logMel[5] = NaN;
    await expect(inference.infer(bad)).rejects.toThrow(/log-mel holds NaN at 5/);
    await expect(inference.infer(window(1))).resolves.toMatchObject({ face: null });
  });
});

describe('a queue', () => {
  it('rejects at once what is past its bound, counted, and answers the rest', async () => {
    const { inference, meter } = await start({ queueLimits: { window: 3 } });
    const calls = await Promise.allSettled(Array.from({ length: 5 }, (_, seed) => inference.infer(window(seed))));
    expect(calls.map((call) => call.status)).toEqual([...Array<string>(3).fill('fulfilled'), 'rejected', 'rejected']);
    expect(calls[4]).toMatchObject({ reason: { code: 'limit-reached' } });
    expect(meter.read('undertone_discarded_total', { queue: 'inference-window', reason: 'overload' })).toBe(2);
    await inference.close();
  });
});

describe('closing', () => {
  it('answers what was taken and refuses what comes after', async () => {
    const { inference } = await start();
    const calls = Promise.all(Array.from({ length: 20 }, (_, seed) => inference.infer(window(seed))));
    const closed = inference.close();
    await expect(inference.infer(window(0))).rejects.toMatchObject({ code: 'draining' });
    await expect(calls).resolves.toHaveLength(20);
    await closed;
    await inference.close();
    expect(inference.status()).toMatchObject({ ready: false, workersAlive: 0, depth: 0 });
  });

  it('rejects what is not answered in time', async () => {
    const { inference } = await start({ drainMs: 0 });
    const calls = Promise.allSettled(Array.from({ length: 64 }, (_, seed) => inference.infer(window(seed))));
    await inference.close();
    const rejected = (await calls).filter((call) => call.status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const call of rejected) expect(call.reason).toMatchObject({ code: 'draining' });
  });
});

describe('a worker that is lost', () => {
  const running: Inference[] = [];
  const fragile = async (options: Partial<InferenceOptions> = {}) => {
    const started = await start({ restartDelayMs: 1, thread: { workerUrl: FRAGILE }, ...options });
    running.push(started.inference);
    return started;
  };
  afterEach(() => Promise.all(running.splice(0).map((inference) => inference.close())));

  it('rejects the calls it was at, and is replaced', async () => {
    const { inference, meter } = await fragile();
    const crash = inference.detectSpeech(poison(CRASH), null);
    await expect(crash).rejects.toMatchObject({ code: 'worker-crashed' });
    expect(inference.status()).toMatchObject({ ready: false, workersAlive: 0 });
    await vi.waitUntil(() => inference.status().ready, PATIENCE);
    expect(meter.read('undertone_inference_worker_restarts_total')).toBe(1);
    await expect(inference.infer(window(1))).resolves.toMatchObject({ face: null });
  });

  it('leaves the calls that wait to its successor', async () => {
    const { inference } = await fragile({ restartWaitMs: 60_000 });
    const crash = inference.detectSpeech(poison(CRASH), null);
    await Promise.resolve();
    const waiting = inference.infer(window(1));
    await expect(crash).rejects.toMatchObject({ code: 'worker-crashed' });
    await expect(waiting).resolves.toMatchObject({ face: null });
  });

  it('does not stop the others', async () => {
    const { inference } = await fragile({ workers: 2, restartDelayMs: 60_000 });
    await expect(inference.detectSpeech(poison(CRASH), null)).rejects.toMatchObject({ code: 'worker-crashed' });
    expect(inference.status()).toMatchObject({ ready: false, workersAlive: 1 });
    await expect(inference.infer(window(1))).resolves.toMatchObject({ face: null });
  });

  it('keeps nobody waiting for ever: calls are rejected when no successor comes in time', async () => {
    const { inference } = await fragile({ restartDelayMs: 60_000, restartWaitMs: 20 });
    const crash = inference.detectSpeech(poison(CRASH), null);
    await Promise.resolve();
    const waiting = inference.infer(window(1));
    await expect(crash).rejects.toMatchObject({ code: 'worker-crashed' });
    await expect(waiting).rejects.toThrow(/no inference worker is alive/);
    await expect(inference.infer(window(1))).rejects.toMatchObject({ code: 'worker-crashed' });
  });

  it('is not waited for when there is none and inference closes', async () => {
    const { inference } = await fragile({ restartDelayMs: 60_000, restartWaitMs: 60_000, drainMs: 60_000 });
    const crash = inference.detectSpeech(poison(CRASH), null);
    await Promise.resolve();
    const waiting = inference.infer(window(1));
    await expect(crash).rejects.toMatchObject({ code: 'worker-crashed' });
    const closed = inference.close();
    await expect(waiting).rejects.toMatchObject({ code: 'draining' });
    await closed;
  });

  it('counts as lost when it does not answer, and is replaced', async () => {
    const { inference, meter } = await fragile({ thread: { workerUrl: FRAGILE, batchTimeoutMs: 2000 } });
    await expect(inference.detectSpeech(poison(HANG), null)).rejects.toThrow(
      /a batch of speech calls took more than 2000 ms/,
    );
    await vi.waitUntil(() => inference.status().ready, PATIENCE);
    expect(meter.read('undertone_inference_worker_restarts_total')).toBe(1);
    await expect(inference.infer(window(1))).resolves.toMatchObject({ face: null });
  });
});

describe('a provider', () => {
  it('that does not work here is given up for the next one, counted and logged with its error', async () => {
    const warnings: unknown[] = [];
    const log = { ...silentLog, warn: (fields: unknown) => warnings.push(fields) };
    const { inference, meter } = await start({ providers: ['cuda', 'cpu'], log });
    // A machine with CUDA runs it; there is nothing to fall back from.
    if (inference.status().provider === 'cpu') {
      expect(meter.read('undertone_provider_fallback_total', { from: 'cuda', to: 'cpu' })).toBe(1);
      expect(warnings).toEqual([
        { from: 'cuda', to: 'cpu', reason: expect.stringMatching(/cuda does not work here: .+/) as unknown },
      ]);
    }
    await expect(inference.infer(window(1))).resolves.toMatchObject({ face: null });
    await inference.close();
  });

  it('is refused with its error when there is no next one', async () => {
    await expect(start({ providers: [] })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('a pack', () => {
  it('that fuses voice and face does so through the pool, and leaves the window with its owner', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pack-'));
    await writeTinyPack(dir);
    const { inference } = await start({ packDir: dir, workers: 2 });
    expect(inference.pack.fusion?.labels).toEqual(TINY_LABELS);
    const heads = { shareLogits: new Float32Array(6), presenceLogits: new Float32Array(6) };
    const face = { ...heads, embeddings: Float32Array.of(1, -1, 3, -3), n: 2, visibleShare: 1 };
    const answers = await Promise.all(
      [voice(1), null, voice(1)].map((heard) => inference.infer({ voice: heard, face })),
    );
    expect(answers.map(({ fusion }) => fusion?.shareLogits[1])).toEqual([2, undefined, 2]);
    expect(answers.map(({ fusion }) => fusion?.subset)).toEqual(['both', undefined, 'both']);
    expect(face.embeddings).toHaveLength(4);
    await inference.close();
    await rm(dir, { recursive: true });
  });

  it('whose network is not what the manifest says is refused by the worker too', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'pack-'));
    await cp(STARTER, dir, { recursive: true });
    const manifest = join(dir, 'pack.json');
    const text = await readFile(manifest, 'utf8');
    await writeFile(manifest, text.replace('"embedding": ["n", 128]', '"embedding": ["n", 64]'));
    await expect(start({ packDir: dir, workers: 2 })).rejects.toMatchObject({
      code: 'pack-invalid',
      message: expect.stringMatching(/face\.onnx .*output 'embedding' has shape \[n, 128\], not \[n, 64\]/) as unknown,
    });
    await rm(dir, { recursive: true });
  });
});
