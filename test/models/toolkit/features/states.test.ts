/** What a clip gets depends on the clip: not on those beside it, not on threads. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEncoder, type OpenEncoder } from '../../../../models/encoder.ts';
import { importEncoder } from '../../../../models/toolkit/encoders/import-encoder.ts';
import { faceStates, sideOf } from '../../../../models/toolkit/features/face-states.ts';
import { pickStates, type States } from '../../../../models/toolkit/features/states.ts';
import { voiceStates } from '../../../../models/toolkit/features/voice-states.ts';
import { gaussian, randomStream } from '../../../../src/core/random.ts';
import { encoderFixture, ENCODERS, farthest } from '../encoders/fixtures.ts';

type Name = keyof typeof ENCODERS;
const HALF = 1e-2;
const signal = new AbortController().signal;

let dir = '';
const opened: OpenEncoder[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-states-'));
});
afterAll(async () => {
  await Promise.all(opened.map(({ network }) => network.close()));
  await rm(dir, { recursive: true });
});

async function open(name: Name, { masked = true, threads = 1 } = {}): Promise<OpenEncoder> {
  const out = join(dir, `${name}-${String(masked)}`);
  await importEncoder(ENCODERS[name], {
    from: encoderFixture(name),
    out,
    replace: true,
    ...(!masked && { masked }),
  });
  const one = await openEncoder(out, { threads });
  opened.push(one);
  return one;
}

async function voiceOf(name: Name, options: { masked?: boolean; threads?: number; batchSamples?: number } = {}) {
  const { encoder, network } = await open(name, options);
  if (encoder.modality !== 'voice') throw new Error('not a voice');
  const layers = Array.from({ length: encoder.layers }, (_, i) => i);
  const { batchSamples = 20_000 } = options;
  return voiceStates(encoder, network, { layers, frames: 'each', batchSamples });
}

const clip = (length: number, seed: number): Float32Array => {
  const random = randomStream('clip', seed);
  return Float32Array.from({ length }, () => 0.1 * gaussian(random));
};
const numbersOf = (states: States | { readonly why: string } | undefined): ArrayLike<number> =>
  states && 'numbers' in states ? states.numbers : [];

describe.each(['wavlm-large-tiny', 'wavlm-base-tiny', 'wav2vec2-large-robust-tiny'] as const)('%s', (name) => {
  it.each([true, false])('gives a clip in a batch what it gives it alone (mask: %s)', async (masked) => {
    const states = await voiceOf(name, { masked });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1000, max: 6000 }), { minLength: 1, maxLength: 6 }),
        async (sizes) => {
          const clips = sizes.map((size, i) => clip(size, i));
          const together = await states.run(clips, signal);
          for (const [i, one] of clips.entries()) {
            const [alone] = (await states.run([one], signal)) ?? [];
            expect(numbersOf(alone).length).toBe(states.bytesOf(one) / 2);
            expect(farthest(numbersOf(together?.[i]), numbersOf(alone))).toBeLessThan(HALF);
          }
        },
      ),
      { numRuns: 8 },
    );
  });

  it('gives the same with more threads', async () => {
    const [one, two] = [await voiceOf(name), await voiceOf(name, { threads: 2 })];
    const clips = [clip(5000, 1), clip(3000, 2)];
    const [a, b] = [await one.run(clips, signal), await two.run(clips, signal)];
    for (const i of clips.keys()) expect(farthest(numbersOf(a?.[i]), numbersOf(b?.[i]))).toBeLessThan(HALF);
  });

  it('says why a clip has none', async () => {
    const states = await voiceOf(name);
    expect(await states.run([clip(3, 1)], signal)).toEqual([{ why: 'its sound is too short for one frame' }]);
  });
});

it('are what the network gives for the clip, brought to mean 0 and variance 1', async () => {
  const { encoder, network } = await open('wavlm-large-tiny');
  if (encoder.modality !== 'voice') throw new Error('not a voice');
  const samples = clip(4000, 9);
  const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length;
  const variance = samples.reduce((sum, x) => sum + (x - mean) ** 2, 0) / samples.length;
  const fed = encoder.normalise === 'clip' ? samples.map((x) => (x - mean) / Math.sqrt(variance + 1e-7)) : samples;
  const dims = [1, fed.length];
  const { hidden } = await network.run({
    samples: { data: fed, dims },
    mask: { data: new Float32Array(fed.length).fill(1), dims },
  });
  const states = voiceStates(encoder, network, { layers: [0, 1, 2, 3], frames: 'each' });
  const [kept] = (await states.run([samples], signal)) ?? [];
  expect(farthest(numbersOf(kept), hidden?.data ?? [])).toBeLessThan(HALF);
});

describe('mobilenetv2-tiny', () => {
  it('gives each crop of a batch what it gives it alone', async () => {
    const { encoder, network } = await open('mobilenetv2-tiny');
    if (encoder.modality !== 'face') throw new Error('not a face');
    const states = faceStates(encoder, network, { side: sideOf(encoder, 64), frames: 'each', batch: 3 });
    const crop = (seed: number) => clip(48 * 48, seed).map((x) => Math.min(1, Math.abs(x)));
    const clips = [[crop(1)], [crop(2), crop(3), crop(4)], [], [crop(5)]];
    const together = await states.run(clips, signal);
    expect(together?.[2]).toEqual({ why: 'no face that can be judged was found in its pictures' });
    for (const [i, one] of clips.entries()) {
      if (one.length === 0) continue;
      const alone = await Promise.all(one.map(async (single) => (await states.run([[single]], signal))?.[0]));
      const expected = alone.flatMap((each) => Array.from(numbersOf(each)));
      expect(farthest(numbersOf(together?.[i]), expected)).toBeLessThan(HALF);
    }
  });
});

describe('what is kept', () => {
  const hidden = Float32Array.from({ length: 2 * 3 * 2 }, (_, i) => i);
  it('is of the chosen layers and of the clip, without its padding', () => {
    const kept = pickStates(hidden, { given: 3, frames: 2, width: 2 }, { layers: [1], frames: 'each' });
    expect(kept).toEqual({ frames: 2, numbers: Float16Array.of(6, 7, 8, 9) });
    const mean = pickStates(hidden, { given: 3, frames: 2, width: 2 }, { layers: [0, 1], frames: 'mean' });
    expect(mean).toEqual({ frames: 1, numbers: Float16Array.of(1, 2, 7, 8) });
  });

  it.each([NaN, 1e6, -Infinity])('is never %d', (odd) => {
    const broken = Float32Array.of(1, 2, 3, odd);
    const kept = pickStates(broken, { given: 1, frames: 1, width: 2 }, { layers: [0, 1], frames: 'each' });
    expect(kept).toMatchObject({ why: expect.stringMatching(/not finite or beyond float16 \(layer 1\)/) as string });
  });
});
