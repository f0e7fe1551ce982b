import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parseTrainingConfig, readTrainingConfig } from '../../../../models/toolkit/train/config.ts';
import { FACE_AUGMENTATION } from '../../../../src/core/augment/face.ts';
import { MEL_AUGMENTATION } from '../../../../src/core/augment/mel.ts';
import { VOICE_AUGMENTATION } from '../../../../src/core/augment/voice.ts';
import { FACE_CONFIG, VOICE_CONFIG } from '../../../fixtures/training.ts';

const parse = (config: object) => parseTrainingConfig(JSON.stringify(config), 'c.json');

function messageOf(config: object): string {
  try {
    parse(config);
  } catch (error) {
    expect(error).toMatchObject({ code: 'config-invalid' });
    return error instanceof Error ? error.message : '';
  }
  return '';
}

/** A copy with the value at `path` replaced. */
function changed(config: object, path: readonly string[], value: unknown): object {
  const [key = '', ...rest] = path;
  const inner: unknown = Reflect.get(config, key);
  const next = rest.length === 0 ? value : changed(typeof inner === 'object' && inner ? inner : {}, rest, value);
  return { ...config, [key]: next };
}

describe('a training configuration', () => {
  it.each(
    readdirSync('models/configs').filter(
      (name) => name.endsWith('.json') && ['face', 'voice'].includes(String(kindOf(name))),
    ),
  )('of the project is sound: %s', async (name) => {
    expect((await readTrainingConfig(`models/configs/${name}`)).schedule.epochs).toBeGreaterThan(0);
  });

  it('has what it leaves out: no variation but the usual, one version of each clip, each clip once', () => {
    const { frames: _, ...mel } = MEL_AUGMENTATION;
    const { windowSamples: __, ...voice } = VOICE_AUGMENTATION;
    expect(parse({ ...FACE_CONFIG, crop: undefined })).toMatchObject({
      crop: 48,
      holdBack: 0,
      augmentation: FACE_AUGMENTATION,
      objective: { shareWeight: 1, presenceWeight: 1, alpha: 0.2, beta: 0.99 },
    });
    expect(parse({ ...VOICE_CONFIG, corpora: ['a.jsonl'], variants: undefined })).toMatchObject({
      corpora: [{ file: 'a.jsonl', repeat: 1 }],
      variants: 1,
      augmentation: mel,
      voiceAugmentation: voice,
    });
  });

  it.each<readonly [string, object, string]>([
    ['kind', {}, 'c.json, \'kind\' is missing: write "face" or "voice"'],
    ['kind', { kind: 'ear' }, 'c.json, \'kind\' is "ear": write "face" or "voice"'],
    [
      'an unknown key',
      { ...FACE_CONFIG, epochs: 3 },
      "c.json, 'epochs' is unknown here: remove it, or write one of name",
    ],
    [
      'an unknown key within',
      changed(FACE_CONFIG, ['augmentation'], { shft: 0.1 }),
      "c.json, 'augmentation.shft' is unknown here: remove it, or write one of flipChance",
    ],
    [
      'a missing object',
      { ...FACE_CONFIG, schedule: undefined },
      "c.json, 'schedule' is missing: write an object, {...}",
    ],
    [
      'a label twice',
      { ...FACE_CONFIG, labels: ['anger', 'anger'] },
      "c.json, 'labels' names 'anger' twice: name each label once",
    ],
    ['an unknown label', { ...FACE_CONFIG, labels: ['anger', 'joy'] }, 'c.json, \'labels.1\' is "joy": write one of'],
    [
      'stages that do not match',
      changed(FACE_CONFIG, ['network', 'blocks'], [1, 1]),
      "c.json, 'network.blocks' has not as many numbers as 'network.channels'",
    ],
    [
      'heads that do not divide',
      changed(VOICE_CONFIG, ['network', 'heads'], 3),
      "c.json, 'network.heads' is 3, which does not divide 'network.width': choose a divisor of 8",
    ],
    [
      'nothing to minimise',
      { ...FACE_CONFIG, objective: { share: 'none', presence: 'none' } },
      'choose a loss for one of them',
    ],
    ['no corpus', { ...FACE_CONFIG, corpora: [] }, "c.json, 'corpora' is a list: write a list of paths"],
    [
      'a face listed twice',
      { ...FACE_CONFIG, corpora: [{ file: 'a', repeat: 2 }] },
      "c.json, 'corpora.0' is an object",
    ],
  ])('is refused, naming file, key and remedy: %s', (_, config, message) => {
    expect(messageOf(config)).toContain(message);
  });

  it('is refused with every problem at once, a line each', () => {
    expect(messageOf({ kind: 'face', seed: -1 }).split('\n').length).toBeGreaterThan(5);
    expect(() => parseTrainingConfig('{', 'c.json')).toThrow('c.json is not JSON');
    expect(() => parseTrainingConfig('[]', 'c.json')).toThrow('c.json is a list: write an object');
  });

  it('says which file cannot be read', async () => {
    await expect(readTrainingConfig('nowhere.json')).rejects.toThrow('nowhere.json cannot be read');
  });
});

const face = (key: string) => [FACE_CONFIG, ['augmentation', key]] as const;
const voice = (key: string) => [VOICE_CONFIG, ['voiceAugmentation', key]] as const;
const mel = (key: string) => [VOICE_CONFIG, ['augmentation', key]] as const;

test.each<readonly [string, object, readonly string[], readonly number[], readonly number[]]>([
  ['a chance', ...face('flipChance'), [0, 0.5, 1], [-0.01, 1.01]],
  ['the camera', ...face('cameraChance'), [0, 1], [-1, 2]],
  ['gain', ...face('gain'), [0, 0.99], [-0.1, 1]],
  ['low resolution', ...face('lowResolution'), [0, 0.9], [0.91]],
  ['occlusion', ...face('occlusion'), [0, 0.99], [1]],
  ['a room', ...voice('rt60S'), [0.11, 2], [0.1, 0, -1]],
  ['a chance of a room', ...voice('reverbChance'), [0, 1], [1.5]],
  ['masks', ...mel('timeMasks'), [0, 3], [-1, 1.5]],
  ['widths', ...mel('bandMaskWidth'), [0, 64], [65, 0.5]],
  ['the tract', ...mel('tract'), [0, 0.2], [0.21, -0.1]],
  ['epochs', FACE_CONFIG, ['schedule', 'epochs'], [1, 100], [0, 1.5, -1]],
  ['the rate', FACE_CONFIG, ['schedule', 'rate'], [1e-9, 1e9], [0, -1]],
  ['held back', FACE_CONFIG, ['holdBack'], [0, 0.99], [1, -0.1]],
  ['crop', FACE_CONFIG, ['crop'], [16, 48], [15, 49, 40.5]],
])('ranges: %s', (_, config, path, allowed, refused) => {
  for (const value of allowed) expect(messageOf(changed(config, path, value))).toBe('');
  for (const value of refused)
    expect(messageOf(changed(config, path, value))).toMatch(
      new RegExp(`^c\\.json, '${path.join('.')}' is ${value}: write a (whole )?number `),
    );
});

test('whatever stands in a file, the answer is a configuration or an error that names the file', () => {
  const key = fc.constantFrom(...Object.keys(FACE_CONFIG));
  fc.assert(
    fc.property(key, fc.jsonValue(), (name, value) => {
      const said = messageOf({ ...FACE_CONFIG, [name]: value });
      for (const line of said === '' ? [] : said.split('\n')) expect(line).toMatch(/^c\.json, '.+: /);
    }),
  );
});

function kindOf(name: string): unknown {
  return (JSON.parse(readFileSync(`models/configs/${name}`, 'utf8')) as { readonly kind?: unknown }).kind;
}
