/** Evidence with a flash and a beep at a known instant, and what is found of them in a clip. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { VideoFrame } from '../../../src/domain.ts';
import type { Evidence } from '../../../src/domain/review.ts';

/** Pictures a second, as live analysis samples them. */
const EVERY_MS = 200;

/** A grey picture. */
export function picture(captureMs: number, luma: number, width = 320, height = 240): VideoFrame {
  const data = new Uint8Array(width * height * 1.5).fill(128);
  data.fill(luma, 0, width * height);
  return { width, height, data, fullRange: false, captureMs };
}

/**
 * Three seconds from `startMs`: dark pictures that are sampled at odd instants, of which one is bright, and silence with 100 ms
 * of 1 kHz that begins when the bright picture was captured.
 */
export function flashAndBeep(
  startMs = 5_000_123.25,
  jitterMs: readonly number[] = [37, 41, 3],
): Evidence & { atMs: number } {
  const times = Array.from({ length: 15 }, (_, i) => startMs + i * EVERY_MS + (jitterMs[i % jitterMs.length] ?? 0));
  const atMs = times[7] ?? 0;
  const sound = new Int16Array(48_000);
  const from = Math.round((atMs - startMs) * 16);
  for (let i = 0; i < 1600; i++) sound[from + i] = 24_000 * Math.sin((i * 2 * Math.PI) / 16);
  const pictures = times.map((ms) => picture(ms, ms === atMs ? 230 : 20));
  return { startMs, endMs: startMs + 3000, sound, pictures, atMs };
}

/** What a decoder makes of a clip: ms from its zero. */
export function lookInto(clip: Uint8Array, path: string) {
  writeFileSync(path, clip);
  const run = (binary: string, ...args: string[]) =>
    execFileSync(binary, ['-v', 'fatal', ...args], { maxBuffer: 1 << 28 });
  const entries = 'stream=codec_name:format=duration:packet=stream_index,pts_time';
  const { streams, format } = JSON.parse(run('ffprobe', '-of', 'json', '-show_entries', entries, path).toString()) as {
    streams: { codec_name: string }[];
    format: { duration?: string };
  };
  const codecs = streams.map(({ codec_name }) => codec_name);
  const frames = JSON.parse(
    run('ffprobe', '-of', 'json', '-select_streams', 'v', '-show_entries', 'frame=pts_time', path).toString(),
  ) as { frames?: { pts_time: string }[] };
  const pictureMs = (frames.frames ?? []).map(({ pts_time }) => Number(pts_time) * 1000);
  const shades = codecs.includes('vp8')
    ? run(
        'ffmpeg',
        '-i',
        path,
        '-vsync',
        'passthrough',
        '-vf',
        'scale=8:8:flags=area',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'gray',
        '-',
      )
    : Buffer.alloc(0);
  /** Mean luma of each picture in 8 x 8 fields, 0 to 255. */
  const fields = Array.from({ length: shades.length / 64 }, (_, i) => [...shades.subarray(i * 64, (i + 1) * 64)]);
  // With the times of the packets: aresample puts the first sample in its place.
  const samples = codecs.includes('opus')
    ? run(
        'ffmpeg',
        '-i',
        path,
        '-vn',
        '-af',
        'aresample=async=1:first_pts=0',
        '-f',
        's16le',
        '-ar',
        '16000',
        '-ac',
        '1',
        '-',
      )
    : Buffer.alloc(0);
  const loud: number[] = [];
  for (let i = 0; i < samples.length / 2; i++) if (Math.abs(samples.readInt16LE(i * 2)) > 6000) loud.push(i / 16);
  return {
    codecs,
    durationMs: Number(format.duration) * 1000,
    pictureMs,
    fields,
    flashMs: pictureMs[fields.findIndex((field) => (field[36] ?? 0) > 130)],
    beepMs: loud[0],
    beepEndMs: loud.at(-1),
    soundMs: samples.length / 32,
  };
}
