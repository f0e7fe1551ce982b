/** The looks that a clip gives at a face: crops as they are, or the participant's face wherever a video shows it. */
import { NO_TRACKS, track } from '../../../src/core/tracks.ts';
import type { FaceEncoding, VideoFrame } from '../../../src/domain.ts';
import type { WindowRequest } from '../../calls.ts';
import { attempt } from '../../worker/answers.ts';
import { faceCalls } from '../../worker/faces.ts';
import { type LookingNetworks, lookThrough } from '../../worker/seeing.ts';
import type { Answer } from '../../calls.ts';
import type { ScoringNetworks } from './networks.ts';

/** One encoded picture of a face. */
export interface Look {
  /** ms from the clip's beginning; null for a picture that stands for all of the clip. */
  readonly atMs: number | null;
  readonly encoding: FaceEncoding;
}

/** Frames that are looked through at a time. */
const FRAMES_AT_ONCE = 32;

/** Encodes crops of 48 x 48 grey pixels, 0 to 1: many in one run, and none fails with another. */
export function cropLooks(
  networks: LookingNetworks,
): (crops: readonly Float32Array[]) => Promise<readonly Answer<Look>[]> {
  const look = lookThrough(networks);
  return async (crops) => {
    const encodings = await look(crops);
    return crops.map((_, row) => attempt((): Look => ({ atMs: null, encoding: encodings(row) })));
  };
}

/**
 * Finds and encodes the participant's face in a video's sampled frames, as the live monitor does: detected, aligned, judged for
 * quality, followed from frame to frame. Frames in which it cannot be judged give no look.
 */
export function videoLooks(
  networks: LookingNetworks & Pick<ScoringNetworks, 'detector'>,
): (frames: readonly VideoFrame[]) => Promise<readonly Look[]> {
  let calls: ReturnType<typeof faceCalls> | null = null;
  return async (frames) => {
    calls ??= faceCalls({ ...networks, detector: await networks.detector() });
    const looks: Look[] = [];
    const beginMs = frames[0]?.captureMs ?? 0;
    let state = NO_TRACKS;
    for (let start = 0; start < frames.length; start += FRAMES_AT_ONCE) {
      const some = frames.slice(start, start + FRAMES_AT_ONCE);
      for (const [i, answer] of (await calls(some)).entries()) {
        if (!answer.ok) continue;
        const captureMs = some[i]?.captureMs ?? 0;
        const [next, { own }] = track(state, answer.value, captureMs);
        state = next;
        if (own?.encoding) looks.push({ atMs: captureMs - beginMs, encoding: own.encoding });
      }
    }
    return looks;
  };
}

/** Looks as a window carries them; null where there are none. */
export function faceOf(looks: readonly Look[]): WindowRequest['face'] {
  if (looks.length === 0) return null;
  const rows = (pick: (encoding: FaceEncoding) => Float32Array) => joined(looks.map(({ encoding }) => pick(encoding)));
  const distances = looks.flatMap(({ encoding }) => encoding.distance ?? []);
  const fused = looks.every(({ encoding }) => encoding.embedding);
  return {
    embeddings: fused ? rows(({ embedding }) => embedding ?? new Float32Array(0)) : null,
    shareLogits: rows(({ shareLogits }) => shareLogits),
    presenceLogits: rows(({ presenceLogits }) => presenceLogits),
    n: looks.length,
    ...(distances.length === looks.length && { distances: Float32Array.from(distances) }),
  };
}

/** Rows one after another. */
export function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
