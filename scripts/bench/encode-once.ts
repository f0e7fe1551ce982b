/** What a hop costs when features are computed once, over encoding its whole window again. */
import { loadPack, type LoadedPack } from '../../models/pack.ts';
import { startInference } from '../../models/pool.ts';
import type { FaceFeatures, VideoFrame, VoiceFeatures } from '../../src/domain.ts';
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
  const face = blankLooks(await loadPack(packDir), windowMs);
  const cost = async (newMs: number): Promise<number> => {
    const begun = performance.now();
    await encode(inference, clip, newMs);
    await inference.infer({ voice: silence(windowMs), face });
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

function silence(windowMs: number): VoiceFeatures {
  const frames = windowMs / 10;
  return { logMel: new Float32Array(frames * 64), frames, bands: 64, speechShare: 1 };
}

function blankLooks({ pack, networks }: LoadedPack, windowMs: number): FaceFeatures {
  const n = (windowMs / 1000) * LOOKS_PER_SECOND;
  const logits = new Float32Array(n * pack.networks.face.labels.length);
  const width = networks.fusion?.contract.inputs['face']?.[2];
  const embeddings = width === undefined ? null : new Float32Array(n * Number(width));
  return { shareLogits: logits, presenceLogits: logits, embeddings, n, visibleShare: 1 };
}

/** Frames are transferred when they are looked at. */
function copy(frame: VideoFrame): VideoFrame {
  return { ...frame, data: frame.data.slice() };
}
