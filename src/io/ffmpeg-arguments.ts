/** ffmpeg's command line for one input, as two lists: what comes before `-i`, and what comes after it. */
import type { Modality } from '../domain.ts';
import { MAX_SIDE_PX } from './ffmpeg-probe.ts';
import type { MediaInput } from './ffmpeg-input.ts';

/** Longest side of the pictures that are handed on, in pixels; larger ones are scaled down. */
const PICTURE_SIDE_PX = 1280;

/** What ffmpeg is to decode, and how. */
export interface DecodeArguments {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface DecodeRequest {
  /** Pictures a second that are handed on, the first of each interval; fewer where the input has fewer. */
  readonly framesPerSecond: number;
}

/** Decode one modality of a file. `both` when the file has the other one too. */
export function fileArguments(
  input: MediaInput,
  modality: Modality,
  { framesPerSecond, both }: DecodeRequest & { readonly both: boolean },
): DecodeArguments {
  const other = modality === 'voice' ? '0:V:0' : '0:a:0';
  return {
    before: inputArguments(input),
    after: [
      // The other stream is read too and thrown away, still encoded: ffmpeg takes a file's zero and mends its breaks by
      // the streams in use, so the two processes of a file agree on time only if both use both.
      ...(both ? ['-map', other, '-c', 'copy', '-f', 'null', '-'] : []),
      ...(modality === 'voice' ? ['-map', '0:a:0', ...SOUND] : ['-map', '0:V:0', ...pictures(framesPerSecond)]),
      ...MATROSKA,
    ],
  };
}

/** Decode whatever modalities a live stream has, with little delay. */
export function liveArguments(input: MediaInput, { framesPerSecond }: DecodeRequest): DecodeArguments {
  return {
    before: [
      // HLS offers the last minutes at once: start near the end and read at the speed of time.
      ...(input.kind === 'http' ? ['-re'] : ['-flags', 'low_delay', '-analyzeduration', '1000000']),
      ...(input.kind === 'rtsp' ? ['-rtsp_transport', 'tcp'] : []),
      ...inputArguments(input),
    ],
    after: [
      ...['-map', '0:a:0?', ...SOUND, '-map', '0:V:0?', ...pictures(framesPerSecond)],
      // Hand on each block when the next one begins; do not wait 10 s for a modality that pauses.
      ...['-max_interleave_delta', '300000', '-cluster_size_limit', '1', '-flush_packets', '1'],
      ...MATROSKA,
    ],
  };
}

const SOUND = ['-c:a', 'pcm_f32le', '-ar', '16000', '-ac', '1', '-rematrix_maxval', '1'] as const;

const MATROSKA = ['-f', 'matroska'] as const;

function inputArguments(input: MediaInput): readonly string[] {
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '1', '-max_pixels', String(MAX_SIDE_PX ** 2)],
    ...['-protocol_whitelist', input.protocols],
  ];
}

function pictures(framesPerSecond: number): readonly string[] {
  const interval = (t: string) => `floor(${t}*${framesPerSecond}+0.001)`;
  const width = 'iw*sar';
  const ratio = `min(1,${PICTURE_SIDE_PX}/max(${width},ih))`;
  const even = (side: string) => `max(2,trunc(${side}*${ratio}/2)*2)`;
  return [
    '-vf',
    [
      // Not the filter `fps`: it repeats pictures over gaps, and a frozen face is no evidence.
      `select='isnan(prev_selected_t)+gt(${interval('t')},${interval('prev_selected_t')})'`,
      `scale=w='${even(width)}':h='${even('ih')}':flags=area:out_range=tv:out_color_matrix=bt601`,
      'format=yuv420p',
    ].join(','),
    ...['-c:v', 'rawvideo', '-sn', '-dn'],
  ];
}
