import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/domain/review.ts';
import { clipCutter } from '../../../src/io/clips/cutter.ts';
import { encodeWebm } from '../../../src/io/clips/webm.ts';
import { silentLog as log } from '../../fixtures/telemetry.ts';
import { meter } from '../../pipelines/fakes.ts';
import { flashAndBeep, lookInto, picture } from './evidence.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-webm-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const encode = (evidence: Evidence, signal = new AbortController().signal) =>
  encodeWebm(evidence, { ffmpeg: 'ffmpeg', signal });
const look = async (evidence: Evidence) => lookInto(await encode(evidence), join(folder, 'clip.webm'));

describe('a clip', () => {
  it('shows flash and beep within 40 ms of one another, and of when they were captured', async () => {
    for (const jitter of [
      [37, 41, 3],
      [190, 5],
    ]) {
      const evidence = flashAndBeep(1_000_000.5, jitter);
      const { flashMs = NaN, beepMs = NaN, codecs } = await look(evidence);
      expect(codecs).toEqual(['vp8', 'opus']);
      expect(Math.abs(flashMs - beepMs)).toBeLessThan(40);
      expect(Math.abs(flashMs - (evidence.atMs - evidence.startMs))).toBeLessThan(40);
    }
  });

  it('has every picture once, when it was captured, and is as long as the window', async () => {
    const evidence = flashAndBeep();
    const { pictureMs, durationMs, soundMs } = await look(evidence);
    const want = evidence.pictures.map(({ captureMs }) => captureMs - evidence.startMs);
    expect(pictureMs).toHaveLength(want.length);
    pictureMs.forEach((ms, i) => expect(Math.abs(ms - (want[i] ?? 0))).toBeLessThan(15));
    expect(durationMs).toBe(3000);
    expect(Math.abs(soundMs - 3000)).toBeLessThan(40);
  });

  it('may have pictures alone, or sound alone', async () => {
    const whole = flashAndBeep();
    const seen = await look({ ...whole, sound: null });
    expect([seen.codecs, seen.durationMs, Math.round((seen.flashMs ?? 0) / 20)]).toEqual([['vp8'], 3000, 72]);
    const heard = await look({ ...whole, pictures: [] });
    expect([heard.codecs, heard.durationMs]).toEqual([['opus'], 3000]);
    expect(Math.abs((heard.beepMs ?? 0) - (whole.atMs - whole.startMs))).toBeLessThan(15);
  });

  it('takes pictures whose size changes on the way, and the full range of luma', async () => {
    const { startMs, endMs } = flashAndBeep();
    const sizes = [
      [320, 240],
      [160, 120],
      [180, 320],
    ] as const;
    const pictures = Array.from({ length: 15 }, (_, i) => {
      const [width, height] = sizes[Math.floor(i / 5)] ?? sizes[0];
      return { ...picture(startMs + i * 200, 255, width, height), fullRange: true };
    });
    const { fields } = await look({ startMs, endMs, sound: null, pictures });
    expect(fields).toHaveLength(15);
    /** Rows from the top, as far as they are in the middle; columns from the left. */
    const white = (i: number) => [4, 12, 28, 36, 32, 33].map((at) => (fields[i]?.[at] ?? 0) > 240);
    expect(white(2)).toEqual([false, true, true, true, true, true]);
    expect(white(7)).toEqual([false, true, true, true, true, true]);
    expect(white(14)).toEqual([true, true, true, true, false, false]);
  });

  it('is the same file for the same evidence', async () => {
    expect(await encode(flashAndBeep())).toEqual(await encode(flashAndBeep()));
  });

  it('refuses nothing at all, and says what fails', async () => {
    const none = { startMs: 0, endMs: 3000, sound: null, pictures: [] };
    await expect(encode(none)).rejects.toMatchObject({ code: 'bad-media' });
    const long = { ...none, endMs: 40_000, sound: new Int16Array(640_000) };
    await expect(encode(long)).rejects.toMatchObject({ code: 'bad-media' });
    const signal = AbortSignal.abort();
    await expect(encode(flashAndBeep(), signal)).rejects.toMatchObject({ code: 'internal' });
    const missing = encodeWebm(flashAndBeep(), { ffmpeg: '/nowhere/ffmpeg', signal: new AbortController().signal });
    await expect(missing).rejects.toMatchObject({ code: 'setup-missing' });
  });
});

describe('the cutter', () => {
  const cutter = (options = {}) => {
    const counted = meter();
    return { counts: counted.counts, ...clipCutter({ ffmpeg: 'ffmpeg', meter: counted, log, ...options }) };
  };

  it('makes clips one after another, refuses more than may wait, and counts them', async () => {
    const clips = cutter({ waiting: 1 });
    const asked = await Promise.allSettled(Array.from({ length: 4 }, () => clips.cut(flashAndBeep())));
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(clips.counts.get('undertone_discarded_total{queue=clips,reason=limit-reached}')).toBe(2);
    await clips.close();
  });

  it('forgets what is not wanted any more, waiting or running, and goes on', async () => {
    const clips = cutter();
    const unwanted = [new AbortController(), new AbortController()];
    const asked = Promise.allSettled(unwanted.map(({ signal }) => clips.cut(flashAndBeep(), signal)));
    const third = clips.cut(flashAndBeep());
    for (const each of unwanted) each.abort();
    for (const each of await asked) expect(each).toMatchObject({ status: 'rejected', reason: { code: 'internal' } });
    expect((await third).length).toBeGreaterThan(1000);
    await clips.close();
    await expect(clips.cut(flashAndBeep())).rejects.toMatchObject({ code: 'internal' });
  });

  it('gives up what takes too long, and what waits when it is closed', async () => {
    const slow = cutter({ timeoutMs: 1 });
    await expect(slow.cut(flashAndBeep())).rejects.toMatchObject({ code: 'internal' });
    const clips = cutter();
    const asked = Promise.allSettled([clips.cut(flashAndBeep()), clips.cut(flashAndBeep())]);
    await clips.close();
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
