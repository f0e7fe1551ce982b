/** What the embedded store does in a second, in a folder of its own, every commit on the disk. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/io/store/open.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Verdict } from '../../src/domain.ts';

export interface StoreFigures {
  /** From nothing, with its folder made; and with a folder that is there, ms. */
  readonly firstOpenMs: number;
  readonly openMs: number;
  /** Items claimed and answered a second, one reviewer after another's answer. */
  readonly reviewsPerSecond: number;
  /** Segments written a second, in batches of what ends in a second of a busy server. */
  readonly segmentsPerSecond: number;
  /** Time to store a window's verdict, over the time between two windows. */
  readonly perWindow: number;
}

const ROOM = 'bench';
const HOP_MS = 500;
/** Windows of 16 participants in a second. */
const BATCH = 32;

const VERDICT: Verdict = {
  startMs: 0,
  endMs: 3000,
  status: 'accepted',
  reason: null,
  labels: ['happiness'],
  probabilities: { neutral: 0.31, happiness: 0.72, sadness: 0.04, anger: 0.02 },
  shares: { neutral: 0.3, happiness: 0.6, sadness: 0.05, anger: 0.05 },
  modalities: ['voice', 'face'],
  missing: {},
  uncertainty: 0.93,
  pack: 'bench@1',
  calibration: null,
};

/** Measure for about `seconds` in each of three parts. */
export async function measureStore({ seconds = 3 }: { readonly seconds?: number } = {}): Promise<StoreFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-bench-'));
  try {
    const [firstOpenMs, first] = await timed(() => openStore({ at: 'folder', folder: join(folder, 'store') }));
    await first.close();
    const [openMs, store] = await timed(() => openStore({ at: 'folder', folder: join(folder, 'store') }));
    const segmentsPerSecond = BATCH * (await aSecond(seconds, (n) => store.scores.add(segments(n))));
    const batchesPerSecond = await aSecond(seconds, (n) => store.scores.add(verdicts(n)));
    const reviewsPerSecond = await measureReviews(store, seconds);
    await store.close();
    const perWindow = 1000 / (batchesPerSecond * BATCH) / HOP_MS;
    return { firstOpenMs, openMs, reviewsPerSecond, segmentsPerSecond, perWindow };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const participant = (n: number) => `p${(n % 16).toString()}`;

function segments(batch: number) {
  const { probabilities, labels, pack } = VERDICT;
  const made = Array.from({ length: BATCH }, (_, i) => ({
    id: `s-${batch.toString()}-${i.toString()}`,
    room: ROOM,
    participant: participant(i),
    index: batch,
    startMs: batch * 1000,
    endMs: batch * 1000 + 900,
    status: 'accepted' as const,
    labels,
    reason: null,
    probabilities,
    windows: 4,
    pack,
    calibration: null,
  }));
  return { segments: made, verdicts: [] };
}

function verdicts(batch: number) {
  const made = Array.from({ length: BATCH }, (_, i) => ({
    room: ROOM,
    participant: participant(i),
    seq: batch * 2 + Math.floor(i / 16),
    verdict: VERDICT,
  }));
  return { segments: [], verdicts: made };
}

async function measureReviews(store: Store, seconds: number): Promise<number> {
  const { reviews } = store;
  let added = 0;
  const add = async () => {
    const id = `i${(added++).toString()}`;
    const packProbabilities = VERDICT.probabilities;
    const given = { id, room: ROOM, participant: participant(added), segment: id, createdMs: added, clip: null };
    await reviews.add({
      ...given,
      causes: ['audit'],
      propensity: 0.05,
      verdict: VERDICT,
      packProbabilities,
      raters: 1,
    });
  };
  while (added < 1000) await add();
  return aSecond(seconds, async (n) => {
    const reviewer = `r${(n % 4).toString()}`;
    const claimed = await reviews.claim({ reviewer, rooms: [ROOM], nowMs: n, reservationMs: 60_000 });
    if (claimed === null) return add();
    const answer = { labels: ['happiness'] as const, cannotTell: false, attributes: null, tookMs: 4000 };
    await reviews.answer(claimed.reservation.id, reviewer, answer, n);
  });
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

/** How often `work` is done in a second. */
async function aSecond(seconds: number, work: (n: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let n = 0;
  while (performance.now() - start < seconds * 1000) await work(n++);
  return (n * 1000) / (performance.now() - start);
}
