import { Encoder } from '@evan/opus';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PcmChunk, VideoFrame } from '../../src/domain.ts';
import { startDecoder, type Decoder } from '../../src/io/decode.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';
import { encodeVideo, h264Packets, rtpPacket, vp8Packets } from '../fixtures/rtp.ts';
import { PATIENCE } from '../fixtures/patience.ts';

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
    await vi.waitUntil(() => chunks.length === 50, PATIENCE);
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
    await vi.waitUntil(() => chunks.length === 10, PATIENCE);
    expect(chunks.map(({ captureMs }) => captureMs / 20)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 10, 11]);
    await vi.waitUntil(
      () => meter.read('undertone_rtp_malformed_total', { kind: 'audio' }) === malformed + 1,
      PATIENCE,
    );
    stream.push(rtpPacket({ sequence: 65_542, timestamp: 0, payload: new Uint8Array(2).fill(255) }), 0, 0);
    await vi.waitUntil(() => meter.read('undertone_decode_errors_total', { kind: 'audio' }) === errors + 2, PATIENCE);
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
    await vi.waitUntil(() => after.length === 5, PATIENCE);
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
    await vi.waitUntil(() => frames.length >= 5, PATIENCE);
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
    const shown: number[] = [];
    const asked = vi.fn();
    const stream = decoder.open(
      { codec, fps: 30 },
      { onVideo: ({ captureMs }) => shown.push(captureMs / 40), onKeyFrameWanted: asked },
    );
    const encoded = await encodeVideo({ codec, width: 320, height: 240, frames: 30, keyEvery: 20 });
    const nextKey = encoded.findIndex(({ key }, n) => n > 3 && key);
    for (const { bytes, frame } of packets(encoded).filter(({ frame }) => frame !== 3)) {
      stream.push(bytes, frame * 40, 0);
      await paced();
    }
    await vi.waitUntil(() => shown.includes(nextKey), PATIENCE);
    expect(shown.slice(0, 4)).toEqual([0, 1, 2, nextKey]);
    expect(asked).toHaveBeenCalled();
    stream.close();
  });

  test('bytes that cannot be decoded cost pictures up to the next key frame, not the stream nor its neighbours', async () => {
    const shown: number[] = [];
    const neighbour: number[] = [];
    const asked = vi.fn();
    const stream = decoder.open(
      { codec, fps: 30 },
      { onVideo: ({ captureMs }) => shown.push(captureMs / 40), onKeyFrameWanted: asked },
    );
    const other = decoder.open({ codec, fps: 30 }, { onVideo: ({ captureMs }) => neighbour.push(captureMs / 40) });
    // The H.264 encoder here reorders: its last two pictures stay inside the decoder.
    const encoded = await encodeVideo({ codec, width: 320, height: 240, frames: 20, keyEvery: 10 });
    const errors = meter.read('undertone_decode_errors_total', { kind: 'video' });
    const broken = encoded.map((frame, n) => (n === 0 ? { ...frame, data: spoilt(frame.data) } : frame));
    const clean = packets(encoded);
    const sent = packets(broken);
    for (const [i, { bytes, frame }] of sent.entries()) {
      stream.push(bytes, frame * 40, 0);
      other.push(clean[i]?.bytes ?? bytes, frame * 40, 0);
      await paced();
      // Of broken H.264 ffmpeg conceals what it can, and says nothing.
      if (codec === 'vp8' && frame === 9) await vi.waitUntil(() => asked.mock.calls.length > 0, PATIENCE);
    }
    await vi.waitUntil(() => shown.includes(17) && neighbour.includes(17), PATIENCE);
    expect(shown[0]).toBe(10);
    expect(neighbour[0]).toBe(0);
    if (codec === 'vp8') expect(meter.read('undertone_decode_errors_total', { kind: 'video' })).toBe(errors + 1);
    stream.close();
    other.close();
  });

  test('the order in which packets come does not matter within the buffer', async () => {
    const shown: number[] = [];
    const stream = decoder.open({ codec, fps: 30 }, { onVideo: ({ captureMs }) => shown.push(captureMs / 40) });
    const sent = packets(await encodeVideo({ codec, width: 320, height: 240, frames: 10 }), { mtu: 40 });
    const [first, ...rest] = sent;
    const swapped = rest.flatMap((_, i) => (i % 2 === 0 ? rest.slice(i, i + 2).toReversed() : []));
    for (const { bytes, frame } of first === undefined ? [] : [first, ...swapped]) stream.push(bytes, frame * 40, 0);
    await vi.waitUntil(() => shown.length >= 8, PATIENCE);
    expect(shown.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    stream.close();
  });

  test('pictures above 960 pixels are halved', async () => {
    const frames: VideoFrame[] = [];
    const stream = decoder.open({ codec, fps: 5 }, { onVideo: (frame) => frames.push(frame) });
    for (const { bytes } of packets(await encodeVideo({ codec, width: 1920, height: 1080, frames: 3 }), { mtu: 1200 }))
      stream.push(bytes, 0, 0);
    await vi.waitUntil(() => frames.length === 1, PATIENCE);
    expect(frames[0]).toMatchObject({ width: 960, height: 540 });
    expect(frames[0]?.data.length).toBe(960 * 540 * 1.5);
    expect(frames[0]?.data[0]).toBeCloseTo(40, -0.8);
    stream.close();
  });
});

describe('hostile video', () => {
  test.each([
    { width: 0, height: 0 },
    { width: 8000, height: 8000 },
    { width: 8, height: 640 },
  ])('a VP8 key frame of $width x $height is refused and counted, and the next good one is shown', async (size) => {
    const shown: VideoFrame[] = [];
    const stream = decoder.open({ codec: 'vp8', fps: 30 }, { onVideo: (frame) => shown.push(frame) });
    const refused = () => meter.read('undertone_decode_dropped_total', { kind: 'video', reason: 'size' });
    const before = refused();
    const [good] = await encodeVideo({ codec: 'vp8', width: 320, height: 240, frames: 1 });
    if (good === undefined) throw new Error('nothing was encoded');
    const data = good.data.slice();
    new DataView(data.buffer).setUint16(6, size.width, true);
    new DataView(data.buffer).setUint16(8, size.height, true);
    for (const { bytes } of vp8Packets([{ ...good, data }, good])) stream.push(bytes, 0, 0);
    await vi.waitUntil(() => shown.length === 1, PATIENCE);
    expect(refused()).toBe(before + 1);
    expect(shown[0]).toMatchObject({ width: 320, height: 240 });
    stream.close();
  });

  test('an H.264 stream of 8000 pixels is refused before it is decoded', async () => {
    const stream = decoder.open({ codec: 'h264' }, {});
    const refused = () => meter.read('undertone_decode_dropped_total', { kind: 'video', reason: 'size' });
    const before = refused();
    for (const { bytes } of h264Packets([{ key: true, data: sps8000 }])) stream.push(bytes, 0, 0);
    await vi.waitUntil(() => refused() === before + 1, PATIENCE);
    stream.close();
  });

  test('a flood is dropped and counted, and the voice beside it is heard', async () => {
    const chunks: PcmChunk[] = [];
    const flooded = decoder.open({ codec: 'vp8' }, {});
    const voice = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => chunks.push(chunk) });
    const dropped = () => meter.read('undertone_decode_dropped_total', { kind: 'video', reason: 'queue-full' });
    const before = dropped();
    for (let n = 0; n < 3000; n++)
      flooded.push(rtpPacket({ sequence: n, timestamp: n, payload: new Uint8Array(1000) }), 0, 0);
    expect(dropped()).toBeGreaterThan(before);
    expect(decoder.status().depth).toBeLessThanOrEqual(600);
    tone(10).forEach((packet, n) => {
      voice.push(packet, 20 * n, 0);
    });
    await vi.waitUntil(() => chunks.length === 10, PATIENCE);
    flooded.close();
    voice.close();
  });
});

describe('decoder processes', () => {
  test('one that crashes is started again, and its streams go on', async () => {
    const own = countingMeter();
    const fragile = await startDecoder({ workers: 1, log: silentLog, meter: own });
    const chunks: PcmChunk[] = [];
    const asked = vi.fn();
    const voice = fragile.open({ codec: 'opus' }, { onAudio: (chunk) => chunks.push(chunk) });
    const face = fragile.open({ codec: 'vp8' }, { onKeyFrameWanted: asked });
    const play = (fromMs: number) => {
      tone(3).forEach((packet, n) => {
        voice.push(packet, fromMs + 20 * n, 0);
      });
    };
    play(0);
    await vi.waitUntil(() => chunks.length === 3, PATIENCE);
    const [pid] = fragile.pids;
    process.kill(pid ?? 0, 'SIGSEGV');
    await vi.waitUntil(() => fragile.status().workersAlive === 0, PATIENCE);
    await vi.waitUntil(() => fragile.status().workersAlive === 1, PATIENCE);
    expect(own.read('undertone_decode_worker_restarts_total')).toBe(1);
    play(100);
    await vi.waitUntil(() => chunks.length === 6, PATIENCE);
    face.push(rtpPacket({ sequence: 7, timestamp: 0, marker: true, payload: Uint8Array.of(0x10, 1, 2) }), 0, 0);
    await vi.waitUntil(() => asked.mock.calls.length > 0, PATIENCE);
    await fragile.close();
  });

  test('one that hangs is killed and started again', async () => {
    const own = countingMeter();
    const stuck = await startDecoder({ workers: 1, batchLimitMs: 300, log: silentLog, meter: own });
    const chunks: PcmChunk[] = [];
    const voice = stuck.open({ codec: 'opus' }, { onAudio: (chunk) => chunks.push(chunk) });
    process.kill(stuck.pids[0] ?? 0, 'SIGSTOP');
    const play = () => {
      for (const packet of tone(3)) voice.push(packet, 0, 0);
    };
    play();
    await vi.waitUntil(() => own.read('undertone_decode_worker_restarts_total') === 1, PATIENCE);
    await vi.waitUntil(() => stuck.status().workersAlive === 1, PATIENCE);
    play();
    await vi.waitUntil(() => chunks.length === 3, PATIENCE);
    await stuck.close();
  });

  test('closing in the middle of a picture ends the process and nothing else', async () => {
    const sent = vp8Packets(await encodeVideo({ codec: 'vp8', width: 640, height: 480, frames: 30 }));
    const brief = await startDecoder({ workers: 2, log: silentLog, meter });
    const shown = vi.fn();
    const streams = [0, 1].map(() => brief.open({ codec: 'vp8', fps: 30 }, { onVideo: shown }));
    for (const { bytes } of sent) for (const stream of streams) stream.push(bytes, 0, 0);
    await vi.waitUntil(() => shown.mock.calls.length > 0, PATIENCE);
    await brief.close();
    expect(brief.status().workersAlive).toBe(0);
    expect(brief.pids).toEqual([]);
  });

  test('what comes out owns its bytes, so that it may be transferred to another thread', async () => {
    const frames: VideoFrame[] = [];
    const stream = decoder.open({ codec: 'vp8', fps: 30 }, { onVideo: (frame) => frames.push(frame) });
    for (const { bytes, frame } of vp8Packets(await encodeVideo({ codec: 'vp8', width: 320, height: 240, frames: 3 })))
      stream.push(bytes, frame * 40, 0);
    await vi.waitUntil(() => frames.length === 3, PATIENCE);
    for (const { data } of frames) expect(data.buffer.byteLength).toBe(data.length);
    stream.close();
  });
});

/** Packets of a live source come one after another, not all at once. */
function paced(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 4));
}

function spoilt(data: Uint8Array): Uint8Array {
  return data.map((byte, i) => (i < 12 ? byte : 0xff ^ byte)).subarray(0, Math.max(14, data.length >> 3));
}

/** Baseline parameter set of 500 x 500 macroblocks (8000 pixels a side), then the start of an IDR slice. */
const sps8000 = Uint8Array.of(
  0,
  0,
  0,
  1,
  0x67,
  66,
  0xe0,
  31,
  ...exponentialGolomb([0, 0, 2, 1], [499, 499]),
  0,
  0,
  0,
  1,
  0x65,
  0x88,
  0x84,
);

/** ue(v) codes of an SPS: up to max_num_ref_frames, a bit for the gaps, the size in macroblocks, and the frame flag. */
function exponentialGolomb(before: readonly number[], size: readonly number[]): Uint8Array {
  const code = (value: number) => {
    const binary = (value + 1).toString(2);
    return '0'.repeat(binary.length - 1) + binary;
  };
  const bits = `${before.map(code).join('')}0${size.map(code).join('')}11`;
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  return Uint8Array.from({ length: padded.length / 8 }, (_, i) => Number.parseInt(padded.slice(i * 8, i * 8 + 8), 2));
}
