import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPack } from '../../models/pack.ts';
import type { Format2 } from '../../models/pack-format/format-2.ts';
import { loadPerception } from '../../models/perception.ts';
import { openNetworks } from '../../models/worker/networks.ts';
import { UndertoneError } from '../../src/errors.ts';
import { TINY_LABELS, writeTinyPack, type TinyPack } from '../fixtures/tiny-pack.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tiny-pack-'));
});
afterEach(() => rm(dir, { recursive: true }));

const load = async (options: TinyPack = {}) => {
  await writeTinyPack(dir, options);
  return loadPack(dir);
};

/** Opens what was loaded: where a network shows its shapes. */
const open = async (options: TinyPack = {}) => {
  const models = { ...(await load(options)).networks, ...(await loadPerception('models/perception')) };
  const networks = await openNetworks({ models, provider: 'cpu', threads: 1 });
  await networks.close();
};

const refusal = async (attempted: Promise<unknown>): Promise<string> => {
  const error: unknown = await attempted.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UndertoneError)) throw new Error(`not refused: ${String(error)}`);
  expect(error.code).toBe('pack-invalid');
  return error.message;
};

/** Networks of a manifest that has them all. */
type AllNetworks = { readonly [N in keyof Format2['networks']]-?: NonNullable<Format2['networks'][N]> };

/** Why a manifest changed so is refused. */
const refusalOf = (change: (networks: AllNetworks) => void) =>
  refusal(
    load({
      change: ({ networks }) => {
        change(networks as AllNetworks);
      },
    }),
  );

describe('a pack of format 2', () => {
  it('is read with its shared layers, and opens', async () => {
    const { pack, networks } = await load({ serves: ['both', 'voice'] });
    expect(pack.networks.face).toMatchObject({
      labels: TINY_LABELS,
      calibration: { sadness: { method: 'temperature' } },
    });
    expect(pack.fusion?.calibration.both?.happiness).toEqual({ method: 'platt', a: 2, b: 0 });
    expect(Object.keys(pack.fusion?.calibration ?? {})).toEqual(['both', 'voice']);
    expect(networks.fusion).toMatchObject({ serves: ['both', 'voice'] });
    expect(networks.fusion?.contract.inputs['face']).toEqual(['n', 'frames', 2]);
    await open();
  });

  it('is read without shared layers, and opens', async () => {
    const { pack, networks } = await load({ serves: null });
    expect([pack.fusion, networks.fusion]).toEqual([null, null]);
    await open({ serves: null });
  });

  it.each([
    [{ method: 'temperature', form: 'paper', temperature: 0.4 }],
    [{ method: 'platt', a: 0.5, b: -1 }],
    [{ method: 'isotonic', x: [0.1, 0.4, 0.9], y: [0.2, 0.2, 0.7] }],
  ] as const)('takes the calibration %j', async (calibration) => {
    const { pack } = await load({
      change: ({ networks }) => {
        networks.voice.calibration.neutral = structuredClone(calibration) as never;
      },
    });
    expect(pack.networks.voice.calibration.neutral).toEqual(calibration);
  });
});

describe('a pack of format 2 with networks of attributes', () => {
  const attributes = ['voice', 'face'] as const;

  it('is read with them, and opens', async () => {
    const { networks } = await load({ attributes });
    expect(networks.attributes.voice?.contract.inputs).toEqual({ embedding: ['n', 2] });
    expect(networks.attributes.face?.contract.outputs['bins']).toEqual(['n', 3, 7]);
    await open({ attributes: ['face'] });
  });

  it.each<readonly [string, RegExp, (entry: NonNullable<NonNullable<Format2['attributes']>['face']>) => void]>([
    [
      'another encoder',
      /attributes\.face\.encoder: learned from embeddings of another network, not of the face network .*uncertainty train/,
      (entry) => (entry.encoder = '0'.repeat(64)),
    ],
    [
      'another width',
      /attributes\.face\.inputs: takes embeddings of 3 numbers, but the face network gives 2/,
      (entry) => (entry.inputs.embedding = ['n', 3]),
    ],
    [
      'labels that are none',
      /attributes\.face\.labels: unknown labels 'rated'; known: derived/,
      (entry) => (entry.labels = 'rated' as never),
    ],
    [
      'attributes in another order',
      /attributes\.face\.attributes.*/,
      (entry) => (entry.attributes = ['arousal', 'valence', 'dominance'] as never),
    ],
    ['six bins', /attributes\.face\.outputs\.bins/, (entry) => (entry.outputs.bins = ['n', 3, 6] as never)],
    ['a hash of another file', /attributes-face\.onnx has SHA-256/, (entry) => (entry.sha256 = '1'.repeat(64))],
    ['a file that is not there', /attributes-x\.onnx cannot be read/, (entry) => (entry.file = 'attributes-x.onnx')],
    [
      'a file elsewhere',
      /attributes\.face\.file: '\.\.\/face\.onnx' is not a plain file name/,
      (entry) => (entry.file = '../face.onnx'),
    ],
  ])('is refused for %s', async (_, message, spoil) => {
    const change = (manifest: Format2) => {
      if (manifest.attributes?.face) spoil(manifest.attributes.face);
    };
    expect(await refusal(load({ attributes, change }))).toMatch(message);
  });

  it('is refused when it is opened, for a network that gives something else', async () => {
    const change = ({ attributes, networks }: Format2) => {
      if (attributes?.face) Object.assign(attributes.face, { file: 'face.onnx', sha256: networks.face.sha256 });
    };
    expect(await refusal(open({ attributes: ['face'], change }))).toMatch(/face\.onnx is not the network/);
  });
});

describe('a bad pack of format 2', () => {
  it.each([
    [
      { method: 'magic' },
      /voice\.calibration\.neutral\.method: unknown method 'magic'; known: temperature, platt, isotonic/,
    ],
    [{ a: 1, b: 0 }, /calibration\.neutral\.method: unknown method 'undefined'/],
    [{ method: 'temperature', form: 'log', temperature: 1 }, /neutral\.form: unknown form 'log'; known: logit, paper/],
    [{ method: 'temperature', form: 'logit', temperature: 0 }, /neutral\.temperature: /],
    [{ method: 'platt', a: -1, b: 0 }, /neutral\.a: must be above 0/],
    [{ method: 'isotonic', x: [0.1, 0.2], y: [0.5] }, /neutral\.y: 1 values for 2 points of x; .*run calibrate/],
    [{ method: 'isotonic', x: [0.2, 0.2], y: [0.5, 0.6] }, /neutral\.x: must rise/],
    [{ method: 'isotonic', x: [0.1, 0.2], y: [0.5, 0.4] }, /neutral\.y: must never fall/],
    [{ method: 'isotonic', x: [], y: [] }, /neutral\.x: /],
  ])('is refused for the calibration %j', async (calibration, message) => {
    const refused = await refusalOf(({ voice }) => {
      voice.calibration.neutral = calibration as never;
    });
    expect(refused).toMatch(message);
  });

  it('is refused when a label of a network has no calibration', async () => {
    const message = await refusalOf(({ face, fusion }) => {
      delete face.calibration.sadness;
      delete fusion.calibration.both?.neutral;
    });
    expect(message).toMatch(/networks\.face\.calibration: 'sadness' is missing from the calibration; run calibrate on/);
    expect(message).toMatch(/networks\.fusion\.calibration\.both: 'neutral' is missing from the calibration; run cal/);
  });

  it('is refused when what the shared layers serve is not what is calibrated', async () => {
    const message = await refusalOf(({ fusion }) => {
      fusion.serves = ['voice'];
    });
    expect(message).toMatch(
      /networks\.fusion\.calibration: 'voice' is in serves but has no calibration; run calibrate/,
    );
    expect(message).toMatch(/'both' has a calibration but is not in serves; name it there, or remove it/);
  });

  it('is refused when its shared layers serve nothing, something twice or something unknown', async () => {
    const serving = (serves: readonly string[]) =>
      refusalOf(({ fusion }) => {
        fusion.serves = [...serves] as never;
      });
    expect(await serving([])).toMatch(/networks\.fusion\.serves: names nothing: leave fusion out/);
    expect(await serving(['both', 'both'])).toMatch(/serves\.1: 'both' is listed twice/);
    expect(await serving(['both', 'smell'])).toMatch(/serves\.1: unknown subset 'smell'; known: voice, face, both/);
  });

  it('is refused when a head has not one logit a label', async () => {
    const message = await refusalOf(({ voice, fusion }) => {
      voice.outputs.presenceLogits = ['n', 4];
      fusion.outputs.shareLogits = ['n', 2];
    });
    expect(message).toMatch(/networks\.voice\.outputs\.presenceLogits: 4 logits for 3 labels/);
    expect(message).toMatch(/networks\.fusion\.outputs\.shareLogits: 2 logits for 3 labels/);
  });

  it('is refused when its shared layers take other embeddings than the networks give', async () => {
    const message = await refusalOf(({ fusion }) => {
      fusion.inputs.voice = ['n', 5, 2];
      fusion.inputs.face = ['n', 'frames', 7];
    });
    expect(message).toMatch(
      /inputs\.voice: takes embeddings of \[5, 2\], but the voice network gives \[4, 2\]; train or/,
    );
    expect(message).toMatch(/inputs\.face: takes embeddings of \[7\], but the face network gives \[2\]/);
    expect(message).toMatch(/inputs\.voiceMask: masks 4 steps, but voice has 5/);
  });

  it('is refused for the one head of format 1', async () => {
    const message = await refusalOf(({ voice }) => {
      voice.outputs = { logits: ['n', 3] } as never;
    });
    expect(message).toMatch(/networks\.voice\.outputs\.shareLogits: /);
  });

  it('is refused when a label is known to the shared layers only', async () => {
    const message = await refusalOf(({ fusion }) => {
      fusion.labels = ['neutral', 'happiness', 'fear'];
    });
    expect(message).toMatch(/labels: 'fear' is in the labels of the networks but not in labels/);
  });

  it('is refused when its network was exported for a fixed number of frames', async () => {
    expect(await refusal(open({ frames: 15 }))).toMatch(
      /fusion\.onnx is not .*input 'face' has shape \[n, 15, 2\], not \[n, frames, 2\]; input 'faceMask' has shape/,
    );
  });
});

describe('a reject rule', () => {
  const promise = { risk: 0.1, delta: 0.1, n: 500, accepted: 300, wrong: 20, clips: 'some clips' };
  const ruled = (rule: object) =>
    load({
      change: ({ decision }) => {
        decision.reject = { face: rule as never };
      },
    });

  it.each([[0.4], [{ happiness: 0.4, sadness: 0.1 }]])('is read with the threshold %j', async (threshold) => {
    const rule = { score: 'entropy', threshold, promise };
    expect((await ruled(rule)).pack.decision.reject).toEqual({ face: rule });
  });

  const rung = (risk: number, threshold: unknown) => ({ risk, threshold, accepted: 200, wrong: 5 });
  const laddered = (...rungs: readonly object[]) => ({
    score: 'entropy',
    threshold: 0.4,
    promise,
    ladder: { delta: 0.1, rungs },
  });

  it('is read with a ladder', async () => {
    const rule = laddered(rung(0.05, 0.2), rung(0.2, 0.6));
    expect((await ruled(rule)).pack.decision.reject).toEqual({ face: rule });
  });

  it.each([
    [laddered(), /ladder\.rungs/],
    [laddered(rung(0.05, 0.2), rung(0.05, 0.3)), /a risk of 0.05 must stand after lesser ones and accept more/],
    [laddered(rung(0.05, 0.2), rung(0.07, 0.2)), /rungs\.1: a risk of 0.07 must stand/],
    [laddered(rung(0.2, 0.4)), /a risk of 0.2 must stand after lesser ones and accept more/],
    [laddered(rung(0.1, 0.4)), /the rule itself promises a risk of 0.1/],
    [laddered({ ...rung(0.05, 0.2), accepted: 501 }), /5 wrong of 501 accepted of 500 clips cannot be/],
    [laddered(rung(0.05, { fear: 0.2 })), /'fear' is no label of the pack/],
  ])('is refused for the ladder of %j', async (rule, message) => {
    expect(await refusal(ruled(rule))).toMatch(message);
  });

  it.each([
    [
      { score: 'mood', threshold: 0.4, promise },
      /reject\.face\.score: unknown score 'mood'; known: confidence|entropy/,
    ],
    [{ score: 'entropy', threshold: -1, promise }, /reject\.face\.threshold: must be a doubt from 0 to 3/],
    [{ score: 'entropy', threshold: { fear: 1 }, promise }, /'fear' is no label of the pack; run reject fit/],
    [{ score: 'entropy', threshold: 1, promise: { ...promise, wrong: 301 } }, /301 wrong of 300 accepted/],
    [{ score: 'entropy', threshold: 1, promise: { ...promise, risk: undefined } }, /neither a risk nor a coverage/],
  ])('is refused for %j', async (rule, message) => {
    expect(await refusal(ruled(rule))).toMatch(message);
  });
});
