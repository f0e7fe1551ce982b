/** The network of attributes in the default pack: the one that was trained, as `uncertainty evaluate` judges it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadPack } from '../../models/pack.ts';
import type { Format2 } from '../../models/pack-format/format-2.ts';
import { openEncoder } from '../../models/toolkit/train/encode.ts';
import { askAttributes } from '../../models/toolkit/train/uncertainty-system.ts';
import { readAttributes } from '../../src/commands/uncertainty-training.ts';
import { entropy } from '../../src/core/probability.ts';
import { PACKS } from '../fixtures/inference.ts';

const folder = join(PACKS, 'default');

it('is the network that its record tells of, for the face network of the pack', async () => {
  const { encoder, interval } = await readAttributes(folder);
  const { attributes } = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')) as Format2;
  const hash = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
  expect(attributes?.face).toMatchObject({ encoder, interval, sha256: hash('attributes-face.onnx') });
  expect(encoder).toBe(hash('face.onnx'));
});

it('is small, names no folder of anyone, and says the same of a face whenever it is asked', async () => {
  const trained = await readAttributes(folder);
  expect(trained.bytes.length).toBeLessThan(1_500_000);
  expect(readFileSync(join(folder, 'attributes-face.json'), 'utf8')).not.toMatch(/"\//);
  const { networks } = await loadPack(folder);
  const face = await openEncoder(
    { bytes: networks.face.bytes, embedding: trained.config.embedding, labels: trained.config.labels.length },
    { pixels: [1, 48, 48] },
  );
  const looks = (await face.run([new Float32Array(48 * 48).fill(0.5)])).map(({ embedding }) => embedding);
  await face.close();
  const [once, again] = [await askAttributes(trained, [{ looks }]), await askAttributes(trained, [{ looks }])];
  expect(again).toEqual(once);
  for (const [said] of Object.values(once)) {
    expect(said?.uncertainty).toBeCloseTo(entropy(said?.bins ?? []), 4);
    expect(said?.low).toBeLessThan(said?.high ?? -1);
  }
});
