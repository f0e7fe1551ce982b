/** A pack that knows what it was made for: how it is kept, and what its windows are judged by. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WindowRequest } from '../../models/calls.ts';
import { loadPack } from '../../models/pack.ts';
import { decodeReference, encodeReference } from '../../models/pack-format/reference.ts';
import { loadPerception } from '../../models/perception.ts';
import { type Networks, openNetworks } from '../../models/worker/networks.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { MEL_BANDS } from '../../src/core/features.ts';
import { FACE_STATISTICS } from '../../src/core/reference/face-statistics.ts';
import type { BoundedGaussian, Reference } from '../../src/core/reference/reference.ts';
import { VOICE_STATISTICS, voiceStatistics } from '../../src/core/reference/voice-statistics.ts';
import type { Logits, ModalitySubset } from '../../src/domain.ts';
import { writeTinyPack } from '../fixtures/tiny-pack.ts';

let dir = '';
const opened: Networks[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-reference-'));
});
afterAll(async () => {
  await Promise.all(opened.map((networks) => networks.close()));
  await rm(dir, { recursive: true });
});

/** A round cloud about `mean`, of radius `bound`. */
const round = (mean: ArrayLike<number>, bound = 1): BoundedGaussian => {
  const n = mean.length;
  const whiten = new Float32Array((n * (n + 1)) / 2);
  for (let i = 0; i < n; i++) whiten[(i * (i + 3)) / 2] = 1;
  return { mean: Float32Array.from(mean), whiten, bound };
};

const level = (mean: number): NonNullable<WindowRequest['voice']> => ({
  logMel: new Float32Array(300 * MEL_BANDS).fill(mean),
  frames: 300,
});
const face = (distances: readonly number[]): NonNullable<WindowRequest['face']> => ({
  shareLogits: Float32Array.from(distances.flatMap(() => [1, 0, -1])),
  presenceLogits: Float32Array.from(distances.flatMap(() => [0, 1, 2])),
  embeddings: Float32Array.from(distances.flatMap(() => [1, -1])),
  n: distances.length,
  distances: Float32Array.from(distances),
});

/** Sounds of level 2 are what the tiny voice network was made for, give or take a decibel. */
const voiceReference: Reference = {
  statistics: round(voiceStatistics(level(2).logMel)),
  embedding: round([2, -2]),
};

async function write(reference: Reference, serves: readonly ModalitySubset[] | null = ['both', 'face']): Promise<void> {
  const bytes = encodeReference(reference);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await writeTinyPack(dir, {
    serves,
    change: (manifest) => {
      manifest.reference = { voice: { file: 'reference-voice.json', sha256 } };
    },
  });
  await writeFile(join(dir, 'reference-voice.json'), bytes);
}

async function answersOf(serves: readonly ModalitySubset[] | null) {
  await write(voiceReference, serves);
  const models = { ...(await loadPack(dir)).networks, ...(await loadPerception('models/perception')) };
  const networks = await openNetworks({ models, provider: 'cpu', threads: 1 });
  opened.push(networks);
  const call = windowCalls(networks);
  return async (windows: readonly WindowRequest[]): Promise<readonly Logits[]> =>
    (await call(windows)).map((answer) => {
      if (!answer.ok) throw new Error(answer.message);
      return answer.value;
    });
}

describe('the file of a reference', () => {
  const widths = { statistics: 3, embedding: 2 };
  const cloud = (n: number) =>
    fc.record({
      mean: fc.float32Array({ minLength: n, maxLength: n, noNaN: true, noDefaultInfinity: true }),
      whiten: fc.float32Array({
        minLength: (n * (n + 1)) / 2,
        maxLength: (n * (n + 1)) / 2,
        noNaN: true,
        noDefaultInfinity: true,
      }),
      bound: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    });

  it('keeps every number', () => {
    fc.assert(
      fc.property(cloud(3), cloud(2), (statistics, embedding) => {
        const reference = { statistics, embedding };
        expect(decodeReference(encodeReference(reference), widths, 'it')).toEqual(reference);
      }),
    );
  });

  it('is refused where it is for another network, or is no reference', () => {
    const bytes = encodeReference({ statistics: round([1, 2, 3]), embedding: round([1, 2]) });
    expect(() => decodeReference(bytes, { ...widths, embedding: 3 }, 'it')).toThrow(
      /it has 2 numbers of embedding, but .* have 3: run 'undertone reference fit'/,
    );
    expect(() => decodeReference(Buffer.from('{}'), widths, 'it')).toThrow(/is no reference/);
    expect(() => decodeReference(Buffer.from('-'), widths, 'it')).toThrow(/is not JSON/);
  });
});

describe('a pack with a reference', () => {
  it('is verified with it: another file is refused', async () => {
    await write(voiceReference);
    expect((await loadPack(dir)).networks.voice.contract.reference).toEqual(voiceReference);
    const path = join(dir, 'reference-voice.json');
    await writeFile(path, `${await readFile(path, 'utf8')} `);
    await expect(loadPack(dir)).rejects.toThrow(/SHA-256/);
  });

  it('measures statistics that this version has', () => {
    expect(voiceReference.statistics.mean).toHaveLength(VOICE_STATISTICS.length);
    expect(FACE_STATISTICS.length).toBeGreaterThan(0);
  });
});

describe('windows of a pack with a reference', () => {
  it('tell how far each modality lies', async () => {
    const answers = await answersOf(['both', 'face']);
    const [near, odd] = await answers([
      { voice: level(2), face: face([0.5, 0.7, 9]) },
      { voice: level(-3), face: null },
    ]);
    expect(near?.distances?.voice).toBeCloseTo(0, 4);
    expect(near?.distances?.face).toBeCloseTo(0.7, 6);
    expect(odd?.distances?.voice).toBeGreaterThan(1);
    expect(odd?.distances).not.toHaveProperty('face');
  });

  it('leave out a strange voice before the shared layers see it, and a strange face', async () => {
    const answers = await answersOf(['both', 'face']);
    const [strangeVoice, faceAlone, strangeFace, voiceAlone] = await answers([
      { voice: level(-3), face: face([0.5]) },
      { voice: null, face: face([0.5]) },
      { voice: level(2), face: face([1.5]) },
      { voice: level(2), face: null },
    ]);
    expect({ ...strangeVoice, distances: null }).toEqual({ ...faceAlone, distances: null });
    expect(strangeVoice?.fusion?.subset).toBe('face');
    expect({ ...strangeFace, distances: null }).toEqual({ ...voiceAlone, distances: null });
    expect(strangeFace?.fusion).toBeNull();
  });

  it('keep what both would have said where both are strange', async () => {
    const answers = await answersOf(['both']);
    const [odd] = await answers([{ voice: level(-3), face: face([1.5]) }]);
    expect(odd?.fusion?.subset).toBe('both');
    expect(odd?.voice).not.toBeNull();
  });

  it('do not know how far anything is where the pack has no reference', async () => {
    await writeTinyPack(dir, { serves: null });
    const models = { ...(await loadPack(dir)).networks, ...(await loadPerception('models/perception')) };
    const networks = await openNetworks({ models, provider: 'cpu', threads: 1 });
    opened.push(networks);
    const [answer] = await windowCalls(networks)([{ voice: level(-3), face: null }]);
    expect(answer?.ok === true && answer.value).not.toHaveProperty('distances');
  });
});
