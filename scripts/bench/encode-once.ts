/** What a hop costs when features are computed once, over encoding its whole window again. */
import { startInference } from '../../models/pool.ts';
import type { VideoFrame } from '../../src/domain.ts';
import { SAMPLE_RATE_HZ, logMel } from '../../src/core/features.ts';
import type { Inference } from '../../src/ports.ts';
import { createTally, silent } from './quiet.ts';
import type { DecodedClip } from './clip.ts';
import { quantile } from './statistics.ts';

export interface EncodeOnce {
  readonly windowMs: number;
  readonly hopMs: number;
  readonly hopCostMs: number;
  readonly windowCostMs: number;
  readonly ratio: number;
}

const BLOCK = 512;
const LOOKS_PER_SECOND = 5;

/** Features of so much new media, then inference on the whole window: log-mel, speech, faces, window. */
export async function measureEncodeOnce(
  packDir: string,
  clip: DecodedClip,
  { windowMs = 3000, hopMs = 500, repetitions = 15 } = {},
): Promise<EncodeOnce> {
  const inference = await startInference({ packDir, meter: createTally(), log: silent });
  const cost = async (newMs: number): Promise<number> => {
    const begun = performance.now();
    await encode(inference, clip, newMs);
    await inferWindow(inference, windowMs);
    return performance.now() - begun;
  };
  await cost(windowMs);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < repetitions; i++) pairs.push([await cost(hopMs), await cost(windowMs)]);
  await inference.close();
  return {
    windowMs,
    hopMs,
    hopCostMs: quantile(
      pairs.map(([ms]) => ms),
      0.5,
    ),
    windowCostMs: quantile(
      pairs.map(([, ms]) => ms),
      0.5,
    ),
    ratio: quantile(
      pairs.map(([hop, window]) => hop / window),
      0.5,
    ),
  };
}

async function encode(inference: Inference, { samples, frames }: DecodedClip, newMs: number): Promise<void> {
  const sound = samples.subarray(0, (newMs / 1000) * SAMPLE_RATE_HZ);
  logMel(new Float32Array(0), sound);
  await inference.detectSpeech(sound.slice(0, Math.floor(sound.length / BLOCK) * BLOCK), null);
  // A hop has 2.5 looks on average; it is charged for 3.
  const looks = Math.round((newMs / 1000) * LOOKS_PER_SECOND);
  for (let i = 0; i < looks; i++) {
    const frame = frames[i % frames.length];
    if (frame !== undefined) await inference.detectFaces(copy(frame));
  }
}

async function inferWindow(inference: Inference, windowMs: number): Promise<void> {
  const frames = windowMs / 10;
  const labels = inference.pack.networks.face.labels.length;
  await inference.infer({
    voice: { logMel: new Float32Array(frames * 64), frames, bands: 64, speechShare: 1 },
    face: { embeddings: new Float32Array(0), logits: new Float32Array(15 * labels), n: 15, visibleShare: 1 },
  });
}

/** Frames are transferred when they are looked at. */
function copy(frame: VideoFrame): VideoFrame {
  return { ...frame, data: frame.data.slice() };
}
