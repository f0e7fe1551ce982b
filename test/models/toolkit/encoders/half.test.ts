/** Encoders that compute in float16. What that makes of their numbers is told by networks that round as it does (rounded-model.ts). */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEncoder } from '../../../../models/encoder.ts';
import { readEncoder } from '../../../../models/encoder-format.ts';
import { openNetworkFile } from '../../../../models/runtime.ts';
import { openCheckpoint } from '../../../../models/toolkit/encoders/checkpoint.ts';
import { importEncoder } from '../../../../models/toolkit/encoders/import-encoder.ts';
import { fit } from '../../../../models/toolkit/encoders/recipe.ts';
import { speechPlan } from '../../../../models/toolkit/encoders/speech.ts';
import { halfModel } from '../../../../models/toolkit/half-model.ts';
import { onnxStream } from '../../../../models/toolkit/onnx-stream.ts';
import { roundedModel } from '../../../../models/toolkit/rounded-model.ts';
import { gaussian, randomStream } from '../../../../src/core/random.ts';
import { changed } from './checkpoints.ts';
import { encoderFixture, ENCODERS, farthest, padded, SPEECH, tensorsOf } from './fixtures.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-half-'));
  for (const name of SPEECH) {
    await importEncoder(ENCODERS[name], { from: encoderFixture(name), out: join(dir, name), half: true });
    await writeRounded(name, join(dir, `${name}.onnx`));
  }
});
afterAll(() => rm(dir, { recursive: true }));

/** The network by which importing tells what float16 makes of an encoder, in one file. */
async function writeRounded(name: (typeof SPEECH)[number], path: string): Promise<void> {
  const from = encoderFixture(name);
  const checkpoint = await openCheckpoint(from);
  try {
    const { model, architecture, leastHalved } = await speechPlan(from, ENCODERS[name], {});
    const sizes = new Map(model.later?.map((weight) => [weight.name, weight.dims.reduce((x, y) => x * y, 1)]));
    const kept = (weight: string): boolean => (sizes.get(weight) ?? 0) >= leastHalved;
    const half = halfModel(model, { kept, fits: () => true });
    if (!half) throw new Error('it computes in float16');
    const fitted = fit(checkpoint, from, architecture);
    const { graph } = onnxStream(roundedModel(half, kept), {
      weight: (weight) => fitted.read(weight),
      half: kept,
      castBack: false,
    });
    await writeFile(path, graph.pieces());
  } finally {
    await checkpoint.close();
  }
}

const open = {
  float32: async (name: string) => (await openEncoder(join(dir, name))).network,
  /** As ONNX Runtime does it on the CPU. */
  float16: async (name: string) => (await openEncoder(join(dir, name), { precision: 'float16' })).network,
  rounded: (name: string) => openNetworkFile(join(dir, `${name}.onnx`)),
} as const;

async function answer(name: string, clips: readonly Float32Array[], how: keyof typeof open) {
  const network = await open[how](name);
  try {
    return (await network.run(padded(clips)))['hidden']?.data ?? new Float32Array(0);
  } finally {
    await network.close();
  }
}

function noise(samples: number, loudness = 1): Float32Array {
  const random = randomStream('noise', samples);
  return Float32Array.from({ length: samples }, () => loudness * gaussian(random));
}

const RATE = 16_000;
const CLIPS: Readonly<Record<string, Float32Array>> = {
  silent: new Float32Array(RATE),
  quiet: noise(RATE, 1e-5),
  loud: noise(RATE, 32_768),
  'louder than float16 holds': noise(RATE, 1e6),
  'one click': new Float32Array(RATE).fill(1, 8000, 8001),
  'all one number': new Float32Array(RATE).fill(1),
  'half a minute': noise(30 * RATE),
};

describe.each(SPEECH)('%s in float16', (name) => {
  it.each(['float16', 'rounded'] as const)('computes what the published implementation does, %s', async (how) => {
    const expected = await tensorsOf(join(encoderFixture(name), 'expected.safetensors'));
    const input = expected.get('input')?.data ?? new Float32Array(0);
    const due = [0, 1, 2, 3].flatMap((i) => [...(expected.get(`hidden_${i}`)?.data ?? [])]);
    const said = await answer(name, [input], how);
    expect(farthest(said, due)).toBeLessThan(1e-2);
    // It was really another computation.
    expect(farthest(said, await answer(name, [input], 'float32'))).toBeGreaterThan(1e-6);
  });

  it.each(Object.keys(CLIPS))('gives what float32 gives, of a clip that is %s', async (kind) => {
    const clip = CLIPS[kind] ?? new Float32Array(0);
    const due = await answer(name, [clip], 'float32');
    const most = due.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
    expect(farthest(await answer(name, [clip], 'rounded'), due)).toBeLessThan(0.01 * most);
  });

  it('looks at no padding', async () => {
    const [short, long] = [noise(2000), noise(9000)];
    const alone = await answer(name, [short], 'rounded');
    const network = await open.rounded(name);
    const { hidden } = await network.run(padded([short, long], 1e4));
    await network.close();
    const [, layers = 0, all = 0, width = 0] = hidden?.dims ?? [];
    const size = alone.length / layers;
    for (let layer = 0; layer < layers; layer++) {
      const own = alone.subarray(layer * size, (layer + 1) * size);
      const from = layer * all * width;
      expect(farthest(hidden?.data.subarray(from, from + own.length) ?? [], own)).toBeLessThan(1e-2);
    }
  });
});

describe('the folder of an encoder that was imported with float16', () => {
  it('has one file of weights under two graphs', async () => {
    const folder = join(dir, 'wavlm-large-tiny');
    expect((await readdir(folder)).toSorted()).toEqual([
      ...['encoder.half.onnx', 'encoder.json', 'encoder.onnx', 'encoder.weights'],
    ]);
    const { half, weights } = (await readEncoder(folder)).network;
    expect((await stat(join(folder, 'encoder.half.onnx'))).size).toBe(half?.bytes);
    for (const graph of ['encoder.onnx', 'encoder.half.onnx'])
      expect((await readFile(join(folder, graph))).includes(weights?.file ?? '?')).toBe(true);
  });

  it('computes in float32 on the CPU, and in float16 where that is asked for', async () => {
    const folder = join(dir, 'wavlm-large-tiny');
    for (const [options, due] of [
      [{}, 'float32'],
      [{ provider: 'cpu', precision: 'float16' }, 'float16'],
    ] as const) {
      const { network, precision } = await openEncoder(folder, options);
      expect([precision, network.provider]).toEqual([due, 'cpu']);
      await network.close();
    }
  });

  it('is refused where its graph is another', async () => {
    const folder = join(dir, 'damaged');
    await importEncoder('wavlm', { from: encoderFixture('wavlm-base-tiny'), out: folder, half: true });
    await writeFile(join(folder, 'encoder.half.onnx'), 'nothing');
    const opened = openEncoder(folder, { precision: 'float16' });
    await expect(opened).rejects.toThrow(/encoder\.half\.onnx has SHA-256 .*import the encoder again/);
  });
});

describe('an encoder that does not compute in float16', () => {
  it('says how it would', async () => {
    const out = join(dir, 'single');
    await importEncoder('wavlm', { from: encoderFixture('wavlm-base-tiny'), out });
    await expect(openEncoder(out, { precision: 'float16' })).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: `the encoder in '${out}' has no network that computes in float16: import it again with --half`,
    });
  });

  it('is one of convolutions alone: its weights are halved all the same', async () => {
    const out = join(dir, 'pictures');
    const from = encoderFixture('mobilenetv2-tiny');
    const { encoder, notices } = await importEncoder('mobilenetv2', { from, out, half: true });
    expect(encoder.network.half).toBeUndefined();
    expect(encoder.network.precision).toBe('float16');
    expect(notices.join()).not.toMatch(/float16/);
    expect((await readdir(out)).toSorted()).toEqual(['encoder.json', 'encoder.onnx']);
  });

  it('is one whose numbers float16 cannot hold, and that is said', async () => {
    const from = await changed('wavlm-base-tiny', join(dir, 'large'), {
      tensors: (all) =>
        all.map(({ name, dims, data }) => {
          const factor = name.includes('intermediate_dense.weight')
            ? 1e5
            : name.includes('output_dense.weight')
              ? 1e-5
              : 1;
          return { name, dims, data: Float32Array.from(data as Float32Array, (x) => factor * x) };
        }),
    });
    const out = join(dir, 'overflowing');
    const { encoder, notices } = await importEncoder('wavlm', { from, out, half: true });
    expect(notices.join()).toMatch(
      /computes in float32 on every provider: in float16 its numbers differ by more than 5 %/,
    );
    expect(encoder.network.half).toBeUndefined();
    expect(await readEncoder(out)).toEqual(encoder);
    expect(await readdir(out)).not.toContain('encoder.half.onnx');
  });
});
