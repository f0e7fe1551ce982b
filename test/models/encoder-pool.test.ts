/** Threads of a pack with encoders: windows have one of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { startInference, type InferenceOptions } from '../../models/pool.ts';
import type { Window } from '../../src/domain.ts';
import type { Inference } from '../../src/ports.ts';
import { writeEncoderPack } from '../fixtures/encoder-pack.ts';
import { CRASH, sound, voice } from '../fixtures/inference.ts';
import { astronautFrame } from '../fixtures/pictures.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';

let dir: string;
let packDir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'encoder-pool-'));
  packDir = await writeEncoderPack(dir);
}, 120_000);
afterAll(() => rm(dir, { recursive: true }));

const running: Inference[] = [];
afterEach(() => Promise.all(running.splice(0).map((inference) => inference.close())));

async function start(options: Partial<InferenceOptions> = {}) {
  const meter = countingMeter();
  const inference = await startInference({ packDir, meter, log: silentLog, ...options });
  running.push(inference);
  return { inference, meter };
}

/** 3 s that differ by `seed`, with what an encoder hears. */
const window = (seed: number): Pick<Window, 'voice' | 'face'> => ({
  voice: { ...voice(seed), samples: sound(seed, 94).subarray(0, 48_000) },
  face: null,
});

it('answers windows in one thread, sound and frames in others', async () => {
  const { inference, meter } = await start({ workers: 2 });
  expect(inference.status()).toMatchObject({
    ready: true,
    workers: 3,
    workersAlive: 3,
    windows: { workers: 1, largest: 4 },
  });
  const answers = await Promise.all([0, 1, 2, 3, 4].map((seed) => inference.infer(window(seed))));
  expect(answers.every(({ voice: heads }) => heads?.shareLogits.every(Number.isFinite))).toBe(true);
  const speech = await inference.detectSpeech(sound(0, 3), null);
  expect(speech.probabilities).toHaveLength(3);
  const { otherSeconds, batches } = inference.status().windows;
  expect(otherSeconds).toBe(0);
  expect(batches.reduce((sum, { size, count }) => sum + size * count, 0)).toBe(5);
  expect(meter.read('undertone_inference_workers')).toBe(3);
});

it('judges a look and a voice together, from the frame to the logits', async () => {
  const { inference } = await start();
  const [look] = await inference.detectFaces(astronautFrame(512, 512));
  const embedding = look?.encoding?.embedding;
  if (!embedding) throw new Error('no look');
  const none = new Float32Array(0);
  const face = { embeddings: embedding, shareLogits: none, presenceLogits: none, n: 1, visibleShare: 1 };
  const said = await inference.infer({ ...window(1), face });
  expect(said.fusion?.subset).toBe('both');
});

it('loses the thread of sound and frames without a window noticing', async () => {
  const workerUrl = new URL('../fixtures/fragile-worker.ts', import.meta.url);
  const { inference, meter } = await start({ thread: { workerUrl }, restartDelayMs: 1 });
  const poison = sound(0, 1);
  poison[0] = CRASH;
  const window1 = inference.infer(window(1));
  await expect(inference.detectSpeech(poison, null)).rejects.toMatchObject({ code: 'worker-crashed' });
  expect(inference.status()).toMatchObject({ ready: false, windows: { workers: 1 } });
  await expect(window1).resolves.toMatchObject({ face: null });
  await vi.waitUntil(() => inference.status().ready, { timeout: 60_000 });
  expect(meter.read('undertone_inference_worker_restarts_total')).toBe(1);
});

it('says what encoder it needs, and where it looked, before any thread is started', async () => {
  await expect(start({ encoders: join(dir, 'nowhere') })).rejects.toMatchObject({
    code: 'encoder-invalid',
    message: expect.stringMatching(/nowhere\/wavlm: import it there/) as string,
  });
});

it('hears windows of the length that they have', async () => {
  const { inference } = await start({ windowMs: 1000 });
  const short = { ...voice(1), frames: 100, samples: sound(1, 32).subarray(0, 16_000) };
  await expect(inference.infer({ voice: short, face: null })).resolves.toMatchObject({ face: null });
});
