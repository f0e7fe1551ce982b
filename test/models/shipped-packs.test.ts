/** Every pack in models/packs, whatever it is: what holds for one of them must hold for the next. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPack, type LoadedPack } from '../../models/pack.ts';
import { loadPerception } from '../../models/perception.ts';
import { faceCalls } from '../../models/worker/faces.ts';
import { openNetworks, type Networks } from '../../models/worker/networks.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { createWindows } from '../../src/core/windows.ts';
import { predict } from '../../src/core/prediction.ts';
import type { FaceFeatures, Prediction } from '../../src/domain.ts';
import { PACKS, voice } from '../fixtures/inference.ts';
import { astronautFrame } from '../fixtures/pictures.ts';

const packs = readdirSync(PACKS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

describe.each(packs)('the pack %s', (name) => {
  let loaded: LoadedPack;
  let networks: Networks;
  let face: FaceFeatures | null = null;
  beforeAll(async () => {
    loaded = await loadPack(join(PACKS, name));
    const models = { ...loaded.networks, ...(await loadPerception('models/perception')) };
    networks = await openNetworks({ models, provider: 'cpu', threads: 1 });
    face = await looks();
  });
  afterAll(() => networks.close());

  /** A window's looks at the test picture. */
  const looks = async (): Promise<FaceFeatures | null> => {
    const windows = createWindows({ room: 'lobby', participant: 'ada' }, 0);
    windows.setConsent(true);
    windows.setTrack('face', 'live');
    const [answer] = await faceCalls(networks)([astronautFrame(512, 512)]);
    const sighting = answer?.ok ? (answer.value[0] ?? null) : null;
    for (let t = 0; t < 3000; t += 200) windows.putLook(t, sighting);
    return windows.close(3200)[0]?.face ?? null;
  };

  const said = async (requests: Parameters<ReturnType<typeof windowCalls>>[0]): Promise<(Prediction | null)[]> => {
    const answers = await windowCalls(networks)(requests);
    return answers.map((answer) => (answer.ok ? predict(answer.value, loaded.pack) : null));
  };

  it('judges a voice, a face and both, each label with a share and a probability', async () => {
    const heard = voice(1);
    const predictions = await said([
      { voice: heard, face: null },
      { voice: null, face },
      { voice: heard, face },
    ]);
    // The made-up voice is no speech: a pack that knows what it was made for goes by the face alone.
    const strange = (predictions[2]?.distances?.voice ?? 0) > 1;
    const both = strange ? ['face'] : ['voice', 'face'];
    expect(predictions.map((prediction) => prediction?.modalities)).toEqual([['voice'], ['face'], both]);
    expect(strange).toBe(loaded.pack.name === 'default');
    for (const prediction of predictions) {
      const { shares, probabilities } = prediction ?? { shares: {}, probabilities: {} };
      expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      for (const p of Object.values(probabilities)) expect(p > 0 && p < 1).toBe(true);
      expect(Object.keys(probabilities).every((label) => label in loaded.pack.decision.thresholds)).toBe(true);
    }
  });

  it('sees that the picture smiles', async () => {
    const [prediction] = await said([{ voice: null, face }]);
    const { happiness = 0, ...others } = prediction?.shares ?? {};
    expect(happiness).toBeGreaterThan(Math.max(...Object.values(others)));
  });

  it('says of a window the same in a batch as alone', async () => {
    const requests = [
      { voice: voice(1), face },
      { voice: voice(2), face: null },
      { voice: null, face },
      { voice: voice(3), face: face && newest(face, 2) },
      { voice: voice(4), face },
    ];
    const together = await said(requests);
    for (const [i, request] of requests.entries()) {
      const [alone] = await said([request]);
      for (const [label, p] of Object.entries(alone?.probabilities ?? {}))
        expect(together[i]?.probabilities[label as keyof Prediction['probabilities']]).toBeCloseTo(p, 4);
    }
  });
});

function newest(
  { shareLogits, presenceLogits, embeddings, n, visibleShare }: FaceFeatures,
  kept: number,
): FaceFeatures {
  const last = (rows: Float32Array) => rows.subarray((rows.length / n) * (n - kept));
  return {
    shareLogits: last(shareLogits),
    presenceLogits: last(presenceLogits),
    embeddings: embeddings && last(embeddings),
    n: kept,
    visibleShare,
  };
}
