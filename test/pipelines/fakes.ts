/** The outside, small enough to be obvious: for tests of how the pipelines compose it. */
import type {
  FaceSighting,
  HeadLogits,
  Logits,
  ModelPack,
  PcmChunk,
  Verdict,
  VerdictEvent,
  VideoFrame,
  Window,
} from '../../src/domain.ts';
import type { Inference, Meter } from '../../src/ports.ts';
import { LABELS } from '../../src/core/labels.ts';
import { headLogits } from '../core/arbitraries.ts';

export const ref = { room: 'lobby', participant: 'p1' };

const identity = Object.fromEntries(LABELS.map((label) => [label, { method: 'platt', a: 1, b: 0 } as const]));
const network = { labels: LABELS, calibration: identity };

const pack: ModelPack = {
  name: 'test',
  version: '1',
  licence: 'none',
  labels: LABELS,
  networks: { voice: network, face: network },
  fusion: null,
  encoders: {},
  decision: { thresholds: Object.fromEntries(LABELS.map((label) => [label, 0.5])), minTopProbability: 0.6 },
};

const HAPPY: HeadLogits = headLogits([0, 6, 0, 0, 0, 0, 0, 0]);

/** Networks that always see and hear the same. */
export function inference(overrides: Partial<Inference> = {}): Inference {
  return {
    pack,
    detectFaces: (frame) => Promise.resolve([faceIn(frame)]),
    detectSpeech: (samples) =>
      Promise.resolve({
        probabilities: new Float32Array(samples.length / 512).fill(0.9),
        state: { hidden: new Float32Array(0), context: new Float32Array(0) },
      }),
    infer: ({ voice, face }): Promise<Logits> =>
      Promise.resolve({ voice: voice && HAPPY, face: face && HAPPY, fusion: null }),
    status: () => ({
      ready: true,
      workers: 1,
      workersAlive: 1,
      provider: 'cpu',
      depth: 0,
      windows: { workers: 1, batches: [], otherSeconds: 0 },
    }),
    close: () => Promise.resolve(),
    ...overrides,
  };
}

/** A good face, seen when the frame was captured. */
export function faceIn({ captureMs }: Pick<VideoFrame, 'captureMs'>): FaceSighting {
  const point = { x: 50, y: 50 };
  return {
    captureMs,
    box: { x: 20, y: 20, width: 80, height: 80 },
    keyPoints: { rightEye: point, leftEye: point, nose: point, mouth: point, rightEar: point, leftEar: point },
    score: 0.9,
    quality: { eyeDistancePx: 40, yawDeg: 0, pitchDeg: 0, rollDeg: 0, sharpness: 5, brightness: 0.5 },
    poor: null,
    encoding: { ...HAPPY, embedding: new Float32Array(4) },
  };
}

/** Counts by `name{label=value,...}`. */
export function meter(): Meter & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    count(name, labels = {}, by = 1) {
      const key = `${name}{${Object.entries(labels)
        .map(([k, v]) => `${k}=${v}`)
        .join(',')}}`;
      counts.set(key, (counts.get(key) ?? 0) + by);
    },
    gauge: () => undefined,
    observe: () => undefined,
  };
}

export function chunk(captureMs: number, ms = 100): PcmChunk {
  return { samples: Float32Array.from({ length: ms * 16 }, (_, i) => 0.3 * Math.sin(i * 0.2)), captureMs };
}

export function frame(captureMs: number): VideoFrame {
  return { width: 160, height: 120, data: new Uint8Array(160 * 120 * 1.5), fullRange: true, captureMs };
}

/** A window with a face to judge. */
export function window(seq: number, overrides: Partial<Window> = {}): Window {
  return {
    ...ref,
    seq,
    startMs: seq * 500,
    lengthMs: 3000,
    closedMs: 0,
    deadlineMs: Infinity,
    voice: null,
    face: { ...HAPPY, embeddings: new Float32Array(4), n: 1, visibleShare: 1 },
    missing: { voice: 'off' },
    consented: true,
    ...overrides,
  };
}

/** A verdict on the window `seq`, of 3 s every half second: sure of happiness unless told otherwise. */
export function verdictEvent(seq: number, said: Partial<Verdict> = {}): VerdictEvent {
  const startMs = seq * 500;
  const sure = { happiness: 0.9 };
  const verdict = {
    startMs,
    endMs: startMs + 3000,
    status: 'accepted',
    reason: null,
    labels: ['happiness'],
    probabilities: sure,
    shares: sure,
    modalities: ['voice', 'face'],
    missing: {},
    uncertainty: 0.5,
    pack: 'test@1',
    calibration: null,
    ...said,
  } as Verdict;
  return { ...ref, seq, verdict, packProbabilities: verdict.probabilities, latencyMs: 10 };
}
