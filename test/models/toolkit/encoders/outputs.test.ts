/** What imported encoders compute: what the published implementation computes, and for each clip alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEncoder } from '../../../../models/encoder.ts';
import { type EncoderOptions, importEncoder } from '../../../../models/toolkit/encoders/import-encoder.ts';
import { speechFrames } from '../../../../models/nets/speech-features.ts';
import { gaussian, randomStream } from '../../../../src/core/random.ts';
import { encoded, encoderFixture, ENCODERS, farthest, padded, SPEECH, tensorsOf } from './fixtures.ts';

type Name = keyof typeof ENCODERS;
const NAMES = Object.keys(ENCODERS) as Name[];
/** The agreement that float32 promises, and float16. */
const TOLERANCE = { float32: 1e-4, float16: 1e-2 } as const;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-encoders-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function imported(name: Name, options: Partial<EncoderOptions> = {}): Promise<string> {
  const out = join(
    dir,
    [name, ...Object.entries(options).map(([option, value]) => `${option}-${JSON.stringify(value)}`)].join('-'),
  );
  await importEncoder(ENCODERS[name], { from: encoderFixture(name), out, replace: true, ...options });
  return out;
}

function clip(samples: number, seed: number): Float32Array {
  const random = randomStream('clip', seed);
  return Float32Array.from({ length: samples }, () => gaussian(random));
}

describe('an imported encoder computes what the published implementation does', () => {
  it.each(NAMES.flatMap((name) => [[name, false] as const, [name, true] as const]))(
    '%s, half %s',
    async (name, half) => {
      const expected = await tensorsOf(join(encoderFixture(name), 'expected.safetensors'));
      const tolerance = TOLERANCE[half ? 'float16' : 'float32'];
      const input = expected.get('input') ?? { data: new Float32Array(0), dims: [] };
      const due = (tensor: string) => [...(expected.get(tensor)?.data ?? [])];
      const out = await imported(name, { half });
      if (name === 'mobilenetv2-tiny') {
        const { pooled } = await encoded(out, { pixels: input });
        expect(farthest(pooled?.data ?? [], due('pooled'))).toBeLessThan(tolerance);
        return;
      }
      const mask = { data: new Float32Array(input.data.length).fill(1), dims: input.dims };
      const { hidden, last } = await encoded(out, { samples: input, mask });
      expect(hidden?.dims).toEqual([1, 4, 24, 32]);
      expect(
        farthest(
          hidden?.data ?? [],
          [0, 1, 2, 3].flatMap((i) => due(`hidden_${i}`)),
        ),
      ).toBeLessThan(tolerance);
      expect(farthest(last?.data ?? [], due('last'))).toBeLessThan(tolerance);
    },
  );
});

describe.each(SPEECH)('%s', (name) => {
  it('says of a padded clip in a batch what it says of it alone, whatever the padding holds', async () => {
    const { network, encoder } = await openEncoder(await imported(name));
    if (encoder.modality !== 'voice') throw new Error('it listens');
    const { frames, layers, width } = encoder;
    const length = fc.integer({ min: 400, max: 5000 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(length, { minLength: 2, maxLength: 4 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        async (lengths, filler) => {
          const clips = lengths.map((samples, i) => clip(samples, i));
          const { hidden: together } = await network.run(padded(clips, filler));
          const most = together?.dims[2] ?? 0;
          for (const [i, one] of clips.entries()) {
            const { hidden: alone } = await network.run(padded([one]));
            const own = speechFrames(one.length, frames ?? []);
            expect(alone?.dims).toEqual([1, layers, own, width]);
            for (let layer = 0; layer < layers; layer++) {
              const from = (i * layers + layer) * most * width;
              const part = together?.data.subarray(from, from + own * width) ?? [];
              const due = alone?.data.subarray(layer * own * width, (layer + 1) * own * width) ?? [];
              expect(farthest(part, due)).toBeLessThan(1e-4);
            }
          }
        },
      ),
      { numRuns: 10 },
    );
    await network.close();
  });

  it('says the same without a mask, of clips of one length', async () => {
    const clips = [clip(3000, 1), clip(3000, 2)];
    const { samples, mask } = padded(clips);
    const masked = await encoded(await imported(name), { samples, mask });
    const plain = await encoded(await imported(name, { masked: false }), { samples });
    expect(farthest(plain['hidden']?.data ?? [], masked['hidden']?.data ?? [])).toBeLessThan(1e-5);
  });

  it.each([1, 2, 3])('is the whole one up to a layer, of the first %i', async (layers) => {
    const feeds = padded([clip(2000, 3)]);
    const whole = await encoded(await imported(name), feeds);
    const first = await encoded(await imported(name, { layers }), feeds);
    const size = whole['hidden']?.data.length ?? 0;
    expect(first['hidden']?.dims[1]).toBe(layers + 1);
    const due = whole['hidden']?.data.subarray(0, (size / 4) * (layers + 1)) ?? [];
    expect(farthest(first['hidden']?.data ?? [], due)).toBeLessThan(1e-6);
  });

  it('answers a clip that is too short for one frame without a number that is none', async () => {
    const clips = [0, 5, 9, 10, 100, 1000].map((samples) => clip(samples, samples));
    const { hidden } = await encoded(await imported(name), padded(clips));
    expect(hidden?.data.every(Number.isFinite)).toBe(true);
  });
});

describe('mobilenetv2-tiny', () => {
  it('says of each picture of a batch what it says of it alone, whatever its sides', async () => {
    const out = await imported('mobilenetv2-tiny');
    const picture = (seed: number) => clip(3 * 64 * 48, seed);
    const [a, b] = [picture(1), picture(2)];
    const { pooled: both } = await encoded(out, {
      pixels: { data: new Float32Array([...a, ...b]), dims: [2, 3, 64, 48] },
    });
    const alone = [];
    for (const data of [a, b])
      alone.push(...((await encoded(out, { pixels: { data, dims: [1, 3, 64, 48] } }))['pooled']?.data ?? []));
    expect(farthest(both?.data ?? [], alone)).toBeLessThan(1e-4);
  });
});

describe('frames of a clip', () => {
  const convolutions = [10, 3, 3, 3, 3, 2, 2].map((kernel, i) => ({ kernel, stride: i === 0 ? 5 : 2 }));
  it('are 49 a second less the ends, as published', () => {
    expect([0, 399, 400, 719, 720, 16_000, 48_000].map((n) => speechFrames(n, convolutions))).toEqual([
      0, 0, 1, 1, 2, 49, 149,
    ]);
  });
});
