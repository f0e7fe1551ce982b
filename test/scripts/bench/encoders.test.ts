/** `npm run bench encoders`: what it counts, asks for and tells; tiny encoders stand for the large ones. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importEncoder } from '../../../models/toolkit/encoders/import-encoder.ts';
import { readSpeechConfig, type SpeechConfig } from '../../../models/toolkit/encoders/speech-config.ts';
import { speechFrames } from '../../../models/nets/speech-features.ts';
import { apart } from '../../../scripts/bench/encoders/child.ts';
import { itemFlops, makeEncoder } from '../../../scripts/bench/encoders/make.ts';
import { measure } from '../../../scripts/bench/encoders/measure.ts';
import { itemsPerSecond, memoryRatio, type Task } from '../../../scripts/bench/encoders/measurement.ts';
import { batchesOf, readBenchOptions } from '../../../scripts/bench/encoders/options.ts';
import { writeBenchPack } from '../../../scripts/bench/encoders/pack.ts';
import { benchTables } from '../../../scripts/bench/encoders/report.ts';
import { serve } from '../../../scripts/bench/encoders/serve.ts';
import { speechFlops, SUBJECTS } from '../../../scripts/bench/encoders/subjects.ts';
import { encoderFixture, ENCODERS, SPEECH } from '../../models/toolkit/encoders/fixtures.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-bench-test-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** Pairs of numbers that are multiplied and added, by the papers' formulas. */
function byHand({ kind, size }: SpeechConfig, samples: number): number {
  const { features, width, inner, layers, positional, heads } = size;
  let [pairs, channels] = [0, 1];
  features.convolutions.forEach((convolution, i) => {
    const places = speechFrames(samples, features.convolutions.slice(0, i + 1));
    pairs += places * convolution.channels * channels * convolution.kernel;
    ({ channels } = convolution);
  });
  const frames = speechFrames(samples, features.convolutions);
  pairs += frames * channels * width;
  pairs += (frames * width * width * positional.kernel) / positional.groups;
  const gates = kind === 'wavlm' ? frames * heads * (width / heads) * 2 : 0;
  const attention = 4 * frames * width * width + 2 * frames * frames * width + gates;
  return pairs + layers * (attention + 2 * frames * width * inner);
}

describe('operations of an encoder', () => {
  it.each(SPEECH)('of %s are those of its formulas', async (name) => {
    const config = await readSpeechConfig(join(encoderFixture(name), 'config.json'), ENCODERS[name]);
    for (const samples of [400, 8000, 48_000]) expect(speechFlops(config, samples)).toBe(2 * byHand(config, samples));
  });

  it('are fewer of fewer layers', async () => {
    const config = await readSpeechConfig(join(encoderFixture('wavlm-large-tiny'), 'config.json'), 'wavlm');
    const { size } = config;
    const fewer = { kind: 'wavlm', size: { ...config.size, layers: 1 } } as SpeechConfig;
    expect(size.layers).toBeGreaterThan(1);
    expect(speechFlops(config, 8000, 1)).toBe(2 * byHand(fewer, 8000));
  });

  it('of the published ones are what is published', async () => {
    // Sandler et al. 2018, table 4: 300 million pairs for a picture of 224 x 224, with the last layer, which has 1.3.
    expect((await itemFlops(SUBJECTS.mobilenetv2, dir)) / 2e6).toBeCloseTo(300 - 1.3, -1);
    // 24 layers of 12 width² a frame, and a tenth as much before them.
    const [wavlm, half] = [
      await itemFlops(SUBJECTS['wavlm-large'], dir),
      await itemFlops(SUBJECTS['wav2vec2-l-12'], dir),
    ];
    expect(wavlm / (2 * 149 * 24 * 12 * 1024 ** 2)).toBeCloseTo(1.22, 1);
    expect(half / wavlm).toBeCloseTo(0.58, 1);
  });
});

describe('arguments', () => {
  const read = (...args: readonly string[]) => readBenchOptions(args, 2);

  it('are all encoders on one thread and on two, where nothing is said', () => {
    expect(read()).toEqual({
      subjects: ['wavlm-large', 'wav2vec2-l-12', 'mobilenetv2'],
      threads: [1, 2],
      batches: null,
      provider: 'cpu',
      half: false,
      rounds: 5,
      participants: [1, 2, 3, 4, 6, 8, 12],
      keep: null,
      json: false,
      docs: false,
    });
    expect(readBenchOptions([], 1)?.threads).toEqual([1]);
    expect(read('--provider', 'cuda')?.threads).toEqual([1]);
    expect(read('--help')).toBeNull();
  });

  it('choose encoders, threads and batches', () => {
    const options = read('--encoders', 'mobilenetv2', '--threads', '2,4', '--batches', '3', '--quick', '--keep', 'x');
    expect(options).toMatchObject({ subjects: ['mobilenetv2'], threads: [2, 4], batches: [3], rounds: 3, keep: 'x' });
    expect(batchesOf('mobilenetv2', { batches: [3] })).toEqual([3]);
    expect(batchesOf('mobilenetv2', { batches: null })).toEqual(SUBJECTS.mobilenetv2.batches);
    expect(read('--quick')).toMatchObject({ batches: [1], participants: [] });
  });

  it.each([
    [['--encoders', 'hubert'], /--encoders: 'hubert' is none of wavlm-large, wav2vec2-l-12, mobilenetv2/],
    [['--provider', 'tpu'], /--provider: 'tpu' is none of cpu, cuda, webgpu/],
    [['--threads', '0'], /--threads: '0' is no whole number from 1 to 64/],
    [['--batches', '1,two'], /--batches: 'two' is no whole number/],
    [['--rounds', ''], /--rounds: '' is no whole number/],
    [['--fast'], /Unknown option '--fast': see 'npm run bench encoders -- --help'/],
    [['wavlm'], /Unexpected argument 'wavlm'/],
  ])('%j are refused', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});

describe('a measurement', () => {
  it.each(['wavlm-large-tiny', 'mobilenetv2-tiny'] as const)('of %s tells times, shares and memory', async (name) => {
    const out = join(dir, name);
    await importEncoder(ENCODERS[name], { from: encoderFixture(name), out });
    let turns = 0;
    const task = { dir: out, provider: 'cpu', threads: 1, batches: [2], rounds: 1, flops: 1e6 } as const;
    const measured = await measure(task, () => (turns += 1));
    expect(turns).toBe(1);
    const { memory, productsPerSecond, batches } = measured;
    expect(memory.peak).toBeGreaterThanOrEqual(memory.before);
    expect(memory.weights).toBeGreaterThan(0);
    for (const { batch, ms, medianMs, share, pairedShare, cpuShare } of batches) {
      expect(medianMs).toBeGreaterThanOrEqual(ms);
      expect(share).toBeCloseTo((batch * 1e6 * 1000) / ms / productsPerSecond, 9);
      expect(pairedShare).toBeGreaterThan(0);
      expect(cpuShare).toBeGreaterThan(0);
    }
    const tables = benchTables([{ name: 'mobilenetv2', measurements: [measured], served: null }]);
    expect(tables).toContain('| MobileNetV2, a picture of 224 x 224 |');
  });

  it('tells items a second, and memory by the weights', () => {
    expect(itemsPerSecond({ batch: 4, ms: 20 })).toBe(200);
    expect(memoryRatio({ weights: 100, before: 50, peak: 170 })).toBe(1.2);
  });
});

describe('serving', () => {
  it('tells how many windows and looks of each participant are answered, through a pack', async () => {
    const imported = async (name: 'wavlm-base-tiny' | 'mobilenetv2-tiny') => {
      const out = join(dir, `served-${name}`);
      await importEncoder(ENCODERS[name], { from: encoderFixture(name), out });
      return out;
    };
    const packDir = join(dir, 'pack');
    const folders = { voice: await imported('wavlm-base-tiny'), face: await imported('mobilenetv2-tiny') };
    await writeBenchPack(packDir, folders, {
      width: 8,
      heads: 2,
      dropout: 0,
      voice: { halves: ['av'], layers: 1 },
      face: { halves: ['av'], layers: 1, channels: 4, kernel: 3 },
      shared: { layers: 1, attention: 'each' },
    });
    let turns = 0;
    const task = { packDir, provider: 'cpu', threads: 1, participants: [2], seconds: 1 } as const;
    const { loads, held } = await serve(task, () => (turns += 1));
    expect(turns).toBe(1);
    const [load] = loads;
    expect(load).toMatchObject({ participants: 2, answered: 1 });
    expect(load?.p95Ms).toBeGreaterThan(0);
    expect(load?.looked).toBeGreaterThan(0);
    expect(held).toBe(load?.held ? 2 : 0);
  });
});

describe('making an encoder', () => {
  it('is refused where the disk has no room for it and its checkpoint, and leaves nothing', async () => {
    const making = makeEncoder(SUBJECTS['wavlm-large'], join(dir, 'large'), {
      advance: () => undefined,
      signal: new AbortController().signal,
      freeBytes: () => Promise.resolve(1e9),
    });
    await expect(making).rejects.toThrow(/large.checkpoint' needs 2,523.* MB for a while, and 1,000 MB are free/);
    expect((await readdir(dir)).filter((name) => name.startsWith('large'))).toEqual([]);
  });

  it('leaves nothing when it is stopped', async () => {
    const controller = new AbortController();
    const making = makeEncoder(SUBJECTS.mobilenetv2, join(dir, 'stopped'), {
      advance: (doing) => {
        if (doing === 'importing') controller.abort();
      },
      signal: controller.signal,
    });
    await expect(making).rejects.toMatchObject({ name: 'AbortError' });
    expect((await readdir(dir)).filter((name) => name.includes('stopped'))).toEqual([]);
  });
});

describe('a process of its own', () => {
  it('tells why it failed, by code and in words', async () => {
    const task: Task = { dir: join(dir, 'nowhere'), provider: 'cpu', threads: 1, batches: [1], rounds: 1, flops: 1 };
    const file = new URL('../../../scripts/bench/encoders/measure-process.ts', import.meta.url);
    const failure = apart(file, task, { turned: () => undefined, signal: new AbortController().signal });
    await expect(failure).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringContaining('nowhere') as string,
    });
  });

  it('ends with the signal', async () => {
    const controller = new AbortController();
    const file = new URL('./sleeper.ts', import.meta.url);
    const ended = apart(file, {}, { turned: () => controller.abort(), signal: controller.signal });
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
  });
});
