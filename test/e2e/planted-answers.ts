/** Answers of weeks before: other people's segments, whose probabilities were too sure, as reviewers found. */
import { join } from 'node:path';
import manifest from '../../models/packs/default/pack.json' with { type: 'json' };
import { sigmoid } from '../../src/core/probability.ts';
import { randomStream } from '../../src/core/random.ts';
import type { Label, PerLabel, Verdict } from '../../src/domain.ts';
import { openStore } from '../../src/io/store/open.ts';

const PACK = `${manifest.name}@${manifest.version}`;
const LABELS: readonly Label[] = manifest.labels as Label[];
/** The pack's logits are three times what they should be. */
const TOO_SURE = 3;
const ITEMS = 300;
const PEOPLE = 12;

/** Write them into the store of a server that has not started yet. */
export async function plantAnswers(dataDir: string): Promise<void> {
  const store = await openStore({ at: 'folder', folder: join(dataDir, 'store') });
  const random = randomStream(1, 'planted answers');
  const nowMs = Date.now();
  const annotations = [];
  for (let i = 0; i < ITEMS; i++) {
    const truth = LABELS.map(() => 3 * (random() - 0.6));
    const present = LABELS.filter((_, k) => random() < sigmoid(truth[k] ?? 0));
    const probabilities: PerLabel = Object.fromEntries(
      LABELS.map((label, k) => [label, sigmoid(TOO_SURE * (truth[k] ?? 0))]),
    );
    const top = LABELS.toSorted((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0))[0];
    if (top === undefined) continue;
    const id = `planted-${i.toString()}`;
    const createdMs = nowMs - (ITEMS - i) * 60_000 - 86_400_000;
    const verdict: Verdict = {
      startMs: createdMs - 3000,
      endMs: createdMs,
      status: 'accepted',
      reason: null,
      labels: [top],
      probabilities,
      shares: Object.fromEntries(LABELS.map((label) => [label, 1 / LABELS.length])),
      modalities: ['voice', 'face'],
      missing: {},
      uncertainty: 1,
      pack: PACK,
      calibration: null,
    };
    await store.reviews.add({
      id,
      room: 'lobby',
      participant: `earlier-${(i % PEOPLE).toString()}`,
      segment: `segment-${i.toString()}`,
      createdMs,
      causes: ['audit'],
      propensity: 1,
      verdict,
      packProbabilities: probabilities,
      clip: null,
      raters: 1,
    });
    annotations.push({
      id: `answer-${i.toString()}`,
      item: id,
      reviewer: 'earlier reviewer',
      atMs: createdMs + 1000,
      tookMs: 2000,
      labels: present,
      cannotTell: present.length === 0,
      attributes: null,
      informed: false,
    });
  }
  await store.reviews.importAnnotations(annotations, { role: 'admin', subject: 'earlier admin' }, nowMs);
  await store.close();
}
