import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaceSighting, Window } from '../../src/domain.ts';
import { logMel } from '../../src/core/features.ts';
import { place } from '../../src/core/sound-line.ts';
import type { SoundLine } from '../../src/core/sound-line.ts';
import { hopNumber, ladderOf, nextCut, turnOf } from '../../src/core/admission/ladder.ts';
import { createWindows } from '../../src/core/windows.ts';
import { faceIn } from '../pipelines/fakes.ts';

const ref = { room: 'lobby', participant: 'p1' };
const tone = Float32Array.from({ length: 16_000 * 5 }, (_, i) => 0.3 * Math.sin(i * 0.2) * Math.sin(i * 0.001));

/** The tests' one face, tagged with when it was seen. */
function sighting(captureMs: number, poor: FaceSighting['poor'] = null): FaceSighting {
  const heads = { shareLogits: Float32Array.of(1, 2), presenceLogits: Float32Array.of(captureMs, -1) };
  const encoding = poor === null ? { ...heads, embedding: Float32Array.of(captureMs) } : null;
  return { ...faceIn({ captureMs }), poor, encoding };
}

/** A participant who speaks and is seen throughout. */
function live(originMs: number) {
  const windows = createWindows(ref, originMs);
  windows.setConsent(true);
  windows.setTrack('voice', 'live');
  windows.setTrack('face', 'live');
  return windows;
}

/** Sound in chunks of the given sizes, through placement and log-mel, into windows. */
function speak(windows: ReturnType<typeof live>, startMs: number, samples: Float32Array, sizes: readonly number[]) {
  let line: SoundLine = null;
  let tail: Float32Array = new Float32Array(0);
  let tailMs = startMs;
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = sizes[i % sizes.length] ?? 320;
    const [next, sound] = place(line, { samples: samples.subarray(at, at + size), captureMs: startMs + at / 16 });
    line = next;
    at += size;
    if (sound === null) continue;
    const step = logMel(tail, sound.samples);
    windows.putFrames(tailMs, step.frames);
    tailMs += (step.frames.length / 64) * 10;
    tail = step.tail;
  }
  windows.putSpeech(startMs, 32, new Float32Array(Math.floor(samples.length / 512)).fill(0.9));
}

describe('windows', () => {
  it('do not depend on how the sound was cut into chunks', () => {
    const whole = live(0);
    speak(whole, 0, tone, [tone.length]);
    const want = whole.close(3200)[0]?.voice?.logMel;
    expect(want?.length).toBe(300 * 64);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        const cut = live(0);
        speak(cut, 0, tone, sizes);
        expect(cut.close(3200)[0]?.voice?.logMel).toEqual(want);
      }),
      { numRuns: 15 },
    );
  });

  it('carry the sound itself where they are asked to, in its place, with silence where none came', () => {
    const windows = createWindows(ref, 0, { carriesSound: true });
    windows.setConsent(true);
    windows.setTrack('voice', 'live');
    speak(windows, 0, tone, [320]);
    windows.putSound({ samples: tone.subarray(0, 16_000), captureMs: 0 });
    windows.putSound({ samples: tone.subarray(32_000, 64_000), captureMs: 2000 });
    const [first] = windows.close(3200);
    const samples = first?.voice?.samples;
    expect(samples?.length).toBe(48_000);
    const off = (i: number) => Math.abs((samples?.[i] ?? NaN) - (i >= 16_000 && i < 32_000 ? 0 : (tone[i] ?? 0)));
    expect(Math.max(...Array.from({ length: 48_000 }, (_, i) => off(i)))).toBeLessThan(1 / 30_000);
    expect(live(0).close(3200)[0]?.voice?.samples).toBeUndefined();
  });

  it('forget the sound of whoever takes consent back', () => {
    const windows = createWindows(ref, 0, { carriesSound: true });
    windows.setConsent(true);
    windows.setTrack('voice', 'live');
    windows.putSound({ samples: tone, captureMs: 0 });
    windows.setConsent(false);
    windows.setConsent(true);
    speak(windows, 0, tone, [320]);
    expect(windows.close(3200)[0]?.voice?.samples?.every((x) => x === 0)).toBe(true);
  });

  it('count from 0 without holes, a hop apart, whenever the clock is looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 40 }), (steps) => {
        const windows = createWindows(ref, 1000);
        const all: Window[] = [];
        let now = 1000;
        for (const step of steps) all.push(...windows.close((now += step)));
        all.forEach((window, i) => {
          expect(window).toMatchObject({ seq: i, startMs: 1000 + i * 500, lengthMs: 3000 });
          expect(window.closedMs).toBeGreaterThanOrEqual(window.startMs + 3000);
        });
        expect(all.length).toBe(Math.max(0, Math.floor((now - 1000 - 3000) / 500) + 1));
      }),
    );
  });

  it('are cut in their turns, numbered without holes, and not made up for when turns come more often again', () => {
    const turns = fc.record({
      seat: fc.nat(20),
      rung: fc.constantFrom(...ladderOf({ hopMs: 500, maxHopMs: 3000 })),
      afterMs: fc.integer({ min: 20, max: 9000 }),
    });
    fc.assert(
      fc.property(fc.nat(5000), fc.array(turns, { minLength: 1, maxLength: 8 }), (originMs, changes) => {
        const windows = createWindows(ref, originMs);
        const all: Window[] = [];
        let now = originMs;
        for (const { seat, rung, afterMs } of changes) {
          const turn = turnOf(seat, rung);
          windows.setTurn(turn, now);
          const before = all.length;
          for (const end = now + afterMs; now < end;) all.push(...windows.close((now += 20)));
          // One window may have been due already.
          for (const { startMs } of all.slice(before + 1))
            expect(nextCut(hopNumber(startMs, 500), turn)).toBe(hopNumber(startMs, 500));
          // A tick sees at most what has come due since the tick before: no flood.
          const cuts = all.slice(before).map(({ closedMs }) => closedMs);
          expect(new Set(cuts).size).toBeGreaterThanOrEqual(cuts.length - 1);
        }
        all.forEach(({ seq, startMs }, i) => {
          expect(seq).toBe(i);
          expect((startMs - originMs) % 500).toBe(0);
          expect(startMs).toBeGreaterThan(all[i - 1]?.startMs ?? -Infinity);
        });
        expect(windows.leftOut).toBe(0);
      }),
    );
  });

  it('close at once when everything has arrived, and wait for late media no longer than the grace', () => {
    const windows = live(0);
    speak(windows, 0, tone, [320]);
    for (let t = 0; t < 3000; t += 200) windows.putLook(t, sighting(t));
    expect(windows.close(2999)).toEqual([]);
    expect(windows.close(3000).length).toBe(1);
    const late = live(0);
    speak(late, 0, tone, [320]);
    expect(late.close(3149)).toEqual([]);
    expect(late.close(3150)[0]?.missing).toEqual({ face: 'no-media' });
  });

  it('read each look once per window that covers it', () => {
    const windows = live(0);
    for (let t = 0; t < 4000; t += 200) windows.putLook(t, sighting(t));
    const [first, second] = windows.close(3700);
    expect([...(first?.face?.embeddings ?? [])]).toEqual(Array.from({ length: 15 }, (_, i) => i * 200));
    expect(second?.face?.embeddings?.[0]).toBe(600);
    expect([...(second?.face?.presenceLogits ?? [])].slice(0, 4)).toEqual([600, -1, 800, -1]);
    expect(second?.face?.shareLogits).toHaveLength(30);
  });

  it('have no embeddings of looks that have none', () => {
    const windows = live(0);
    for (let t = 0; t < 3200; t += 200) {
      const seen = sighting(t);
      windows.putLook(t, { ...seen, encoding: seen.encoding && { ...seen.encoding, embedding: null } });
    }
    expect(windows.close(3200)[0]?.face).toMatchObject({ n: 15, embeddings: null });
  });

  it('keep a face of which looks were skipped, and lose one whose picture froze', () => {
    const skipped = live(0);
    for (let t = 0; t < 3000; t += 450) skipped.putLook(t, sighting(t));
    expect(skipped.close(3200)[0]?.face?.n).toBe(7);
    const frozen = live(0);
    for (let t = 0; t < 1000; t += 50) frozen.putLook(t, sighting(t));
    expect(frozen.close(3200)[0]?.missing.face).toBe('no-media');
  });

  it.each([
    ['no face in view', () => null, 'no-face'],
    ['a face too poor', (t: number) => sighting(t, 'blurred'), 'poor-face'],
  ] as const)('say %s', (_, look, reason) => {
    const windows = live(0);
    for (let t = 0; t < 3000; t += 200) windows.putLook(t, look(t));
    expect(windows.close(3200)[0]).toMatchObject({ face: null, missing: { face: reason, voice: 'no-media' } });
  });

  it('say of what nobody has looked at that it was skipped, not that there was nothing', () => {
    const windows = live(0);
    windows.putFrames(0, logMel(new Float32Array(0), tone).frames);
    for (let t = 0; t < 3000; t += 200) windows.skipLook(t);
    expect(windows.close(3200)[0]?.missing).toEqual({ voice: 'overload', face: 'overload' });
  });

  it('say silence is no speech, and muted, off and lost media by their names', () => {
    const silent = live(0);
    speak(silent, 0, new Float32Array(16_000 * 4), [320]);
    silent.putSpeech(0, 32, new Float32Array(120).fill(0.01));
    expect(silent.close(3200)[0]).toMatchObject({ voice: null, missing: { voice: 'no-speech' } });
    const states = createWindows(ref, 0);
    states.setConsent(true);
    states.setTrack('voice', 'muted');
    expect(states.close(3200)[0]?.missing).toEqual({ voice: 'muted', face: 'off' });
    states.setTrack('voice', 'live');
    expect(states.close(3700)[0]?.missing).toEqual({ voice: 'no-media', face: 'off' });
  });

  it('carry nothing once consent is withdrawn, not even what was gathered before', () => {
    const windows = live(0);
    speak(windows, 0, tone, [320]);
    windows.setConsent(false);
    expect(windows.close(3200)[0]).toMatchObject({ consented: false, voice: null, face: null });
    // What was with the networks at that moment comes in late.
    speak(windows, 0, tone, [320]);
    for (let ms = 0; ms < 5000; ms += 200) windows.putLook(ms, sighting(ms));
    windows.setConsent(true);
    expect(windows.close(3700)[0]).toMatchObject({
      consented: true,
      voice: null,
      face: null,
      missing: { voice: 'no-media', face: 'no-media' },
    });
  });

  it('move on after the clock jumped ahead, instead of closing a flood', () => {
    const windows = live(0);
    const closed = windows.close(3_600_150);
    expect(closed.length).toBe(1);
    expect(closed[0]?.seq).toBe(0);
    expect(closed[0]?.startMs).toBeGreaterThan(3_590_000);
    expect((closed[0]?.startMs ?? 1) % 500).toBe(0);
  });

  it('give a short file its one short window', () => {
    const windows = live(0);
    speak(windows, 0, tone.subarray(0, 16_000), [320]);
    windows.putSpeech(0, 32, new Float32Array(31).fill(0.9));
    expect(windows.close(1000)).toEqual([]);
    expect(windows.flush(1000)[0]).toMatchObject({ seq: 0, startMs: 0, lengthMs: 1000, voice: { frames: 100 } });
  });
});

describe('placing sound', () => {
  it('absorbs arrival jitter: the samples lie end to end', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -19, max: 19 }), { minLength: 2, maxLength: 50 }), (jitter) => {
        let line: SoundLine = null;
        jitter.forEach((offset, i) => {
          const chunk = { samples: new Float32Array(320), captureMs: i * 20 + offset };
          const [next, sound] = place(line, chunk);
          line = next;
          expect(sound?.fresh).toBe(i === 0);
          expect(sound?.startMs).toBeCloseTo((jitter[0] ?? 0) + i * 20, 6);
        });
      }),
    );
  });

  it('starts afresh after a gap and cuts off what was already heard', () => {
    const chunk = (captureMs: number) => ({ samples: new Float32Array(1600), captureMs });
    const [line] = place(null, chunk(0));
    expect(place(line, chunk(500))[1]).toMatchObject({ startMs: 500, fresh: true });
    expect(place(line, chunk(50))[1]).toMatchObject({ startMs: 100, fresh: false, samples: { length: 800 } });
    expect(place(line, chunk(-10))[1]).toBeNull();
    expect(place(line, chunk(-5000))[1]).toMatchObject({ startMs: -5000, fresh: true });
  });
});
