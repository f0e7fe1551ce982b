/** Clips through a pack: the same code as live windows, the same numbers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPack } from '../../../models/pack.ts';
import type { ClipMedia } from '../../../models/toolkit/score/clip-windows.ts';
import { clipRow, labelsOf } from '../../../models/toolkit/score/opinion.ts';
import { openScorer, type Scorer, type ScorerOptions } from '../../../models/toolkit/score/scorer.ts';
import { windowStarts } from '../../../models/toolkit/score/voice-windows.ts';
import { openForScoring } from '../../../models/toolkit/score/networks.ts';
import { windowCalls } from '../../../models/worker/windows.ts';
import { logMel, MEL_BANDS } from '../../../src/core/features.ts';
import { predict } from '../../../src/core/prediction.ts';
import type { Logits, ModalitySubset } from '../../../src/domain.ts';
import { greyFrame, STARTER } from '../../fixtures/inference.ts';
import { astronautFrame } from '../../fixtures/pictures.ts';
import { writeTinyPack } from '../../fixtures/tiny-pack.ts';

let dir = '';
const opened: Scorer[] = [];
let starter: Scorer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-score-'));
  starter = await open(STARTER);
});
afterAll(async () => {
  await Promise.all(opened.map((scorer) => scorer.close()));
  await rm(dir, { recursive: true });
});

async function open(pack: string, options: ScorerOptions = {}): Promise<Scorer> {
  const scorer = await openScorer(pack, { threads: 1, ...options });
  opened.push(scorer);
  return scorer;
}

async function tiny(serves: readonly ModalitySubset[] | null, options: ScorerOptions = {}): Promise<Scorer> {
  await writeTinyPack(dir, { serves });
  return open(dir, options);
}

/** Samples of a tone that differs by `seed`. */
const tone = (seed: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.3 * Math.sin(i * (0.02 + seed / 100)) * Math.sin(i / 900));
const heard = (seed: number, length: number): ClipMedia => ({ sound: tone(seed, length), face: null });
const grey = (level: number) => ({ crop: new Float32Array(48 * 48).fill(level) });
const seen = (level: number): ClipMedia => ({ sound: null, face: grey(level) });

/** Samples of so many log-mel frames. */
const samplesOf = (frames: number): number => 400 + (frames - 1) * 160;

async function said(scorer: Scorer, clips: readonly ClipMedia[]): Promise<readonly Logits[]> {
  const answers = await scorer.score(clips);
  return answers.map((answer) => {
    if (!answer.ok) throw new Error(answer.message);
    return answer.value;
  });
}

async function refusal(scorer: Scorer, clip: ClipMedia): Promise<string> {
  const [answer] = await scorer.score([clip]);
  if (answer?.ok !== false) throw new Error('not refused');
  return answer.message;
}

const near = (given: ArrayLike<number> | undefined, expected: ArrayLike<number> | undefined) => {
  expect(given?.length).toBe(expected?.length);
  Array.from(expected ?? [], (x, i) => expect(given?.[i]).toBeCloseTo(x, 4));
};

describe('the windows of a voice', () => {
  it('begin at the start, end at the end, are half a second apart, and leave nothing out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (frames) => {
        const starts = windowStarts(frames, 300);
        expect(starts[0]).toBe(0);
        expect((starts.at(-1) ?? NaN) + 300).toBe(Math.max(frames, 300));
        starts.slice(1).forEach((start, i) => {
          const step = start - (starts[i] ?? NaN);
          if (i + 2 < starts.length) expect(step).toBe(50);
          else expect(step > 0 && step <= 50).toBe(true);
        });
      }),
    );
  });
});

describe('a clip', () => {
  it('is said the same of alone as among others', async () => {
    const clips = [heard(1, samplesOf(420)), seen(0.3), heard(2, samplesOf(90)), seen(0.8), heard(3, samplesOf(300))];
    const together = await said(starter, clips);
    for (const [i, clip] of clips.entries()) {
      const [alone] = await said(starter, [clip]);
      near(together[i]?.voice?.shareLogits, alone?.voice?.shareLogits);
      near(together[i]?.face?.shareLogits, alone?.face?.shareLogits);
    }
  });

  it('of one window is what the live monitor says of that window', async () => {
    const networks = await openForScoring(STARTER, await loadPack(STARTER), { threads: 1 });
    for (const frames of [120, 300]) {
      const sound = tone(4, samplesOf(frames));
      const { frames: mel } = logMel(new Float32Array(0), sound);
      const [live] = await windowCalls(networks)([
        { voice: { logMel: mel, frames: mel.length / MEL_BANDS }, face: null },
      ]);
      const [clip] = await said(starter, [{ sound, face: null }]);
      if (!live?.ok || !clip) throw new Error('no answer');
      const [one, other] = [predict(clip, starter.pack), predict(live.value, starter.pack)];
      for (const label of starter.pack.networks.voice.labels) {
        expect(one?.shares[label]).toBeCloseTo(other?.shares[label] ?? NaN, 6);
        expect(one?.probabilities[label]).toBeCloseTo(other?.probabilities[label] ?? NaN, 5);
      }
    }
    await networks.close();
  });

  it('that is too short, or whose video shows no face, is answered with why', async () => {
    expect(await refusal(starter, heard(1, 399))).toMatch(/shorter than 25 ms/);
    const video = { frames: [greyFrame(), { ...greyFrame(), captureMs: 240 }] };
    expect(await refusal(starter, { sound: null, face: video })).toMatch(/no face that can be judged/);
    const bad = { crop: new Float32Array(48 * 48).fill(NaN) };
    expect(await refusal(starter, { sound: null, face: bad })).toMatch(/only finite numbers can be judged/);
  });

  it('of video is judged by the face that it shows, and its neighbours are too', async () => {
    const frame = astronautFrame(512, 512);
    const frames = [0, 200, 400].map((captureMs) => ({ ...frame, captureMs }));
    const [video, crop] = await said(starter, [{ sound: null, face: { frames } }, seen(0.5)]);
    if (!video) throw new Error('no answer');
    const { shares } = clipRow(video, starter.pack, labelsOf(starter.pack, 'face'));
    expect(shares.indexOf(Math.max(...shares))).toBe(starter.pack.networks.face.labels.indexOf('happiness'));
    expect(crop?.face).not.toBeNull();
  });
});

describe('voice and face', () => {
  it('are pooled where the pack has no shared layers for both', async () => {
    for (const scorer of [await tiny(null), await tiny(['both'], { fused: false })]) {
      const [both] = await said(scorer, [{ sound: tone(1, samplesOf(350)), face: grey(0.4) }]);
      expect([both?.voice !== null, both?.face !== null, both?.fusion]).toEqual([true, true, null]);
      // Tiny face network: share logits [m, 0, -m], in the pool up to a constant.
      const [a = NaN, b = NaN, c = NaN] = both?.face?.shareLogits ?? [];
      near([a - b, b - c], [0.4, 0.4]);
      near(both?.face?.presenceLogits, [0, 0.4, 0.8]);
    }
  });

  it('are fused where it has, window by window', async () => {
    const scorer = await tiny(['both', 'face']);
    const [both, face] = await said(scorer, [{ sound: tone(1, samplesOf(350)), face: grey(0.4) }, seen(0.4)]);
    expect([both?.fusion?.subset, face?.fusion?.subset]).toEqual(['both', 'face']);
    // Tiny shared layers: presence logits [-voice, -face, steps of the voice].
    near(both?.fusion?.presenceLogits.slice(1), [-0.4, 4]);
    expect(both?.voice).not.toBeNull();
    const [bare] = await said(await tiny(['both', 'face'], { fused: false }), [seen(0.4)]);
    expect(bare?.fusion).toBeNull();
    near(bare?.face?.presenceLogits, [0, 0.4, 0.8]);
  });
});

describe('the row of a clip', () => {
  it('has what the share says as the uncalibrated presence in a pack of format 1', async () => {
    const [face] = await said(starter, [seen(0.2)]);
    if (!face) throw new Error('no answer');
    const row = clipRow(face, starter.pack, labelsOf(starter.pack, 'face'));
    near(row.uncalibrated, row.shares);
    expect(row.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(row.probabilities).not.toEqual(row.uncalibrated);
  });

  it('knows which labels are spoken of', async () => {
    expect(labelsOf(starter.pack, 'voice')).toHaveLength(7);
    expect(labelsOf(starter.pack, 'face')).toHaveLength(8);
    expect(labelsOf(starter.pack, 'av')).toEqual(starter.pack.labels);
    const { pack } = await tiny(['both']);
    expect(labelsOf(pack, 'av')).toEqual(pack.fusion?.labels);
  });

  it('is accepted by the rule of the pack', async () => {
    const [clip] = await said(starter, [seen(0.2)]);
    if (!clip) throw new Error('no answer');
    const rule = (minTopProbability: number, threshold: number) => ({
      ...starter.pack,
      decision: {
        minTopProbability,
        thresholds: Object.fromEntries(starter.pack.labels.map((label) => [label, threshold])),
      },
    });
    const accepted = (pack: typeof starter.pack) => clipRow(clip, pack, labelsOf(pack, 'face')).accepted;
    expect([accepted(rule(0, 1e-9)), accepted(rule(1, 1e-9)), accepted(rule(0, 1 - 1e-9))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
