import { Encoder } from '@evan/opus';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PcmChunk, VideoFrame } from '../../src/domain.ts';
import { startDecoder, type Decoder } from '../../src/io/decode.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';
import { encodeVideo, h264Packets, rtpPacket, vp8Packets } from '../fixtures/rtp.ts';

const meter = countingMeter();
let decoder: Decoder;

beforeAll(async () => {
  decoder = await startDecoder({ workers: 1, log: silentLog, meter });
});

afterAll(async () => {
  await decoder.close();
});

/** A second of a 440 Hz tone as 50 Opus packets. */
function tone(packets = 50): Uint8Array[] {
  const encoder = new Encoder({ channels: 1, sample_rate: 48_000, application: 'voip' });
  return Array.from({ length: packets }, (_, n) => {
    const pcm = Int16Array.from(
      { length: 960 },
      (_, i) => 8000 * Math.sin((2 * Math.PI * 440 * (n * 960 + i)) / 48_000),
    );
    return rtpPacket({ sequence: 65_530 + n, timestamp: n * 960, payload: encoder.encode(pcm) });
  });
}

describe('voice', () => {
  test('a tone comes out at 16 kHz with its pitch, its times and nothing missing', async () => {
    const chunks: PcmChunk[] = [];
    const stream = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => chunks.push(chunk) });
    tone().forEach((packet, n) => {
      stream.push(packet, 1000 + 20 * n, 0);
    });
    await vi.waitUntil(() => chunks.length === 50);
    expect(chunks.map(({ captureMs }) => captureMs)).toEqual(Array.from({ length: 50 }, (_, n) => 1000 + 20 * n));
    expect(new Set(chunks.map(({ samples }) => samples.length))).toEqual(new Set([320]));
    const sound = chunks.slice(5).flatMap(({ samples }) => [...samples]);
    const crossings = sound.filter((value, i) => i > 0 && value >= 0 && (sound[i - 1] ?? 0) < 0).length;
    expect(crossings / (sound.length / 16_000)).toBeCloseTo(440, -1);
    expect(Math.max(...sound)).toBeGreaterThan(0.15);
    stream.close();
  });

  test('packets out of order come out in order, a lost one is a gap, bytes that are not Opus are counted', async () => {
    const chunks: PcmChunk[] = [];
    const stream = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => chunks.push(chunk) });
    const sent = tone(12);
    const lost = meter.read('undertone_rtp_lost_total', { kind: 'audio' });
    const errors = meter.read('undertone_decode_errors_total', { kind: 'audio' });
    const malformed = meter.read('undertone_rtp_malformed_total', { kind: 'audio' });
    sent[9] = rtpPacket({ sequence: 65_539, timestamp: 9 * 960, payload: new Uint8Array(40).fill(255) });
    for (const n of [0, 2, 1, 3, 5, 6, 7, 8, 9, 10, 11]) stream.push(sent[n] ?? new Uint8Array(), n * 20, 0);
    stream.push(Uint8Array.of(1, 2, 3), 0, 0);
    await vi.waitUntil(() => chunks.length === 10);
    expect(chunks.map(({ captureMs }) => captureMs / 20)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 10, 11]);
    await vi.waitUntil(() => meter.read('undertone_rtp_malformed_total', { kind: 'audio' }) === malformed + 1);
    stream.push(rtpPacket({ sequence: 65_542, timestamp: 0, payload: new Uint8Array(2).fill(255) }), 0, 0);
    await vi.waitUntil(() => meter.read('undertone_decode_errors_total', { kind: 'audio' }) === errors + 2);
    expect(meter.read('undertone_rtp_lost_total', { kind: 'audio' })).toBe(lost + 1);
    stream.close();
  });

  test('after close nothing comes out', async () => {
    const chunks: PcmChunk[] = [];
    const after: PcmChunk[] = [];
    const stream = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => chunks.push(chunk) });
    const other = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => after.push(chunk) });
    tone(5).forEach((packet, n) => {
      stream.push(packet, n, 0);
    });
    stream.close();
    tone(5).forEach((packet, n) => {
      other.push(packet, n, 0);
    });
    await vi.waitUntil(() => after.length === 5);
    expect(chunks).toEqual([]);
    other.close();
  });
});

describe.each([
  { codec: 'vp8', packets: vp8Packets },
  { codec: 'h264', packets: h264Packets },
] as const)('$codec', ({ codec, packets }) => {
  test('pictures come out at the rate asked for, with their size, their times and what was on them', async () => {
    const frames: VideoFrame[] = [];
    const stream = decoder.open({ codec, fps: 5 }, { onVideo: (frame) => frames.push(frame) });
    const sent = packets(await encodeVideo({ codec, width: 320, height: 240, frames: 30 }));
    for (const { bytes, frame } of sent) stream.push(bytes, frame * 40, 3);
    await vi.waitUntil(() => frames.length >= 5);
    expect(frames.slice(0, 5).map(({ captureMs }) => captureMs)).toEqual([0, 200, 400, 600, 800]);
    expect(frames[0]).toMatchObject({ width: 320, height: 240, fullRange: false });
    expect(frames[0]?.data.length).toBe(320 * 240 * 1.5);
    // encodeVideo paints frame n with luma 40 + 4 n
    expect(frames.slice(0, 5).map(({ data }) => data[320 * 120 + 160])).toEqual(
      [0, 5, 10, 15, 20].map((n) => expect.closeTo(40 + 4 * n, -0.8) as unknown),
    );
    stream.close();
  });

  test('a lost packet asks for a key frame, and nothing is shown until it comes', async () => {
    const times: number[] = [];
    const asked = vi.fn();
    const stream = decoder.open(
      { codec, fps: 30 },
      { onVideo: ({ captureMs }) => times.push(captureMs), onKeyFrameWanted: asked },
    );
    const sent = packets(await encodeVideo({ codec, width: 320, height: 240, frames: 30, keyEvery: 20 }));
    const without = sent.filter(({ frame }) => frame !== 6);
    for (const { bytes, frame } of without) {
      stream.push(bytes, frame * 40, 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await vi.waitUntil(() => times.includes(20 * 40));
    expect(times.filter((ms) => ms >= 6 * 40 && ms < 20 * 40)).toEqual([]);
    expect(asked).toHaveBeenCalled();
    stream.close();
  });
});
