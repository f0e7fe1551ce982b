import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble, type FrameState } from '../../src/core/rtp-frames.ts';
import { h264Part } from '../../src/core/rtp-h264.ts';
import { spsFrameSize } from '../../src/core/rtp-h264-sps.ts';
import { emptyJitter, release, reorder, type InOrder, type JitterState } from '../../src/core/rtp-jitter.ts';
import { vp8Part } from '../../src/core/rtp-vp8.ts';
import { parseRtp, rtpHead, unwrap, type RtpPacket } from '../../src/core/rtp.ts';
import { rtpPacket } from '../fixtures/rtp.ts';

const bytes = fc.uint8Array({ maxLength: 64 });
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);

describe('packets', () => {
  test('what is written is read back, whatever stands around the payload', () => {
    const fields = fc.record({
      sequence: u16,
      timestamp: u32,
      payload: fc.uint8Array({ minLength: 1, maxLength: 64 }),
      marker: fc.boolean(),
    });
    const extra = fc.record({ sources: fc.nat(15), extensionWords: fc.option(fc.nat(4)), padding: fc.nat(8) });
    fc.assert(
      fc.property(fields, extra, (packet, { sources, extensionWords, padding }) => {
        const plain = rtpPacket(packet);
        const extension =
          extensionWords === null
            ? []
            : [0xbe, 0xde, 0, extensionWords, ...new Array<number>(extensionWords * 4).fill(7)];
        const pad = padding === 0 ? [] : [...new Array<number>(padding - 1).fill(0), padding];
        const dressed = Uint8Array.of(
          ...plain.subarray(0, 12),
          ...new Array<number>(sources * 4).fill(9),
          ...extension,
          ...packet.payload,
          ...pad,
        );
        dressed[0] = 0x80 | sources | (extensionWords === null ? 0 : 0x10) | (padding === 0 ? 0 : 0x20);
        expect(parseRtp(dressed)).toEqual(packet);
        expect(rtpHead(dressed)).toEqual({ sequence: packet.sequence, timestamp: packet.timestamp });
      }),
    );
  });

  test('bytes that nobody vouches for never throw', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        parseRtp(given);
        vp8Part(given);
        h264Part(given);
        spsFrameSize(given);
      }),
    );
  });

  test.each([
    ['empty', new Uint8Array()],
    ['shorter than a header', new Uint8Array(11).fill(0x80)],
    ['of another version', new Uint8Array(20).fill(0x40)],
    ['RTCP', Uint8Array.of(0x80, 200, ...new Uint8Array(26))],
    ['without payload', new Uint8Array(12).fill(0x80)],
    ['padded beyond its length', Uint8Array.of(0xa0, 100, ...new Uint8Array(12), 200)],
    ['with an extension that reaches past its end', Uint8Array.of(0x90, 100, ...new Uint8Array(12), 0xff, 0xff)],
  ])('%s is no packet', (_name, given) => {
    expect(parseRtp(given)).toBeNull();
  });

  test('a counter that wraps goes on where it was', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.integer({ min: -30_000, max: 30_000 }),
        (near, step) => {
          const value = (((near + step) % 0x1_0000) + 0x1_0000) % 0x1_0000;
          expect(unwrap(near, value, 16)).toBe(near + step);
        },
      ),
    );
  });
});

describe('order', () => {
  const options = { maxHeld: 16, maxWaitMs: 100 };

  function play(sequences: readonly number[], nowMs: (i: number) => number = () => 0) {
    let state: JitterState<{ sequence: number }> = emptyJitter;
    const out: InOrder<{ sequence: number }>[] = [];
    let late = 0;
    sequences.forEach((sequence, i) => {
      const [next, ready, isLate] = reorder(state, { sequence: sequence & 0xffff }, nowMs(i), options);
      state = next;
      out.push(...ready);
      if (isLate) late++;
    });
    return { state, out, late, sequences: out.map(({ packet }) => packet.sequence) };
  }

  test('packets leave in order and complete, however they were shuffled within the buffer, also over the wrap', () => {
    const shuffled = fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(shuffled, u16, (blocks, start) => {
        const order = blocks.flatMap((block, b) => block.map((i) => start + 1 + b * 8 + i));
        const { out, sequences } = play([start, ...order]);
        expect(sequences).toEqual(Array.from({ length: order.length + 1 }, (_, i) => (start + i) & 0xffff));
        expect(out.every(({ lostBefore }) => lostBefore === 0)).toBe(true);
      }),
    );
  });

  test('whatever comes, what leaves is in order, counted, and what waits is bounded', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (offsets) => {
        const { state, out, sequences, late } = play(offsets, (i) => i * 10);
        expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
        expect(state.held.length).toBeLessThanOrEqual(options.maxHeld);
        expect(out.length + late + state.held.length).toBe(offsets.length);
        const [first, last] = [sequences[0] ?? 0, sequences.at(-1) ?? 0];
        const lost = out.reduce((sum, { lostBefore }) => sum + lostBefore, 0);
        if (out.length > 0) expect(out.length + lost).toBe(last - first + 1);
      }),
    );
  });

  test('a gap is given up after its time, and what is late after that is dropped', () => {
    const { sequences, out, late } = play([1, 2, 4, 5, 6, 3], (i) => [0, 10, 20, 30, 130, 140][i] ?? 0);
    expect(sequences).toEqual([1, 2, 4, 5, 6]);
    expect(out[2]?.lostBefore).toBe(1);
    expect(late).toBe(1);
  });

  test('time alone gives up a gap too', () => {
    const { state } = play([1, 3]);
    expect(release(state, 100, options)[1]).toEqual([]);
    expect(release(state, 101, options)[1]).toMatchObject([{ packet: { sequence: 3 }, lostBefore: 1 }]);
  });

  test('a sender that counts anew is followed', () => {
    expect(play([10, 11, 40_000, 40_001]).sequences).toEqual([10, 11, 40_000, 40_001]);
    const back = Array.from({ length: 100 }, (_, i) => 500 + i);
    expect(play([1000, 1001, ...back]).sequences.at(-1)).toBe(599);
  });
});

describe('frames', () => {
  const part = (payload: Uint8Array) =>
    payload[0] === 99
      ? null
      : { opens: payload[0] === 1, key: payload[1] === 1, data: [payload.subarray(2)], size: null };

  function play(packets: readonly InOrder<RtpPacket>[], maxBytes = 1000) {
    let state: FrameState<RtpPacket> = null;
    return packets.map((packet) => {
      const step = assemble(state, packet, { part, maxBytes });
      state = step.state;
      return step;
    });
  }
  const packet = (payload: number[], { marker = false, timestamp = 0, lostBefore = 0 } = {}): InOrder<RtpPacket> => ({
    packet: { sequence: 0, timestamp, marker, payload: Uint8Array.from(payload) },
    lostBefore,
  });

  test('a frame is its packets joined', () => {
    const [, , last] = play([packet([1, 1, 10]), packet([0, 0, 11, 12]), packet([0, 0, 13], { marker: true })]);
    expect(last).toMatchObject({ broken: false, frame: { key: true, data: Uint8Array.of(10, 11, 12, 13) } });
  });

  test.each([
    ['a hole', [packet([1, 0, 1]), packet([0, 0, 1], { marker: true, lostBefore: 1 })]],
    ['a lost beginning', [packet([0, 0, 1], { marker: true })]],
    ['a malformed packet', [packet([1, 0, 1]), packet([99], { marker: true })]],
    ['too many bytes', [packet([1, 0, 1]), packet([0, 0, ...new Array<number>(1000).fill(0)], { marker: true })]],
  ])('%s drops the frame and says so', (_name, packets) => {
    const steps = play(packets);
    expect(steps.every(({ frame }) => frame === null)).toBe(true);
    expect(steps.at(-1)?.broken).toBe(true);
  });

  test('a frame whose end is missing is dropped, the next one is whole', () => {
    const steps = play([packet([1, 0, 1]), packet([1, 0, 2], { timestamp: 3000, marker: true })]);
    expect(steps[1]).toMatchObject({ broken: true, frame: { data: Uint8Array.of(2) } });
  });
});

describe('VP8 (RFC 7741)', () => {
  const keyFrame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01, 7, 7];

  test.each([
    ['no extension', [0x10]],
    ['a short picture id', [0x90, 0x80, 5]],
    ['a long picture id', [0x90, 0x80, 0x85, 1]],
    ['picture id, TL0PICIDX and TID', [0x90, 0xe0, 5, 1, 0x20]],
    ['KEYIDX alone', [0x90, 0x10, 3]],
  ])('the descriptor with %s is taken off, and the size is read', (_name, descriptor) => {
    expect(vp8Part(Uint8Array.of(...descriptor, ...keyFrame))).toEqual({
      opens: true,
      key: true,
      data: [Uint8Array.from(keyFrame)],
      size: { width: 640, height: 480 },
    });
  });

  test('a continuation neither opens nor is a key frame; a later partition does not open', () => {
    expect(vp8Part(Uint8Array.of(0x00, 0))).toMatchObject({ opens: false, key: false });
    expect(vp8Part(Uint8Array.of(0x11, 0))).toMatchObject({ opens: false, key: false });
    expect(vp8Part(Uint8Array.of(0x10, 1))).toMatchObject({ opens: true, key: false });
  });

  test('a key frame without its start code is malformed', () => {
    expect(vp8Part(Uint8Array.of(0x10, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7))).toBeNull();
    expect(vp8Part(Uint8Array.of(0x90, 0x80))).toBeNull();
  });
});

describe('H.264 (RFC 6184)', () => {
  const start = [0, 0, 0, 1];
  const joined = (part: ReturnType<typeof h264Part>) => part?.data.flatMap((piece) => [...piece]);

  test('a single NAL unit gets its start code', () => {
    const part = h264Part(Uint8Array.of(0x65, 1, 2));
    expect(part).toMatchObject({ opens: true, key: true });
    expect(joined(part)).toEqual([...start, 0x65, 1, 2]);
  });

  test('STAP-A is taken apart, and one whose sizes do not fit is malformed', () => {
    expect(joined(h264Part(Uint8Array.of(0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 2)))).toEqual([
      ...start,
      0x67,
      1,
      ...start,
      0x68,
      2,
    ]);
    expect(h264Part(Uint8Array.of(0x78, 0, 9, 0x67))).toBeNull();
    expect(h264Part(Uint8Array.of(0x78))).toBeNull();
  });

  test('FU-A gives back the unit it was cut from', () => {
    const parts = [
      [0x7c, 0x85, 1, 2],
      [0x7c, 0x05, 3],
      [0x7c, 0x45, 4],
    ].map((given) => h264Part(Uint8Array.from(given)));
    expect(parts.flatMap((part) => joined(part))).toEqual([...start, 0x65, 1, 2, 3, 4]);
    expect(parts.map((part) => part?.opens)).toEqual([true, false, false]);
    expect(parts[0]?.key).toBe(true);
  });

  test.each([25, 26, 27, 29, 30, 0])('type %i does not exist in packetization mode 1', (type) => {
    expect(h264Part(Uint8Array.of(type, 0x80, 1, 2, 3))).toBeNull();
  });

  test('the size is read from a real parameter set', () => {
    // x264, High profile, 640 x 480
    const sps = [
      0x67, 0x64, 0, 0x1e, 0xac, 0xb4, 0x05, 0x01, 0xed, 0x08, 0, 0, 3, 0, 8, 0, 0, 3, 1, 0xe4, 0x78, 0xb1, 0x75,
    ];
    expect(spsFrameSize(Uint8Array.from(sps))).toEqual({ width: 640, height: 480 });
    expect(spsFrameSize(Uint8Array.from(sps.slice(0, 6)))).toBeNull();
  });
});
