import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importEncoder } from '../../../../models/toolkit/encoders/import-encoder.ts';
import { importOnnx } from '../../../../models/toolkit/encoders/import-onnx.ts';
import { encoderFixture } from './fixtures.ts';

let dir: string;
let onnx: string;
let face: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-import-onnx-'));
  await importEncoder('wavlm', { from: encoderFixture('wavlm-base-tiny'), out: join(dir, 'voice') });
  await importEncoder('mobilenetv2', { from: encoderFixture('mobilenetv2-tiny'), out: join(dir, 'face') });
  onnx = join(dir, 'voice', 'encoder.onnx');
  face = join(dir, 'face', 'encoder.onnx');
});
beforeEach(() => rm(join(dir, 'out'), { recursive: true, force: true }));
afterAll(() => rm(dir, { recursive: true }));

const VOICE = {
  modality: 'voice',
  inputs: {
    samples: { name: 'samples', shape: ['n', 'length'] },
    mask: { name: 'mask', shape: ['n', 'length'], type: 'float32' },
  },
  outputs: { hidden: { name: 'hidden', shape: ['n', 4, 'frames', 32] } },
  sampleRateHz: 16_000,
  normalise: 'none',
};
const FACE = {
  modality: 'face',
  inputs: { pixels: { name: 'pixels', shape: ['n', 3, 'h', 'w'] } },
  outputs: { pooled: { name: 'pooled', shape: ['n', 160] } },
  normalise: { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
  licence: 'MIT',
};

async function imported(from: string, description: unknown) {
  const describe = join(dir, 'describe.json');
  await writeFile(describe, JSON.stringify(description));
  return (await importOnnx({ from, describe, out: join(dir, 'out') })).encoder;
}

describe('a network from elsewhere', () => {
  it('is taken as it is, with what its description and its shapes tell', async () => {
    expect(await imported(onnx, VOICE)).toMatchObject({
      kind: 'onnx',
      layers: 4,
      width: 32,
      licence: null,
      frames: null,
    });
    await rm(join(dir, 'out'), { recursive: true });
    expect(await imported(face, FACE)).toMatchObject({ kind: 'onnx', width: 160, licence: 'MIT' });
  });

  it('may have one layer, without a side for it', async () => {
    const one = { ...VOICE, outputs: { hidden: { name: 'last', shape: ['n', 'frames', 32] } } };
    expect(await imported(onnx, one)).toMatchObject({ layers: 1, width: 32 });
  });

  const withInputs = (inputs: object) => ({ ...VOICE, inputs: { ...VOICE.inputs, ...inputs } });
  it.each<readonly [string, unknown, RegExp]>([
    ['nothing', {}, /modality/],
    ['no output', { ...VOICE, outputs: {} }, /outputs\.hidden/],
    ['one thing more', { ...VOICE, color: 'red' }, /color/],
    [
      'an open width',
      { ...VOICE, outputs: { hidden: { name: 'hidden', shape: ['n', 4, 'frames', 'w'] } } },
      /leaves a side open that must be a number/,
    ],
    [
      'two sides',
      { ...VOICE, outputs: { hidden: { name: 'hidden', shape: ['n', 32] } } },
      /neither \[n, layers, frames, width\]/,
    ],
    [
      'another width',
      { ...VOICE, outputs: { hidden: { name: 'hidden', shape: ['n', 4, 'frames', 64] } } },
      /output 'hidden' has shape \[n, 4, frames, 32\]/,
    ],
    [
      'an input that is not there',
      withInputs({ samples: { name: 'wave', shape: ['n', 'length'] } }),
      /it has no input 'wave', only 'samples', 'mask'/,
    ],
    [
      'an input left out',
      { ...VOICE, inputs: { samples: VOICE.inputs.samples } },
      /has an input 'mask' that nobody would feed/,
    ],
    [
      'a mask of another type',
      withInputs({ mask: { ...VOICE.inputs.mask, type: 'int64' } }),
      /input 'mask' is of float32, not int64/,
    ],
    [
      'frames that are not those',
      { ...VOICE, frames: [{ kernel: 400, stride: 160 }] },
      /gives \[2, 4, 49, 32\] where \[2, 4, 98, 32\] was due/,
    ],
    ['a face', FACE, /it has no input 'pixels'/],
  ])('is refused with a description of %s, and leaves nothing', async (_, description, said) => {
    await expect(imported(onnx, description)).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(said) as string,
    });
    expect((await readdir(dir)).toSorted()).toEqual(['describe.json', 'face', 'voice']);
  });

  it('is refused when it is no network', async () => {
    await expect(imported(join(dir, 'voice', 'encoder.json'), VOICE)).rejects.toThrow(
      /cannot be opened as an ONNX network/,
    );
    await expect(imported(join(dir, 'none.onnx'), VOICE)).rejects.toThrow(/there is no file/);
  });
});
