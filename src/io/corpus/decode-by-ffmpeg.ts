/**
 * Whatever this process does not decode itself, by an ffmpeg process that is given the bytes and nothing else: it may
 * open no file and no address, so that a playlist in a corpus leads nowhere.
 */
import { spawn } from 'node:child_process';
import { UndertoneError } from '../../errors.ts';
import { ffmpegMissing } from '../ffmpeg-probe.ts';
import { type GreyPicture, luma, MAX_PICTURE_SIDE_PX } from './png.ts';

/** How ffmpeg is run. */
export interface FfmpegOptions {
  /** The ffmpeg binary. */
  readonly ffmpeg: string;
  /** Ends the process. */
  readonly signal: AbortSignal;
}

/** `cache:` lets ffmpeg seek in what it was given: MP4 may have its index at the end. */
const INPUT = [
  ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-threads', '1'],
  ...['-max_pixels', String(MAX_PICTURE_SIDE_PX ** 2)],
  ...['-protocol_whitelist', 'cache,pipe', '-i', 'cache:pipe:0'],
];

/** The longest sound that is decoded; a clip is seconds long, and a mistake is hours long. */
const MAX_SOUND_SECONDS = 600;

/** Decode sound to 16 kHz mono in [-1, 1]; what is not a number is silence. @throws UndertoneError `bad-media`, `setup-missing`. */
export async function decodeSound(file: Uint8Array, name: string, options: FfmpegOptions): Promise<Float32Array> {
  const sound = ['-map', '0:a:0', '-c:a', 'pcm_f32le', '-ar', '16000', '-ac', '1', '-f', 'f32le', '-'];
  const bytes = await run([...INPUT, '-t', String(MAX_SOUND_SECONDS + 1), ...sound], file, name, options);
  const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  if (samples.length > MAX_SOUND_SECONDS * 16_000)
    throw new UndertoneError(
      'bad-media',
      `${name} is longer than ${MAX_SOUND_SECONDS / 60} minutes: cut it into clips`,
    );
  return samples.map((sample) => (Number.isNaN(sample) ? 0 : Math.max(-1, Math.min(1, sample))));
}

/** Decode one picture. @throws UndertoneError `bad-media`, `setup-missing`. */
export async function decodePicture(file: Uint8Array, name: string, options: FfmpegOptions): Promise<GreyPicture> {
  const picture = ['-map', '0:v:0', '-frames:v', '1', '-c:v', 'ppm', '-pix_fmt', 'rgb24', '-f', 'image2pipe', '-'];
  const bytes = await run([...INPUT, ...picture], file, name, options);
  const [whole, width, height] = /^P6\n(\d+) (\d+)\n255\n/.exec(bytes.toString('latin1', 0, 32)) ?? [];
  if (whole === undefined) throw new UndertoneError('bad-media', `${name} holds no picture: give a PNG, JPEG or WebP`);
  const rgb = bytes.subarray(whole.length);
  const size = { width: Number(width), height: Number(height) };
  const pixels = Float32Array.from({ length: size.width * size.height }, (_, at) =>
    luma(rgb[at * 3] ?? 0, rgb[at * 3 + 1] ?? 0, rgb[at * 3 + 2] ?? 0),
  );
  return { ...size, pixels };
}

/** All that ffmpeg writes. */
async function run(
  args: readonly string[],
  input: Uint8Array,
  name: string,
  { ffmpeg, signal }: FfmpegOptions,
): Promise<Buffer> {
  const process = spawn(ffmpeg, args, { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGKILL' });
  const written: Buffer[] = [];
  let said = '';
  process.stdout.on('data', (chunk: Buffer) => written.push(chunk));
  process.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  // ffmpeg may have enough before it has read all: that is no failure.
  process.stdin.on('error', () => undefined);
  process.stdin.end(input);
  const code = await new Promise<number | null>((done, fail) => {
    process.on('close', done);
    process.on('error', (error: NodeJS.ErrnoException) => {
      fail(
        error.code === 'ENOENT' || error.code === 'EACCES'
          ? ffmpegMissing(ffmpeg, error)
          : new UndertoneError('bad-media', `stopped decoding ${name}`, { cause: error }),
      );
    });
  });
  if (code === 0) return Buffer.concat(written);
  const why =
    said
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^(\[[^\]]*\] )+/, '') ?? '';
  throw new UndertoneError('bad-media', `cannot decode ${name}: ${why || `ffmpeg ended with ${code}`}`);
}
