/** A face and a voice as RTP packets, so that a benchmark decodes what a browser would send. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Encoder } from '@evan/opus';
import { UndertoneError } from '../../src/errors.ts';

/** One packet's payload and when it is sent, ms from the start. */
export interface Timed {
  readonly atMs: number;
  readonly payload: Uint8Array;
  /** Last packet of a frame. */
  readonly marker: boolean;
}

/** A loop of encoded media. */
export interface Recording {
  readonly lengthMs: number;
  readonly audio: readonly Timed[];
  readonly video: readonly Timed[];
}

const SAMPLE = fileURLToPath(new URL('../../clients/publisher/public/sample.webm', import.meta.url));
const AUDIO_MS = 20;
const MAX_PAYLOAD = 1100;
const run = promisify(execFile);

/** The sample clip of the publishing page: VP8 as it is, sound encoded anew as Opus packets of 20 ms. */
export async function loadRecording(ffmpeg = 'ffmpeg', file = SAMPLE): Promise<Recording> {
  const [ivf, pcm] = await Promise.all([
    output(ffmpeg, ['-i', file, '-an', '-c:v', 'copy', '-f', 'ivf', '-']),
    output(ffmpeg, ['-i', file, '-vn', '-ar', '48000', '-ac', '1', '-f', 's16le', '-']),
  ]);
  const video = vp8Packets(ivf);
  const audio = opusPackets(pcm);
  const lengthMs = Math.min(audio.length * AUDIO_MS, (video.at(-1)?.atMs ?? 0) + 1);
  return { lengthMs, audio: audio.filter(({ atMs }) => atMs < lengthMs), video };
}

async function output(ffmpeg: string, args: readonly string[]): Promise<Buffer> {
  try {
    const options = { encoding: 'buffer', maxBuffer: 1 << 28 } as const;
    const { stdout } = await run(ffmpeg, ['-v', 'error', ...args], options);
    return stdout;
  } catch (cause) {
    throw new UndertoneError('setup-missing', `${ffmpeg} could not read ${SAMPLE}: run npm start once`, { cause });
  }
}

function opusPackets(pcm: Buffer): Timed[] {
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  const frameBytes = (48_000 / 1000) * AUDIO_MS * 2;
  return Array.from({ length: Math.floor(pcm.length / frameBytes) }, (_, i) => ({
    atMs: i * AUDIO_MS,
    payload: Uint8Array.from(encoder.encode(pcm.subarray(i * frameBytes, (i + 1) * frameBytes))),
    marker: false,
  }));
}

/** IVF: a header of 32 bytes with the time base, then frames, each with its length and time. RFC 7741 payloads. */
function vp8Packets(ivf: Buffer): Timed[] {
  const ticksPerMs = ivf.readUInt32LE(16) / ivf.readUInt32LE(20) / 1000;
  const packets: Timed[] = [];
  for (let at = 32; at < ivf.length;) {
    const size = ivf.readUInt32LE(at);
    const atMs = ivf.readUInt32LE(at + 4) / ticksPerMs;
    const frame = ivf.subarray(at + 12, at + 12 + size);
    for (let cut = 0; cut < frame.length; cut += MAX_PAYLOAD) {
      const part = frame.subarray(cut, cut + MAX_PAYLOAD);
      const payload = new Uint8Array(part.length + 1);
      payload[0] = cut === 0 ? 0x10 : 0;
      payload.set(part, 1);
      packets.push({ atMs, payload, marker: cut + MAX_PAYLOAD >= frame.length });
    }
    at += 12 + size;
  }
  return packets;
}
