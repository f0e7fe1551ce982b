/** A recorded clip as the windows that the live monitor would make of it. */
import { HOP_MS, HOP_SAMPLES, logMel, MEL_BANDS } from '../../../src/core/features.ts';
import type { VideoFrame } from '../../../src/domain.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { Answer, WindowRequest } from '../../calls.ts';
import { faceOf, type Look } from './looks.ts';
import { windowStarts } from './voice-windows.ts';

/** What a clip is judged by; what is null is not judged. */
export interface ClipMedia {
  /** 16 kHz mono in [-1, 1]. */
  readonly sound: Float32Array | null;
  /** One face crop, 48 x 48 grey pixels, 0 to 1, or the frames of a video in which the face is looked for. */
  readonly face: { readonly crop: Float32Array } | { readonly frames: readonly VideoFrame[] } | null;
}

/**
 * The windows of one clip; where voice and face are both asked for, those that have both.
 * @param looks at the clip's face.
 * @param length frames of a window.
 */
export function windowsOf(
  { sound, face }: ClipMedia,
  looks: readonly Look[],
  length: number,
): Answer<readonly WindowRequest[]> {
  if (face && looks.length === 0) return failed('no face that can be judged was found in its pictures');
  if (sound === null) return { ok: true, value: [{ voice: null, face: faceOf(looks) }] };
  const { frames } = logMel(new Float32Array(0), sound);
  if (frames.length === 0) return failed('its sound is shorter than 25 ms');
  const windows = windowStarts(frames.length / MEL_BANDS, length).map((start): WindowRequest => {
    const heard = frames.subarray(start * MEL_BANDS, (start + length) * MEL_BANDS);
    const [fromMs, toMs] = [start * HOP_MS, (start + length) * HOP_MS];
    const seen = looks.filter(({ atMs }) => atMs === null || (atMs >= fromMs && atMs < toMs));
    const samples = sound.subarray(start * HOP_SAMPLES, (start + length) * HOP_SAMPLES);
    return { voice: { logMel: heard, frames: heard.length / MEL_BANDS, samples }, face: faceOf(seen) };
  });
  const whole = windows.filter((window) => face === null || window.face);
  return whole.length > 0 ? { ok: true, value: whole } : failed('no face was seen while there was sound');
}

/** A clip that cannot be judged, and why. */
export function failed(why: string): { readonly ok: false; readonly code: ErrorCode; readonly message: string } {
  return { ok: false, code: 'bad-media', message: why };
}
