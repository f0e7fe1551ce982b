/** Manifests of format 3: what is refused, where, and with which remedy; and encoders that are not the pack's. */
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findEncoders } from '../../models/pack-encoders.ts';
import type { NamedEncoders } from '../../models/pack-format/encoders.ts';
import { format3, type Format3 } from '../../models/pack-format/format-3.ts';
import { packManifest } from '../../models/pack-format.ts';
import { checkTakes } from '../../models/toolkit/next-pack.ts';
import { writeEncoderPack } from '../fixtures/encoder-pack.ts';

let dir = '';
let packDir = '';
let whole: Format3;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'format-3-'));
  packDir = await writeEncoderPack(dir);
  whole = format3.parse(JSON.parse(await readFile(join(packDir, 'pack.json'), 'utf8')));
});
afterAll(() => rm(dir, { recursive: true }));

/** As JSON, with something changed by a path of keys; undefined takes it away. */
function changed(path: string, value: unknown): object {
  const copy = structuredClone(whole) as object;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const at = keys.reduce<object>((inner, key) => Reflect.get(inner, key) as object, copy);
  if (value === undefined) Reflect.deleteProperty(at, last);
  else Reflect.set(at, last, value);
  return copy;
}

/** Problems, each with its place. */
function problemsOf(manifest: object): string {
  const parsed = packManifest.safeParse(manifest);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

const logMel = { sampleRateHz: 16_000, windowSamples: 400, hopSamples: 160, bands: 64, lowHz: 20, highHz: 7600 };

describe('a manifest of format 3', () => {
  it('passes, and is read as any other', () => {
    expect(packManifest.parse(whole)).toMatchObject({
      format: 3,
      encoders: { voice: { layers: [1, 3] }, face: { side: 32 } },
      fusion: { serves: ['both'] },
      references: {},
      attributes: {},
    });
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['encoders', {}, /^encoders: names none: a pack without encoders is of format 2/],
    [
      'encoders.face',
      undefined,
      /^networks.face.inputs.face: takes states of a face encoder, but encoders names none/m,
    ],
    [
      'encoders.voice.layers',
      [3],
      /^networks.voice.inputs.voice: takes \[2, 32\] numbers a frame, but .* gives \[32\]; train it on/m,
    ],
    ['encoders.voice.layers', [3, 1], /^encoders.voice.layers: must ascend, as features keep them/],
    ['encoders.voice.layers', [1, 1], /^encoders.voice.layers: must ascend/],
    [
      'encoders.voice.width',
      64,
      /^networks.fusion.inputs.voice: takes \[2, 32\] numbers a frame, but .* gives \[2, 64\]/m,
    ],
    ['encoders.voice.sha256', 'x', /^encoders.voice.sha256: must be 64 hexadecimal digits/],
    ['encoders.voice.kind', 'hubert', /^encoders.voice.kind: /],
    ['encoders.face.side', 4, /^encoders.face.side: /],
    ['encoders.face.layers', [0], /^encoders.face: /],
    [
      'networks.voice.inputs.voiceMask',
      ['n', 7],
      /^networks.voice.inputs.voiceMask: masks 7 frames, but voice has 400/,
    ],
    ['networks.voice.inputs.faceMask', undefined, /^networks.voice.inputs.faceMask: face and faceMask go together/],
    ['networks.voice.takes', 'sound', /^networks.voice.takes: /],
    ['networks.voice.outputs.shareLogits', ['n', 4], /^networks.voice.outputs.shareLogits: 4 logits for 3 labels/],
    ['networks.face.calibration.happiness', undefined, /^networks.face.calibration: 'happiness' is missing/],
    ['networks.fusion.calibration', {}, /^networks.fusion.calibration: 'both' is in serves but has no calibration/],
    ['reference', { face: { file: 'r.json', sha256: '0'.repeat(64) } }, /Unrecognized key: "reference"/],
    ['attributes', {}, /Unrecognized key: "attributes"/],
  ])('is refused where %s is %j', (path, value, said) => {
    expect(problemsOf(changed(path, value))).toMatch(said);
  });

  it('is refused where an encoder serves nobody, or shared layers fuse states with what is none', () => {
    const { labels, file, sha256, outputs, calibration } = whole.networks.voice;
    const small = {
      takes: 'log-mel',
      ...{ labels, file, sha256, calibration, logMel },
      inputs: { logmel: ['n', 300, 64] },
      outputs: { ...outputs, embedding: ['n', 4, 2] },
    };
    const problems = problemsOf(changed('networks.voice', small));
    expect(problems).toMatch(/^encoders.voice: nothing takes its states: the voice network takes log-mel; leave/m);
    expect(problems).toMatch(
      /^networks.fusion: fuses states, so that the networks of voice and face must take states/m,
    );
  });

  it('has no place for a reference, nor for a network of attributes', async () => {
    await expect(checkTakes(packDir, 'a network of attributes')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/of format 3, which has no place for a network of attributes/) as string,
    });
  });
});

describe('the encoders of a pack', () => {
  const find = (change: (named: NamedEncoders) => void, root?: string) => {
    const named = structuredClone(whole.encoders);
    change(named);
    return findEncoders(packDir, named, root);
  };

  it('are found from the folder, or by their last name in another', async () => {
    const found = await find(() => undefined);
    expect(found.voice).toMatchObject({ dir: join(dir, 'encoders/wavlm'), layers: [1, 3] });
    const elsewhere = join(dir, 'elsewhere');
    await rename(join(dir, 'encoders'), elsewhere);
    await expect(find(() => undefined)).rejects.toThrow(/needs the encoder 'wavlm-large-tiny'.*set UNDERTONE_ENCODERS/);
    expect((await find(() => undefined, elsewhere)).face).toMatchObject({
      dir: join(elsewhere, 'mobilenetv2'),
      side: 32,
    });
    await rename(elsewhere, join(dir, 'encoders'));
  });

  it.each<readonly [string, (named: NamedEncoders) => void, RegExp]>([
    ['another hash', ({ voice }) => voice && (voice.sha256 = '0'.repeat(64)), /the pack names 0{64}, this is \w{64}/],
    ['a layer that it has not', ({ voice }) => voice && (voice.layers = [4]), /it has 4 hidden states, and no 4/],
    [
      'one of the other modality',
      ({ voice, face }) => voice && face && Object.assign(voice, { folder: face.folder, sha256: face.sha256 }),
      /it is of a face/,
    ],
  ])('are refused with %s', async (_, change, said) => {
    await expect(find(change)).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(said) as string,
    });
  });
});
