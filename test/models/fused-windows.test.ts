/** Windows through shared layers whose sums are known: what was heard and seen goes in once, and masks are kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, WindowRequest } from '../../models/calls.ts';
import { loadPack } from '../../models/pack.ts';
import { loadPerception } from '../../models/perception.ts';
import { planRuns } from '../../models/worker/batching.ts';
import { faceCalls } from '../../models/worker/faces.ts';
import { openNetworks, type BatchedNetwork, type Networks } from '../../models/worker/networks.ts';
import { windowCalls } from '../../models/worker/windows.ts';
import { MEL_BANDS, SILENT_BAND } from '../../src/core/features.ts';
import type { HeadLogits, Logits, ModalitySubset } from '../../src/domain.ts';
import { astronautFrame } from '../fixtures/pictures.ts';
import { VOICE_STEPS, writeTinyPack } from '../fixtures/tiny-pack.ts';

let dir = '';
const opened: Networks[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tiny-pack-'));
});
afterAll(async () => {
  await Promise.all(opened.map((networks) => networks.close()));
  await rm(dir, { recursive: true });
});

const runs = { voice: 0, face: 0, fusion: 0 };
afterEach(() => Object.assign(runs, { voice: 0, face: 0, fusion: 0 }));

/** The networks of the tiny pack, counted. */
async function open(serves: readonly ModalitySubset[] | null, trimDb?: number): Promise<Networks> {
  await writeTinyPack(dir, {
    serves,
    ...(trimDb !== undefined && {
      change: ({ networks }) => {
        networks.voice.logMel.trimDb = trimDb;
      },
    }),
  });
  const models = { ...(await loadPack(dir)).networks, ...(await loadPerception('models/perception')) };
  const networks = await openNetworks({ models, provider: 'cpu', threads: 1 });
  opened.push(networks);
  const counted = <N extends BatchedNetwork>(name: keyof typeof runs, network: N): N => ({
    ...network,
    run: (feeds, outputs) => {
      runs[name]++;
      return network.run(feeds, outputs);
    },
  });
  return {
    ...networks,
    voice: counted('voice', networks.voice),
    face: counted('face', networks.face),
    fusion: networks.fusion && counted('fusion', networks.fusion),
  };
}

/** A sound of one level throughout. */
const level = (mean: number): NonNullable<WindowRequest['voice']> => ({
  logMel: new Float32Array(300 * MEL_BANDS).fill(mean),
  frames: 300,
});

/** Looks, one for each mean brightness, as the tiny face network encodes them. */
const looks = (means: readonly number[]): NonNullable<WindowRequest['face']> => ({
  shareLogits: Float32Array.from(means.flatMap((m) => [m, 0, -m])),
  presenceLogits: Float32Array.from(means.flatMap((m) => [0, m, 2 * m])),
  embeddings: Float32Array.from(means.flatMap((m) => [m, -m])),
  n: means.length,
});

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

function valueOf(answer: Answer<Logits> | undefined): Logits {
  if (!answer?.ok) throw new Error(`no answer: ${answer?.message ?? 'nothing'}`);
  return answer.value;
}

const expectHeads = (heads: HeadLogits | null, shareLogits: readonly number[], presenceLogits: readonly number[]) => {
  expect(heads?.shareLogits).toHaveLength(shareLogits.length);
  shareLogits.forEach((x, k) => expect(heads?.shareLogits[k]).toBeCloseTo(x, 4));
  presenceLogits.forEach((x, k) => expect(heads?.presenceLogits[k]).toBeCloseTo(x, 4));
};

describe('a pack whose shared layers serve everything', () => {
  let networks: Networks;
  beforeAll(async () => {
    networks = await open(['voice', 'face', 'both']);
  });

  it('fuses what is heard with every look, and nothing of the padding', async () => {
    const means = [0.5, 0.25, -0.75, 2];
    const [answer] = await windowCalls(networks)([{ voice: level(1.5), face: looks(means) }]);
    const { voice, face, fusion } = valueOf(answer);
    expect(fusion?.subset).toBe('both');
    expectHeads(voice, [1.5, 0, -1.5], [0, 1.5, 3]);
    expect(face?.presenceLogits).toHaveLength(3);
    expectHeads(fusion, [1.5, mean(means), 4], [-1.5, -mean(means), VOICE_STEPS]);
  });

  it('masks a modality that is missing, whole', async () => {
    const answers = await windowCalls(networks)([
      { voice: level(1.5), face: null },
      { voice: null, face: looks([2, 4]) },
    ]);
    const [heard, seen] = answers.map((answer) => valueOf(answer).fusion);
    expect([heard?.subset, seen?.subset]).toEqual(['voice', 'face']);
    expectHeads(heard ?? null, [1.5, 0, 0], [-1.5, 0, VOICE_STEPS]);
    expectHeads(seen ?? null, [0, 3, 2], [0, -3, 0]);
  });

  it('says of a window the same in whatever batch it is', async () => {
    const answer = windowCalls(networks);
    const padded = windowCalls({
      ...networks,
      voice: { ...networks.voice, plan: (n) => planRuns(n, [1, 2, 4, 8, 16], 16) },
      fusion: networks.fusion && { ...networks.fusion, plan: (n) => planRuns(n, [1, 2, 4, 8, 16], 16) },
    });
    const x = fc.double({ min: -4, max: 4, noNaN: true });
    const window = fc
      .record({ heard: fc.option(x), seen: fc.option(fc.array(x, { minLength: 1, maxLength: 40 })) })
      .filter(({ heard, seen }) => heard !== null || seen !== null)
      .map(({ heard, seen }) => ({ voice: heard === null ? null : level(heard), face: seen && looks(seen) }));
    await fc.assert(
      fc.asyncProperty(fc.array(window, { minLength: 1, maxLength: 6 }), async (windows) => {
        const [together, wide] = [await answer(windows), await padded(windows)];
        for (const [i, alone] of windows.entries()) {
          const [expected] = await answer([alone]);
          const { shareLogits = [], presenceLogits = [] } = valueOf(expected).fusion ?? {};
          expectHeads(valueOf(together[i]).fusion, [...shareLogits], [...presenceLogits]);
          expectHeads(valueOf(wide[i]).fusion, [...shareLogits], [...presenceLogits]);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('keeps the newest of more looks than it takes', async () => {
    const means = Array.from({ length: 50 }, (_, i) => (i < 18 ? 1000 : 1));
    const [answer] = await windowCalls(networks)([{ voice: null, face: looks(means) }]);
    expectHeads(valueOf(answer).fusion, [0, 1, 32], [0, -1, 0]);
  });

  it('runs each network once for a batch, and never encodes a face again', async () => {
    const both = { voice: level(1), face: looks([1]) };
    await windowCalls(networks)([both, { voice: level(2), face: null }, { voice: null, face: looks([3]) }, both]);
    expect(runs).toEqual({ voice: 2, face: 0, fusion: 1 });
  });

  it('fails a window alone whose looks have no embeddings, too few or bad ones', async () => {
    const face = looks([1, 2]);
    const answers = await windowCalls(networks)([
      { voice: level(1), face: { ...face, embeddings: null } },
      { voice: null, face: { ...face, embeddings: new Float32Array(3) } },
      { voice: null, face: { ...face, embeddings: new Float32Array(4).fill(NaN) } },
      { voice: null, face: { ...face, presenceLogits: new Float32Array(5) } },
      { voice: level(1), face },
    ]);
    expect(answers.map((answer) => (answer.ok ? 'ok' : answer.message))).toEqual([
      'a face of 2 frames has 0 numbers of embedding: there must be 2 a frame, and 1 frame or more',
      'a face of 2 frames has 3 numbers of embedding: there must be 2 a frame, and 1 frame or more',
      "a face's embedding holds NaN at 0: only finite numbers can be judged",
      'a face of 2 frames has 5 presence logits: there must be 3 a frame, and 1 frame or more',
      'ok',
    ]);
    expectHeads(valueOf(answers[4]).fusion, [1, 1.5, 2], [-1, -1.5, VOICE_STEPS]);
  });

  it('gives looks the embedding that its shared layers take', async () => {
    const [answer] = await faceCalls(networks)([astronautFrame(512, 512)]);
    const encoding = answer?.ok ? answer.value[0]?.encoding : null;
    const [m = NaN] = encoding?.embedding ?? [];
    expect(m).toBeGreaterThan(0);
    expect(encoding?.embedding?.[1]).toBeCloseTo(-m, 6);
    expectHeads(encoding ?? null, [m, 0, -m], [0, m, 2 * m]);
  });
});

describe('a pack whose shared layers serve both only', () => {
  it('leaves a single modality to its own heads, and does not run the shared layers for it', async () => {
    const networks = await open(['both']);
    const answers = await windowCalls(networks)([
      { voice: level(2), face: null },
      { voice: null, face: looks([1, 3]) },
    ]);
    const [heard, seen] = answers.map(valueOf);
    expect([heard?.fusion, heard?.face, seen?.fusion, seen?.voice]).toEqual([null, null, null, null]);
    expectHeads(heard?.voice ?? null, [2, 0, -2], [0, 2, 4]);
    expect(seen?.face?.presenceLogits).toEqual(Float32Array.of(0, 2, 4));
    const [first = NaN, second = NaN] = seen?.face?.shareLogits ?? [];
    expect(first - second).toBeCloseTo(2, 5);
    expect(runs).toEqual({ voice: 1, face: 0, fusion: 0 });
  });

  it('mixes fused windows and others in one run of the voice network', async () => {
    const networks = await open(['both']);
    const answers = await windowCalls(networks)([
      { voice: level(2), face: null },
      { voice: level(-1), face: looks([1]) },
    ]);
    const [alone, both] = answers.map(valueOf);
    expectHeads(alone?.voice ?? null, [2, 0, -2], [0, 2, 4]);
    expectHeads(both?.fusion ?? null, [-1, 1, 1], [1, -1, VOICE_STEPS]);
    expect(runs).toEqual({ voice: 1, face: 0, fusion: 1 });
  });
});

describe('a pack of format 2 without shared layers', () => {
  it('says what voice and face say each', async () => {
    const networks = await open(null);
    const [answer] = await windowCalls(networks)([{ voice: level(2), face: { ...looks([1]), embeddings: null } }]);
    const { voice, face, fusion } = valueOf(answer);
    expect(fusion).toBeNull();
    expectHeads(voice, [2, 0, -2], [0, 2, 4]);
    expect(face?.presenceLogits).toEqual(Float32Array.of(0, 1, 2));
    const [seen] = await faceCalls(networks)([astronautFrame(512, 512)]);
    expect(seen?.ok && seen.value[0]?.encoding?.embedding).toBeNull();
  });
});

describe('a pack whose voice was trained without the silence around it', () => {
  it('is given the voice and 100 ms on either side, and then digital silence', async () => {
    const networks = await open(null, 35);
    const frames = [...Array<number>(100).fill(-11), ...Array<number>(100).fill(-2), ...Array<number>(100).fill(-11)];
    const logMel = Float32Array.from(frames.flatMap((frame) => Array<number>(MEL_BANDS).fill(frame)));
    const [answer] = await windowCalls(networks)([{ voice: { logMel, frames: 300 }, face: null }]);
    const heard = (100 * -2 + 20 * -11 + 180 * SILENT_BAND) / 300;
    expect(valueOf(answer).voice?.shareLogits[0]).toBeCloseTo(heard, 3);
  });
});
