/** What this process does not decode itself, by an ffmpeg process for each clip: 50 ms and more. */
import type { VideoFrame } from '../../domain.ts';
import { UndertoneError } from '../../errors.ts';
import { fileArguments } from '../ffmpeg-arguments.ts';
import { mediaOf } from '../ffmpeg-decoded.ts';
import { readMatroska } from '../ffmpeg-matroska.ts';
import { bytesInput, ffmpegBytes, type FfmpegOptions } from '../ffmpeg-bytes.ts';
import { type GreyPicture, luma } from './png.ts';

/** The longest sound that is decoded; a clip is seconds long, and a mistake is hours long. */
const MAX_SOUND_SECONDS = 600;

const SAMPLE_RATE_HZ = 16_000;

/** How a video clip is sampled. */
export interface FrameOptions {
  /** Pictures a second, the first of each interval. Default 5, as in live analysis. */
  readonly framesPerSecond?: number;
  /** Pictures that are taken, from the beginning. Default 100. */
  readonly maxFrames?: number;
}

/**
 * Sound as 16 kHz mono in [-1, 1]; what is not a number is silence.
 * @throws UndertoneError as `ffmpegBytes` does, and `bad-media` for more than 10 minutes.
 */
export async function decodeSound(file: Uint8Array, name: string, options: FfmpegOptions): Promise<Float32Array> {
  const { before } = fileArguments(bytesInput(name), 'voice', { framesPerSecond: 1, both: false });
  // Without a bound ffmpeg adds floats of two channels up to 1.4 times the louder; with it, mono is their mean.
  const mono = ['-ac', '1', '-rematrix_maxval', '1', '-ar', String(SAMPLE_RATE_HZ)];
  const after = ['-map', '0:a:0', ...mono, '-c:a', 'pcm_f32le', '-f', 'f32le', '-t', String(MAX_SOUND_SECONDS + 1)];
  // A copy has its samples where Float32Array wants them.
  const bytes = new Uint8Array(await whole(ffmpegBytes(file, bytesInput(name), { before, after }, options)));
  const samples = new Float32Array(bytes.buffer, 0, bytes.length >> 2);
  if (samples.length > MAX_SOUND_SECONDS * SAMPLE_RATE_HZ)
    throw new UndertoneError('bad-media', `${name} is longer than ${MAX_SOUND_SECONDS / 60} min: cut it into clips`);
  return samples.map((sample) => (Number.isNaN(sample) ? 0 : Math.max(-1, Math.min(1, sample))));
}

/** One picture as luma, the first where there are more. @throws UndertoneError as `ffmpegBytes` does. */
export async function decodePicture(file: Uint8Array, name: string, options: FfmpegOptions): Promise<GreyPicture> {
  const { before } = fileArguments(bytesInput(name), 'face', { framesPerSecond: 1, both: false });
  const after = ['-map', '0:v:0', '-frames:v', '1', '-c:v', 'ppm', '-pix_fmt', 'rgb24', '-f', 'image2pipe'];
  const bytes = await whole(ffmpegBytes(file, bytesInput(name), { before, after }, options));
  const [header, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(bytes.toString('latin1', 0, 32)) ?? [];
  if (header === undefined) throw new UndertoneError('bad-media', `${name} holds no picture: give a PNG, JPEG or WebP`);
  const rgb = bytes.subarray(header.length);
  const size = { width: Number(width), height: Number(height) };
  const pixels = Float32Array.from({ length: size.width * size.height }, (_, at) =>
    luma(rgb[at * 3] ?? 0, rgb[at * 3 + 1] ?? 0, rgb[at * 3 + 2] ?? 0),
  );
  return { ...size, pixels };
}

/** Pictures of a video as live analysis gets them; at least one. @throws UndertoneError as `ffmpegBytes` does. */
export async function decodeFrames(
  file: Uint8Array,
  name: string,
  { framesPerSecond = 5, maxFrames = 100 }: FrameOptions,
  options: FfmpegOptions,
): Promise<readonly VideoFrame[]> {
  const input = bytesInput(name);
  const args = fileArguments(input, 'face', { framesPerSecond, both: false });
  const frames: VideoFrame[] = [];
  const bytes = ffmpegBytes(file, input, args, options);
  try {
    for await (const event of mediaOf(readMatroska(bytes))) {
      if (event.kind === 'video') frames.push(event.frame);
      if (frames.length >= maxFrames) break;
    }
  } finally {
    // The demuxer does not end what it reads from.
    await bytes.return(undefined);
  }
  if (frames.length === 0)
    throw new UndertoneError('bad-media', `${name} holds no picture: record it again or leave it out`);
  return frames;
}

async function whole(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const held: Buffer[] = [];
  for await (const chunk of chunks) held.push(chunk);
  return Buffer.concat(held);
}
