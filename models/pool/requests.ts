/**
 * What a caller passes, as a request that a worker may own: features are copied, frames taken over. Queued calls hold
 * nothing that the caller may still change.
 */
import type { VideoFrame, Window } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { SpeechState } from '../../src/ports.ts';
import { BLOCK_SAMPLES, type SpeechRequest, type WindowRequest } from '../calls.ts';

/** A request and the buffers that move with it. */
export interface OwnedRequest<T> {
  readonly request: T;
  readonly transfer: readonly ArrayBuffer[];
}

/** About half a minute: a longer call would keep its worker from everyone else. */
const MAX_BLOCKS = 1024;

/** @throws UndertoneError `inference-failed` when the window has neither voice nor face. */
export function ownWindow({ voice, face }: Pick<Window, 'voice' | 'face'>): OwnedRequest<WindowRequest> {
  if (!voice && !face)
    throw new UndertoneError('inference-failed', 'a window without voice and face has nothing to judge');
  // Who hears the sound itself has no use for its log-mel.
  const samples = voice?.samples?.slice();
  const logMel = voice && (samples ? new Float32Array(0) : voice.logMel.slice());
  const embeddings = face?.embeddings?.slice() ?? null;
  return {
    request: {
      voice: voice && logMel ? { logMel, frames: voice.frames, ...(samples && { samples }) } : null,
      face: face && {
        shareLogits: face.shareLogits.slice(),
        presenceLogits: face.presenceLogits.slice(),
        embeddings,
        n: face.n,
        ...(face.distances && { distances: face.distances.slice() }),
      },
    },
    transfer: [logMel, samples, embeddings].flatMap((owned) => (owned ? [owned.buffer] : [])),
  };
}

/** @throws UndertoneError `bad-media` when `samples` is not whole blocks, or more than 1024 of them. */
export function ownSpeech(samples: Float32Array, state: SpeechState | null): OwnedRequest<SpeechRequest> {
  const blocks = samples.length / BLOCK_SAMPLES;
  if (!Number.isInteger(blocks) || blocks > MAX_BLOCKS)
    throw new UndertoneError(
      'bad-media',
      `${samples.length} samples are not 0 to ${MAX_BLOCKS} blocks of ${BLOCK_SAMPLES}: cut the sound into such blocks`,
    );
  const own = samples.slice();
  return { request: { samples: own, state }, transfer: [own.buffer] };
}

/**
 * Moves the frame's buffer where it is the frame's alone; of a buffer that others share, the frame's part is copied.
 * @throws UndertoneError `bad-media` when the buffer was moved before.
 */
export function ownFrame(frame: VideoFrame): OwnedRequest<VideoFrame> {
  const { buffer, byteLength } = frame.data;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  if (whole && buffer.detached)
    throw new UndertoneError('bad-media', 'the frame was given away already: detectFaces takes its buffer over');
  const data = whole ? new Uint8Array(buffer.transfer()) : frame.data.slice();
  return { request: { ...frame, data }, transfer: [data.buffer] };
}
