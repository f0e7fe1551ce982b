import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPack } from '../../models/pack.ts';
import { LABELS } from '../../src/core/labels.ts';
import { UndertoneError } from '../../src/errors.ts';
import { STARTER } from '../fixtures/inference.ts';

describe('the starter pack', () => {
  it('is whole: every file is the one its manifest names', async () => {
    const { pack, networks } = await loadPack(STARTER);
    expect(pack).toMatchObject({ name: 'starter', licence: 'CC-BY-NC-SA-4.0', labels: LABELS });
    expect(pack.networks.voice.labels).toEqual(LABELS.filter((label) => label !== 'contempt'));
    expect(pack.networks.face.calibration.contempt).toEqual({ method: 'platt', a: 1.6216, b: 2.7986 });
    expect(pack.fusion).toBeNull();
    expect(Object.keys(pack.decision.thresholds)).toEqual(LABELS);
    expect(networks.voice.contract.inputs).toEqual({ logmel: ['n', 300, 64] });
  });
});

describe('a bad pack', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'pack-'));
    await cp(STARTER, dir, { recursive: true });
  });
  afterEach(() => rm(dir, { recursive: true }));

  /** Replaces the manifest's first occurrence of a text. */
  const edit = async (from: string, to: string) => {
    const manifest = join(dir, 'pack.json');
    const before = await readFile(manifest, 'utf8');
    expect(before).toContain(from);
    await writeFile(manifest, before.replace(from, to));
  };

  const refusal = async (): Promise<string> => {
    const error: unknown = await loadPack(dir).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof UndertoneError)) throw new Error(`not refused: ${String(error)}`);
    expect(error.code).toBe('pack-invalid');
    return error.message;
  };

  it('is refused when a network is not the file that was hashed', async () => {
    const voice = join(dir, 'voice.onnx');
    const bytes = await readFile(voice);
    bytes[1000] = 255 - (bytes[1000] ?? 0);
    await writeFile(voice, bytes);
    const actual = createHash('sha256').update(bytes).digest('hex');
    expect(await refusal()).toMatch(new RegExp(`voice\\.onnx has SHA-256 ${actual}, but its manifest says 20368688`));
  });

  it('is refused when a network is cut short', async () => {
    await truncate(join(dir, 'face.onnx'), 10_000);
    expect(await refusal()).toMatch(/face\.onnx has SHA-256/);
  });

  it('is refused when a network is missing', async () => {
    await rm(join(dir, 'face.onnx'));
    expect(await refusal()).toMatch(/face\.onnx cannot be read .*ENOENT.*: restore it/);
    await mkdir(join(dir, 'face.onnx'));
    expect(await refusal()).toMatch(/face\.onnx is not a file/);
  });

  it('is refused when the manifest is missing or is not JSON', async () => {
    await writeFile(join(dir, 'pack.json'), '{"format": 1,');
    expect(await refusal()).toMatch(/pack\.json is not JSON/);
    await rm(join(dir, 'pack.json'));
    expect(await refusal()).toMatch(/pack\.json cannot be read/);
  });

  it('is refused when it reaches out of its folder', async () => {
    await edit('"voice.onnx"', '"../../voice.onnx"');
    expect(await refusal()).toMatch(/networks\.voice\.file: '\.\.\/\.\.\/voice\.onnx' is not a plain file name/);
  });

  it('is refused for a label that the product does not know', async () => {
    await edit('"labels": ["neutral", "happiness"', '"labels": ["neutral", "joy"');
    expect(await refusal()).toMatch(/labels\.1: unknown label 'joy'; known: neutral, happiness/);
  });

  it('is refused for a label that is named twice', async () => {
    await edit('"labels": ["neutral", "happiness"', '"labels": ["neutral", "neutral"');
    expect(await refusal()).toMatch(/labels\.1: 'neutral' is listed twice/);
  });

  it('is refused when a network has not one logit a label', async () => {
    await edit('"logits": ["n", 7]', '"logits": ["n", 8]');
    expect(await refusal()).toMatch(/networks\.voice\.outputs\.logits: 8 logits for 7 labels/);
  });

  it('is refused when a label has no calibration', async () => {
    await edit('"fear": { "a": 0.8589, "b": -0.6871 }', '"contempt": { "a": 1, "b": 0 }');
    const message = await refusal();
    expect(message).toMatch(/networks\.voice\.calibration: 'fear' is missing from the calibration; run calibrate/);
    expect(message).toMatch(/'contempt' is in the calibration but not in labels/);
  });

  it.each(['0', '-1.2', '1e999', 'null', '"1"'])('is refused for a calibration whose slope is %s', async (slope) => {
    await edit('"a": 1.2607', `"a": ${slope}`);
    expect(await refusal()).toMatch(/networks\.voice\.calibration\.neutral\.a: /);
  });

  it('is refused for a log-mel that the product does not compute', async () => {
    await edit('"hopSamples": 160', '"hopSamples": 200');
    expect(await refusal()).toMatch(/networks\.voice\.logMel\.hopSamples/);
  });

  it('is refused for a label without a threshold, and for one outside 0 to 1', async () => {
    await edit('"fear": 0.5,', '');
    expect(await refusal()).toMatch(/decision\.thresholds: 'fear' is missing from the thresholds/);
    await edit('"neutral": 0.5', '"neutral": 1.5');
    expect(await refusal()).toMatch(/decision\.thresholds\.neutral/);
  });

  it('is refused for a format of another time, and for a field that nothing reads', async () => {
    await edit('"format": 1', '"format": 4');
    expect(await refusal()).toMatch(/format: this version reads formats 1, 2 and 3, not 4/);
    await edit('"format": 4', '"format": 1, "temperature": 1.3');
    expect(await refusal()).toMatch(/temperature/);
  });

  it('is refused whole: every problem is named at once', async () => {
    await edit('"format": 1', '"format": 4');
    await edit('"version": "1.0.0"', '"version": "latest"');
    expect((await refusal()).split('\n')).toHaveLength(2);
  });
});
