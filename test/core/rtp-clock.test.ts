import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrive, report, unheardClock, withoutTrack, type Capture, type RtpClock } from '../../src/core/rtp-clock.ts';

type Track = 'voice' | 'face';
const RATE_HZ = { voice: 48_000, face: 90_000 } as const;

/** A sender with clocks of its own; the network's delay is `delayMs`. */
function sender({ startRtp = 0, startSequence = 0, wallOffsetMs = 3.9e12 } = {}) {
  let clock: RtpClock<Track> = unheardClock;
  let sequence = startSequence;
  const timestampAt = (track: Track, ms: number) => (startRtp + Math.round((ms * RATE_HZ[track]) / 1000)) % 2 ** 32;
  return {
    /** Media captured at `ms` (true time) arrives `delayMs` later. */
    media(track: Track, ms: number, delayMs = 10, mediaMs = ms): Capture {
      const timestamp = timestampAt(track, mediaMs);
      const head = { sequence: sequence++ & 0xffff, timestamp, rateHz: RATE_HZ[track], arrivalMs: ms + delayMs };
      const [next, capture] = arrive(clock, track, head);
      clock = next;
      return capture;
    },
    report(track: Track, ms: number, delayMs = 10, wallMs = ms + wallOffsetMs): boolean {
      const [next, stepped] = report(clock, track, {
        timestamp: timestampAt(track, ms),
        wallMs,
        arrivalMs: ms + delayMs,
      });
      clock = next;
      return stepped;
    },
    forget(track: Track) {
      clock = withoutTrack(clock, track);
    },
  };
}

const every = (stepMs: number, fromMs: number, toMs: number) =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) }, (_, i) => fromMs + i * stepMs);

describe('capture clock', () => {
  test('times of one track never run back, whatever the delays and reports', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 20, maxLength: 200 });
    fc.assert(
      fc.property(delays, fc.integer({ min: -200, max: 200 }), (list, skewMs) => {
        const from = sender();
        let last = -Infinity;
        list.forEach((delayMs, i) => {
          const { captureMs, epoch } = from.media('voice', i * 20, delayMs);
          expect(epoch).toBe(0);
          expect(captureMs).toBeGreaterThanOrEqual(last);
          last = captureMs;
          if (i % 50 === 10) from.report('voice', i * 20, delayMs, i * 20 + 3.9e12 + skewMs);
        });
      }),
    );
  });

  test('counters that wrap change nothing', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff), (startRtp, startSequence) => {
        const [plain, wrapped] = [sender(), sender({ startRtp, startSequence })];
        for (const ms of every(20, 0, 1500)) {
          const [a, b] = [plain.media('voice', ms, (ms * 7) % 50), wrapped.media('voice', ms, (ms * 7) % 50)];
          expect(b.captureMs).toBeCloseTo(a.captureMs, 3);
          expect(b.epoch).toBe(a.epoch);
        }
      }),
    );
    const long = sender({ startRtp: 2 ** 32 - 48_000 });
    for (const ms of every(20, 0, 3000)) expect(long.media('voice', ms).captureMs).toBeCloseTo(ms + 10, 3);
  });

  test('jitter does not move the times once the least delay was seen', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 50, maxLength: 50 }), (jitter) => {
        const from = sender();
        from.media('voice', 0, 5);
        from.report('voice', 0);
        every(20, 20, 4000).forEach((ms, i) => {
          const delayMs = i % 40 === 0 ? 5 : 5 + (jitter[i % 50] ?? 0);
          expect(Math.abs(from.media('voice', ms, delayMs).captureMs - (ms + 5))).toBeLessThan(1);
        });
      }),
    );
  });

  test('voice and face captured together get the same time, though the face takes longer to arrive', () => {
    const from = sender();
    const gaps: number[] = [];
    for (const ms of every(20, 0, 20_000)) {
      const voice = from.media('voice', ms, 10 + (ms % 60) / 10);
      const face = from.media('face', ms, 80 + (ms % 140) / 10);
      if (ms % 1000 === 0) from.report('face', ms);
      if (ms % 5000 === 0) from.report('voice', ms);
      gaps.push(Math.abs(voice.captureMs - face.captureMs));
    }
    // Before its first report each track goes by its own arrivals.
    expect(gaps[0]).toBeGreaterThan(50);
    expect(Math.max(...gaps.slice(-250))).toBeLessThan(1);
  });

  test.each([
    ['back', -100_000],
    ['ahead', 100_000],
  ])('timestamps that jump %s begin a new epoch at the time of arrival', (_name, jumpMs) => {
    const from = sender({ startRtp: 10_000_000 });
    for (const ms of every(20, 0, 1000)) from.media('voice', ms);
    const after = from.media('voice', 1000, 10, 1000 + jumpMs);
    expect(after.epoch).toBe(1);
    expect(after.captureMs).toBeCloseTo(1010, 3);
    expect(from.media('voice', 1020, 10, 1020 + jumpMs)).toEqual({
      captureMs: expect.closeTo(1030, 3) as unknown,
      epoch: 1,
    });
  });

  test('a pause of the sender, a stall of the network and a retransmission are no jumps', () => {
    const from = sender();
    for (const ms of every(20, 0, 1000)) from.media('voice', ms);
    expect(from.media('voice', 60_000)).toEqual({ captureMs: expect.closeTo(60_010, 0) as unknown, epoch: 0 });
    // What was sent over two seconds arrives at once.
    const burst = every(20, 60_020, 62_000).map((ms) => from.media('voice', ms, 62_000 - ms));
    expect(burst.every(({ epoch }) => epoch === 0)).toBe(true);
    expect(burst.at(-1)?.captureMs).toBeCloseTo(61_990, -1.5);
  });

  test('media that stays behind, as after a sleeping laptop, is brought to the present', () => {
    const from = sender();
    for (const ms of every(20, 0, 1000)) from.media('voice', ms);
    const slept = every(20, 61_000, 73_000).map((ms) => from.media('voice', ms, 10, ms - 60_000));
    expect(slept.at(-1)?.epoch).toBe(1);
    expect(slept.at(-1)?.captureMs).toBeCloseTo(72_990, -2);
  });

  test('a sender that sets its wall clock is noticed, and media that goes on as before keeps its times', () => {
    const from = sender();
    const stepMs = 3_600_000;
    const noticedMs: number[] = [];
    for (const ms of every(20, 0, 10_000)) {
      for (const track of ['voice', 'face'] as const) {
        const { captureMs, epoch } = from.media(track, ms);
        expect(epoch).toBe(0);
        expect(Math.abs(captureMs - (ms + 10))).toBeLessThan(1);
      }
      const wall = ms + 3.9e12 + (ms > 5000 ? stepMs : 0);
      if (ms % 1000 === 0 && from.report('face', ms, 10, wall)) noticedMs.push(ms);
      if (ms % 1000 === 500 && from.report('voice', ms, 10, wall)) noticedMs.push(ms);
    }
    expect(noticedMs).toEqual([5500]);
  });

  test('drift of the sound card is followed by reports without a jump', () => {
    const from = sender();
    let last: Capture = { captureMs: 0, epoch: 0 };
    for (const ms of every(20, 0, 120_000)) {
      // The sound card runs 200 ppm fast: its timestamps say more time than has passed.
      last = from.media('voice', ms, 10, ms * 1.0002);
      if (ms % 5000 === 0) from.report('voice', ms * 1.0002, 10, ms + 3.9e12);
    }
    expect(last.epoch).toBe(0);
    expect(Math.abs(last.captureMs - 119_990)).toBeLessThan(5);
  });

  test('a track that was forgotten starts anew', () => {
    const from = sender();
    for (const ms of every(20, 0, 1000)) from.media('voice', ms);
    from.forget('voice');
    expect(from.media('voice', 90_000, 10, 5).captureMs).toBe(90_010);
  });
});
