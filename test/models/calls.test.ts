/** What a worker computes, without the worker: batches must say what single calls say. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, SpeechRequest, WindowRequest } from '../../models/calls.ts';
import { loadPack } from '../../models/pack.ts';
import { loadPerception } from '../../models/perception.ts';
import { planRuns } from '../../models/worker/batching.ts';
import { faceCalls } from '../../models/worker/faces.ts';
import { openNetworks, type BatchedNetwork, type Networks } from '../../models/worker/networks.ts';
import { speechCalls } from '../../models/worker/speech.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { MEL_BANDS, SILENT_BAND } from '../../src/core/features.ts';
import { LABELS } from '../../src/core/labels.ts';
import { sigmoid, softmax } from '../../src/core/probability.ts';
import type { HeadLogits } from '../../src/domain.ts';
import { greyFrame, sound, STARTER, voice } from '../fixtures/inference.ts';
import { ASTRONAUT_FACE, astronautFrame } from '../fixtures/pictures.ts';

let networks: Networks;
beforeAll(async () => {
  const models = { ...(await loadPack(STARTER)).networks, ...(await loadPerception('models/perception')) };
  networks = await openNetworks({ models, provider: 'cpu', threads: 1 });
});
afterAll(() => networks.close());

/** The same network, padded up to its largest batch as on a GPU. */
const padded = (network: BatchedNetwork): BatchedNetwork => ({
  contract: network.contract,
  run: (feeds, outputs) => network.run(feeds, outputs),
  plan: (n) => planRuns(n, [1, 2, 4, 8, 16], 16),
});

function valueOf<T>(answer: Answer<T> | undefined): T {
  if (!answer?.ok) throw new Error(`no answer: ${answer?.message ?? 'nothing'}`);
  return answer.value;
}

const expectSameHeads = (actual: HeadLogits | null | undefined, expected: HeadLogits | null | undefined) => {
  expectSame(actual?.shareLogits ?? null, expected?.shareLogits ?? null);
  expectSame(actual?.presenceLogits ?? null, expected?.presenceLogits ?? null);
};

const expectSame = (actual: Float32Array | null, expected: Float32Array | null) => {
  expect(actual?.length).toBe(expected?.length);
  actual?.forEach((value, i) => expect(Math.abs(value - (expected?.[i] ?? NaN))).toBeLessThan(1e-5));
};

describe('windows', () => {
  const spoken = (seed: number, frames?: number): WindowRequest => ({ voice: voice(seed, frames), face: null });
  const looks = Float32Array.from({ length: 16 }, (_, i) => i % 5);
  const face = { shareLogits: looks, presenceLogits: looks, embeddings: null, n: 2 };

  it.each(['split', 'padded'])('in a batch that is %s say what each says alone', async (how) => {
    const answer = windowCalls({ ...networks, voice: how === 'padded' ? padded(networks.voice) : networks.voice });
    const windows = Array.from({ length: 11 }, (_, seed) => spoken(seed));
    const together = await answer(windows);
    for (const [i, window] of windows.entries()) {
      const [alone] = await answer([window]);
      expectSameHeads(valueOf(together[i]).voice, valueOf(alone).voice);
    }
  });

  it('shorter than the network hears are heard as followed by silence', async () => {
    const answer = windowCalls(networks);
    const short = voice(3, 120);
    const long = new Float32Array(300 * MEL_BANDS).fill(SILENT_BAND);
    long.set(short.logMel);
    const [a, b] = await answer([
      { voice: short, face: null },
      { voice: { logMel: long, frames: 300 }, face: null },
    ]);
    expectSameHeads(valueOf(a).voice, valueOf(b).voice);
  });

  it('have logits for what is present, in whatever mixture', async () => {
    const answers = await windowCalls(networks)([{ voice: null, face }, spoken(1), { voice: voice(1), face }]);
    const [first, second, third] = answers.map(valueOf);
    expect(first?.voice).toBeNull();
    expect(second?.face).toBeNull();
    expectSameHeads(third?.voice, second?.voice);
    expectSameHeads(third?.face, first?.face);
    expect(first?.face?.shareLogits).toHaveLength(8);
  });

  it('of a pack of format 1 have the share as their presence, after its looks were pooled', async () => {
    const odd = { ...face, presenceLogits: new Float32Array(16).fill(9) };
    for (const answer of await windowCalls(networks)([spoken(1), { voice: null, face: odd }])) {
      const { voice, face } = valueOf(answer);
      const { shareLogits, presenceLogits } = voice ?? face ?? { shareLogits: [], presenceLogits: [] };
      softmax(shareLogits).forEach((share, k) => expect(sigmoid(presenceLogits[k] ?? NaN)).toBeCloseTo(share, 6));
    }
  });

  it('with numbers that are none fail alone', async () => {
    const bad = voice(2);
    bad.logMel[777] = NaN;
    const [before, failed, after] = await windowCalls(networks)([spoken(1), { voice: bad, face: null }, spoken(1)]);
    expect(failed).toMatchObject({
      ok: false,
      code: 'inference-failed',
      message: expect.stringMatching(/log-mel holds NaN at 777/) as unknown,
    });
    expectSameHeads(valueOf(before).voice, valueOf(after).voice);
  });

  it('of a wrong shape fail alone, and say what is wrong', async () => {
    const answers = await windowCalls(networks)([
      { voice: { logMel: new Float32Array(63), frames: 1 }, face: null },
      { voice: voice(0, 301), face: null },
      { voice: { logMel: new Float32Array(0), frames: 0 }, face: null },
      { voice: null, face: { ...face, shareLogits: new Float32Array(15) } },
      { voice: null, face: { ...face, shareLogits: new Float32Array(16).fill(Infinity) } },
      spoken(1),
    ]);
    expect(answers.map((answer) => answer.ok)).toEqual([false, false, false, false, false, true]);
    expect(answers[1]).toMatchObject({ message: expect.stringMatching(/301 frames.*1 to 300 frames/) as unknown });
    expect(answers[3]).toMatchObject({
      message: expect.stringMatching(/15 share logits: there must be 8 a frame/) as unknown,
    });
  });
});

describe('voice activity', () => {
  const call = (samples: Float32Array, state: SpeechRequest['state'] = null): SpeechRequest => ({ samples, state });

  it('of many at once says what each says alone', async () => {
    const answer = speechCalls(networks.speech);
    const calls = [5, 1, 0, 3, 5, 2].map((blocks, seed) => call(sound(seed, blocks)));
    const together = await answer(calls);
    for (const [i, request] of calls.entries()) {
      const [alone] = await answer([request]);
      expectSame(valueOf(together[i]).probabilities, valueOf(alone).probabilities);
      expectSame(valueOf(together[i]).state.hidden, valueOf(alone).state.hidden);
    }
  });

  it('does not depend on how the sound was cut into calls', async () => {
    const answer = speechCalls(networks.speech);
    const samples = sound(4, 6);
    const [whole] = await answer([call(samples)]);
    const [first] = await answer([call(samples.slice(0, 1024))]);
    const [rest] = await answer([call(samples.slice(1024), valueOf(first).state)]);
    const parts = [...valueOf(first).probabilities, ...valueOf(rest).probabilities];
    expectSame(Float32Array.from(parts), valueOf(whole).probabilities);
    expectSame(valueOf(rest).state.hidden, valueOf(whole).state.hidden);
  });

  it('looks back at the last 64 samples of the block before', async () => {
    const samples = sound(2, 2);
    const [activity] = await speechCalls(networks.speech)([call(samples)]);
    const blank = {
      state: { data: new Float32Array(256), dims: [2, 1, 128] },
      sr: { data: BigInt64Array.of(16_000n), dims: [] },
    };
    const block = (data: Float32Array) => ({ input: { data, dims: [1, 576] } });
    const first = await networks.speech.run({
      ...blank,
      ...block(new Float32Array(576).map((_, i) => samples[i - 64] ?? 0)),
    });
    const state = { data: first['stateN']?.data ?? new Float32Array(0), dims: [2, 1, 128] };
    const second = await networks.speech.run({ ...blank, state, ...block(samples.slice(512 - 64)) });
    const expected = [first, second].map((results) => results['output']?.data[0] ?? NaN);
    expectSame(valueOf(activity).probabilities, Float32Array.from(expected));
    expectSame(valueOf(activity).state.context, samples.slice(-64));
  });

  it('leaves the state that it was given as it was', async () => {
    const state = { hidden: new Float32Array(256), context: new Float32Array(64) };
    await speechCalls(networks.speech)([call(sound(1, 2), state)]);
    expect(state.hidden.every((value) => value === 0)).toBe(true);
  });

  it('is low in silence', async () => {
    const [silence] = await speechCalls(networks.speech)([call(new Float32Array(512 * 20))]);
    for (const probability of valueOf(silence).probabilities) expect(probability).toBeLessThan(0.2);
  });

  it('refuses NaN and a state that is none of its own, alone', async () => {
    const bad = sound(1, 2);
    bad[600] = NaN;
    const state = { hidden: new Float32Array(3), context: new Float32Array(64) };
    const [nan, foreign, good] = await speechCalls(networks.speech)([
      call(bad),
      call(sound(1, 1), state),
      call(sound(1, 1)),
    ]);
    expect(nan).toMatchObject({
      code: 'inference-failed',
      message: expect.stringMatching(/sound holds NaN at 600/) as unknown,
    });
    expect(foreign).toMatchObject({ code: 'inference-failed', message: expect.stringMatching(/pass null/) as unknown });
    expect(good?.ok).toBe(true);
  });
});

describe('frames', () => {
  it('that show nobody hold no face', async () => {
    const answers = await faceCalls(networks)([greyFrame(), greyFrame(1, 1), greyFrame(641, 359)]);
    expect(answers.map(valueOf)).toEqual([[], [], []]);
  });

  it('of a real face are seen, measured and encoded, in a batch as alone', async () => {
    const frame = astronautFrame(512, 512);
    const answer = faceCalls({ ...networks, detector: padded(networks.detector), face: padded(networks.face) });
    const [together, , nobody] = await answer([frame, frame, greyFrame()]);
    const [alone] = await faceCalls(networks)([frame]);
    const [sighting] = valueOf(together);
    expect(valueOf(nobody)).toEqual([]);
    expect(sighting?.poor).toBeNull();
    expect(Math.abs((sighting?.keyPoints.nose.x ?? NaN) - ASTRONAUT_FACE.x)).toBeLessThan(20);
    expect(sighting?.encoding?.embedding).toBeNull();
    const logits = sighting?.encoding?.shareLogits ?? new Float32Array(0);
    expect(LABELS[logits.indexOf(Math.max(...logits))]).toBe('happiness');
    valueOf(alone)[0]?.encoding?.shareLogits.forEach((value, k) => expect(logits[k]).toBeCloseTo(value, 3));
  });

  it('with a face too small to judge say so, and do not encode it', async () => {
    const [far] = await faceCalls(networks)([astronautFrame(512, 512, 'scale=128:128,pad=512:512:192:192')]);
    const [sighting] = valueOf(far);
    expect(sighting?.poor).not.toBeNull();
    expect(sighting?.encoding).toBeNull();
  });

  it('without pixels, or with fewer than they say, fail alone', async () => {
    const short = { ...greyFrame(), data: new Uint8Array(100) };
    const [none, cut, good] = await faceCalls(networks)([{ ...greyFrame(), width: 0 }, short, greyFrame()]);
    expect(none).toMatchObject({ ok: false, code: 'bad-media' });
    expect(cut).toMatchObject({ ok: false, code: 'bad-media' });
    expect(valueOf(good)).toEqual([]);
  });
});
