/** Evidence as a WebM file that browsers play: VP8 and Opus, made by an ffmpeg process that steps back behind the live path. */
import type { Evidence } from '../../domain/review.ts';
import { asUndertoneError, UndertoneError } from '../../errors.ts';
import type { DecodeArguments } from '../ffmpeg-arguments.ts';
import { ffmpegBytes } from '../ffmpeg-bytes.ts';
import { MAX_EVIDENCE_MS, rawMatroska } from './raw-matroska.ts';

/** How a clip is made. */
export interface WebmOptions {
  /** The ffmpeg binary; it needs libvpx and libopus, which Debian's has. */
  readonly ffmpeg: string;
  /** Ends the process. */
  readonly signal: AbortSignal;
}

const NICENESS = 10;

/**
 * The clip of `evidence`: time 0 is its `startMs`, each picture appears when it was captured and stays until the next, sound
 * and pictures that are not there have no track. The bytes pass through pipes alone: nothing is written to a disk.
 * @throws UndertoneError `bad-media` where there is neither sound nor picture, or more than 30 s; `setup-missing` without
 *   ffmpeg; `internal` when ffmpeg fails or is ended.
 * @example const bytes = await encodeWebm(evidence, { ffmpeg: 'ffmpeg', signal });
 */
export async function encodeWebm(evidence: Evidence, { ffmpeg, signal }: WebmOptions): Promise<Uint8Array> {
  const lengthMs = evidence.endMs - evidence.startMs;
  if (evidence.sound === null && evidence.pictures.length === 0)
    throw new UndertoneError('bad-media', 'a clip needs sound or pictures: there are none of that time');
  if (lengthMs > MAX_EVIDENCE_MS)
    throw new UndertoneError('bad-media', `a clip of ${lengthMs} ms is too long: ${MAX_EVIDENCE_MS} ms is the most`);
  const input = { kind: 'file', url: 'pipe:0', shown: 'a clip', protocols: 'pipe' } as const;
  const chunks: Uint8Array[] = [];
  try {
    const written = ffmpegBytes(rawMatroska(evidence), input, argumentsFor(evidence), {
      ffmpeg,
      signal,
      niceness: NICENESS,
    });
    for await (const chunk of written) chunks.push(chunk);
  } catch (thrown) {
    const error = asUndertoneError(thrown);
    if (error.code === 'setup-missing') throw error;
    throw new UndertoneError('internal', 'ffmpeg could not make a clip: see the cause', { cause: error });
  }
  return Buffer.concat(chunks);
}

function argumentsFor({ startMs, endMs, sound, pictures }: Evidence): DecodeArguments {
  const fullRange = pictures[0]?.fullRange === true;
  // ffmpeg writes no length into a pipe unless told, and a player without one cannot seek.
  const length = `DURATION=${new Date(endMs - startMs).toISOString().slice(11, 23)}`;
  return {
    before: [
      ...['-hide_banner', '-loglevel', 'error', '-threads', '1', '-protocol_whitelist', 'pipe'],
      // Keep the times as they are: without it the first picture, or the first sound, would be at 0.
      ...['-f', 'matroska', '-copyts'],
    ],
    after: [
      ...(pictures.length > 0 ? [...PICTURES, ...(fullRange ? FULL_RANGE : []), '-metadata:s:v', length] : []),
      ...(sound === null ? [] : [...SOUND, '-metadata:s:a', length]),
      ...['-fflags', '+bitexact', '-f', 'webm'],
    ],
  };
}

const PICTURES = [
  ...['-map', '0:v', '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '5', '-b:v', '500k', '-g', '999'],
  ...['-pix_fmt', 'yuv420p', '-threads', '1'],
  // Pictures come at no steady rate: their times are to the ms.
  ...['-enc_time_base:v', '1:1000'],
] as const;

const FULL_RANGE = ['-vf', 'scale=in_range=full:out_range=tv'] as const;

const SOUND = ['-map', '0:a', '-c:a', 'libopus', '-b:a', '32k'] as const;
