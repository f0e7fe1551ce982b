/** Features on the disk: what is written is read, whatever stops the writing, and what is damaged is refused. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractFeatures, type ExtractOptions, type FeatureClip } from '../../../../models/toolkit/features/extract.ts';
import type { Making } from '../../../../models/toolkit/features/format.ts';
import { openFeatures } from '../../../../models/toolkit/features/read.ts';
import type { StatesEncoder } from '../../../../models/toolkit/features/states.ts';
import { UndertoneError } from '../../../../src/errors.ts';

const WIDTH = 2;
const making: Making = {
  encoder: { kind: 'onnx', source: 'none', sha256: 'a'.repeat(64) },
  modality: 'voice',
  layers: [0, 1, 2],
  width: WIDTH,
  frames: 'each',
  seconds: 12,
  side: null,
};

/** A clip is its numbers already: [3, frames, 2]. */
const encoder: StatesEncoder<Float32Array> = {
  bytesOf: ({ length }) => 2 * length,
  weightOf: ({ byteLength }) => byteLength,
  run: (clips, signal) =>
    Promise.resolve(
      signal.aborted
        ? null
        : clips.map((clip) => ({ frames: clip.length / (3 * WIDTH), numbers: new Float16Array(clip) })),
    ),
};
const clipOf = (id: string, numbers: Float32Array | null): FeatureClip<Float32Array> => ({
  id,
  media: `${id}.opus`,
  read: () =>
    numbers
      ? Promise.resolve(numbers)
      : Promise.reject(new UndertoneError('bad-media', `${id}.opus is missing: put it beside the manifest`)),
});

let dir = '';
let made = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-features-'));
});
afterAll(() => rm(dir, { recursive: true }));
const fresh = (): string => join(dir, `features-${(made++).toString()}`);

function extract(
  out: string,
  clips: readonly FeatureClip<Float32Array>[],
  options: Partial<ExtractOptions> = {},
): ReturnType<typeof extractFeatures> {
  const signal = new AbortController().signal;
  return extractFeatures(clips, encoder, { out, making, corpus: 'a.jsonl', without: 0, signal, ...options });
}

/** Numbers that float16 holds as they are. */
const half = fc.integer({ min: -2048, max: 2048 }).map((x) => x / 8);
const someClips = fc
  .array(
    fc
      .integer({ min: 1, max: 5 })
      .chain((frames) => fc.array(half, { minLength: 6 * frames, maxLength: 6 * frames }))
      .map((numbers) => Float32Array.from(numbers)),
    { minLength: 1, maxLength: 12 },
  )
  .map((clips) => clips.map((numbers, i) => ({ id: `clip-${i.toString()}`, numbers })));

const contents = (out: string): Record<string, string> =>
  Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name)).toString('base64')]));

describe('features', () => {
  it('are read as they were written, whole or in part, whatever the size of shards', async () => {
    await fc.assert(
      fc.asyncProperty(
        someClips,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 200 }),
        async (clips, shardClips, shardBytes) => {
          const out = fresh();
          const given = clips.map(({ id, numbers }) => clipOf(id, numbers));
          await extract(out, given, { shardClips, shardBytes });
          const features = await openFeatures(out);
          expect(features.manifest.clips).toBe(clips.length);
          for (const { id, numbers } of clips) {
            const found = features.clip(id, `${id}.opus`);
            if (!('read' in found)) throw new Error(found.why);
            expect(found.read(0, found.frames)).toEqual(numbers);
            const last = found.read(found.frames - 1, 1);
            const due = [0, 1, 2].flatMap((layer) => [
              ...numbers.subarray(((layer + 1) * found.frames - 1) * WIDTH, (layer + 1) * found.frames * WIDTH),
            ]);
            expect([...last]).toEqual(due);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are the same, bit for bit, where the work was stopped or killed on the way', async () => {
    await fc.assert(
      fc.asyncProperty(someClips, fc.nat(12), fc.nat(3), async (clips, stopAt, lost) => {
        const given = clips.map(({ id, numbers }) => clipOf(id, numbers));
        const [whole, stopped] = [fresh(), fresh()];
        const shards = { shardClips: 2 };
        await extract(whole, given, shards);
        const controller = new AbortController();
        const onClips = (done: number): void => {
          if (done >= stopAt) controller.abort();
        };
        await extract(stopped, given, { ...shards, signal: controller.signal, onClips });
        // What a kill leaves: a part of a file, numbers without their index, an index whose numbers are cut off.
        writeFileSync(join(stopped, '00007.f16.part'), 'half');
        if (lost === 1) rmSync(join(stopped, 'features.json'), { force: true });
        if (lost === 2) rmSync(join(stopped, '00000.json'), { force: true });
        if (lost === 3 && existsSync(join(stopped, '00000.f16'))) writeFileSync(join(stopped, '00000.f16'), 'x');
        await extract(stopped, given, shards);
        rmSync(join(stopped, '00007.f16.part'));
        expect(contents(stopped)).toEqual(contents(whole));
      }),
      { numRuns: 25 },
    );
  });

  it('leave a clip out that cannot be read, and say why', async () => {
    const out = fresh();
    const failures: string[] = [];
    await extract(out, [clipOf('a', null), clipOf('b', new Float32Array(6))], {
      onClips: (_, failed) => failures.push(...failed.map(({ id }) => id)),
    });
    const features = await openFeatures(out);
    expect(failures).toEqual(['a']);
    expect(features.manifest).toMatchObject({ clips: 1, failed: 1 });
    expect(features.clip('a', 'a.opus')).toMatchObject({ why: expect.stringMatching(/is missing/) as string });
  });

  it('refuse a corpus of which no clip can be read', async () => {
    await expect(extract(fresh(), [clipOf('a', null)])).rejects.toMatchObject({ code: 'corpus-invalid' });
  });

  it('refuse a disk that is too small before anything is written', async () => {
    const out = fresh();
    await expect(
      extract(out, [clipOf('a', new Float32Array(6000))], { freeBytes: () => Promise.resolve(11_999) }),
    ).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/needs about .* and .* are free/) as string,
    });
    expect(readdirSync(out)).toEqual([]);
  });

  it('refuse a folder of other features, or of something else', async () => {
    const out = fresh();
    const clips = [clipOf('a', new Float32Array(6))];
    await extract(out, clips);
    await expect(extract(out, [...clips, clipOf('b', new Float32Array(6))])).rejects.toThrow(/other clips/);
    await expect(extract(out, clips, { making: { ...making, frames: 'mean' } })).rejects.toThrow(/other options/);
    writeFileSync(join(out, 'thesis.txt'), 'mine');
    await expect(extract(out, clips)).rejects.toThrow(/something other than features \('thesis.txt'\)/);
  });
});

describe('features that are not what they were', () => {
  const damaged = async (damage: (out: string) => void): Promise<string> => {
    const out = fresh();
    await extract(out, [clipOf('a', new Float32Array(12).fill(1))]);
    damage(out);
    return openFeatures(out).then(
      () => 'opened',
      (thrown: unknown) => (thrown instanceof UndertoneError ? `${thrown.code}: ${thrown.message}` : 'another'),
    );
  };

  it.each([
    ['no features.json', 'features.json', null, /features-invalid: .*features.json is missing or no description/],
    ['a features.json of something else', 'features.json', '{}', /features-invalid/],
    ['numbers that are gone', '00000.f16', null, /features-invalid: .*00000.f16 cannot be read/],
    ['other numbers', '00000.f16', 'abc', /features-invalid: .*00000.f16 has SHA-256 .* it is damaged. Remove/],
    ['another index', '00000.json', '{}', /features-invalid: .*00000.json has SHA-256/],
  ])('are refused: %s', async (_, name, content, said) => {
    const message = await damaged((out) => {
      if (content === null) rmSync(join(out, name));
      else writeFileSync(join(out, name), content);
    });
    expect(message).toMatch(said);
  });

  it('are refused: a clip that is not there, or whose media is another', async () => {
    const out = fresh();
    await extract(out, [clipOf('a', new Float32Array(6))]);
    const features = await openFeatures(out);
    expect(() => features.clip('z', 'z.opus')).toThrow(/there is no clip z: make features of the corpus/);
    expect(() => features.clip('a', 'b.opus')).toThrow(/was 'a.opus' when its features were made/);
  });
});
