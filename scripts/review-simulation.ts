/**
 * Does review make a miscalibrated pack better, on real faces and real votes? FER+ votes stand in for reviewers' answers, and
 * the pack's probabilities are spoilt by a known temperature and bias a label. Images of the training list that the pack was
 * never fitted on are judged, drawn for review as live, and answered by a few of their ten raters; what follows is measured
 * on the dev split against all ten.
 *
 *     node scripts/run.mjs scripts/held-back.ts > held-back.txt
 *     node scripts/run.mjs scripts/review-simulation.ts --ids held-back.txt [--data ../shared/data/ferplus]
 *         [--pack models/packs/default] [--raters 3] [--rounds 3] [--spoil 1] [--seed 1] [--limit 3579] [--json]
 *
 * `--spoil 0` leaves the pack as it is. Prints the table of docs/review.md: what holds after the last round; `--json` has all.
 */
import { parseArgs } from 'node:util';
import { openScorer } from '../models/toolkit/score/scorer.ts';
import { chooseClips } from '../src/commands/choose-clips.ts';
import { columns } from '../src/commands/evaluation-output.ts';
import { scoreCorpus, type ScoredClip } from '../src/commands/scoring.ts';
import { decide } from '../src/core/decision.ts';
import { entropy, logit, sigmoid } from '../src/core/probability.ts';
import { integerBelow, type Random, randomStream } from '../src/core/random.ts';
import { decisionUnder, underCalibration } from '../src/core/review/calibrated.ts';
import { compareTold, REVIEW_FIGURES, toldUnder } from '../src/core/review/comparison.ts';
import { NOTHING_LEARNT } from '../src/core/review/information.ts';
import { recalibrate } from '../src/core/review/recalibrate.ts';
import { samplesOf } from '../src/core/review/sample.ts';
import { select } from '../src/core/review/selection.ts';
import { defaultSettings } from '../src/core/trust/settings.ts';
import type { Label, Prediction } from '../src/domain.ts';
import type { Annotation, ReviewCalibration, ReviewedItem, ReviewItem } from '../src/domain/review.ts';
import { readCorpus } from '../src/io/corpus/corpus.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/ferplus' },
    pack: { type: 'string', default: 'models/packs/default' },
    ids: { type: 'string', default: 'held-back.txt' },
    limit: { type: 'string', default: '3579' },
    raters: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    spoil: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const [raters, rounds, spoil, seed] = [
  Number(values.raters),
  Number(values.rounds),
  Number(values.spoil),
  Number(values.seed),
];
/** FER+ names nobody, so images are dealt to so many people at random: intervals tell of new images. */
const PEOPLE = 100;
const POLICY = defaultSettings('lobby').review;
const say = (line: string) => process.stderr.write(`${line}\n`);

const scorer = await openScorer(values.pack, { threads: 1 });
const pack = `${scorer.pack.name}@${scorer.pack.version}`;
const { decision } = scorer.pack;
const signal = new AbortController().signal;
const scoring = { modality: 'face', ffmpeg: 'ffmpeg', signal, tell: say } as const;
const learning = await readCorpus(`${values.data}/train.jsonl`);
const { labels, scored } = await scoreCorpus(await chooseClips(learning, { ids: values.ids }), [scorer], scoring);
const unseen = await readCorpus(`${values.data}/dev.jsonl`);
const shortened = { ...unseen, clips: unseen.clips.slice(0, Number(values.limit)) };
const heldOut = (await scoreCorpus(shortened, [scorer], scoring)).scored;
await scorer.close();

// rounds of review, each proposal approved
let calibration: ReviewCalibration | null = null;
let information = NOTHING_LEARNT;
const answered: ReviewedItem[] = [];
const figures: Record<string, unknown>[] = [];
const perRound = Math.floor(scored.length / rounds);
tell(0, 'nobody was asked yet');
for (let round = 0; round < rounds; round++) {
  const random = randomStream(seed, 'round', round);
  for (const clip of scored.slice(round * perRound, (round + 1) * perRound)) {
    const prediction = spoilt(clip);
    const told = underCalibration(prediction, calibration);
    const verdict = decide({ startMs: 0, lengthMs: 3000, missing: { voice: 'off' }, consented: true }, told, {
      decision: decisionUnder(decision, calibration, ['face']),
      require: 'any',
      pack,
      calibration,
    });
    const candidate = { verdict, packProbabilities: prediction.probabilities };
    const [next, selection] = select(information, candidate, POLICY, random);
    information = next;
    if (selection === null) continue;
    const item = { ...itemOf(clip, random), ...selection, ...candidate };
    answered.push({ item, annotations: answersTo(clip, raters, random) });
  }
  const outcome = recalibrate(answered, {
    id: `round-${round + 1}`,
    createdMs: 0,
    pack,
    decision,
    current: calibration,
    seed,
  });
  calibration = outcome.calibration ?? calibration;
  tell(answered.length, outcome.report.refusal?.why ?? 'proposed and approved');
}
process.stdout.write(
  values.json
    ? `${JSON.stringify({ pack, raters, spoil, seed, reviewed: scored.length, heldOut: heldOut.length, rounds: figures })}\n`
    : table(),
);

/** Figures on the held-out images, against as many raters as reviewers had, and against all. */
function tell(items: number, outcome: string): void {
  say(`${items} items: ${outcome}`);
  const against = (votes: number | 'all') => {
    const random = randomStream(seed, 'held-out', String(votes));
    const sample = heldOut.map((clip): ReviewedItem => {
      const prediction = spoilt(clip);
      const told = decide({ startMs: 0, lengthMs: 3000, missing: {}, consented: true }, prediction, {
        decision,
        require: 'any',
        pack,
      });
      // what is judged here is every image, accepted or not
      const item = { ...itemOf(clip, random), verdict: { ...told, reason: null, status: 'accepted' as const } };
      return {
        item: { ...item, packProbabilities: prediction.probabilities },
        annotations: answersTo(clip, votes, random),
      };
    });
    const [only] = samplesOf(sample, pack).samples;
    if (only === undefined) throw new Error('no held-out image has a vote');
    const as = (fitted: ReviewCalibration | null) =>
      only.rows.map((row) => toldUnder(row, only.labels, decision, fitted?.subsets.face ?? null));
    return compareTold(only.rows, as(null), as(calibration), {
      random: randomStream(seed, 'held-out-ci'),
      weights: only.rows.map(() => 1),
    });
  };
  figures.push({ items, outcome, few: against(raters), all: against('all') });
}

function table(): string {
  const rows = figures.slice(-1).flatMap(({ items, few, all }) =>
    [
      [`${raters} raters`, few],
      ['all raters', all],
    ].flatMap(([name, compared]) =>
      REVIEW_FIGURES.map((figure) => {
        const { before, after, difference } = (compared as ReturnType<typeof compareTold>)[figure];
        const [low, high] = difference ?? [NaN, NaN];
        return [
          `${String(items)} items, ${String(name)}`,
          figure,
          three(before),
          three(after),
          `${three(low)} to ${three(high)}`,
        ];
      }),
    ),
  );
  return [...columns([['held out', 'figure', 'before', 'after', '95 % of the change'], ...rows]), ''].join('\n');
}

function three(x: number | null): string {
  return x === null ? '' : x.toFixed(3);
}

/** What the pack says of an image, spoilt: too sure, and biased up and down by label in turn. */
function spoilt({ rows: [row] }: ScoredClip): Prediction {
  const bias = [0.8, -0.6, 0.6, -0.8];
  const said = (row?.probabilities ?? []).map((p, k) =>
    sigmoid((1 + spoil) * logit(p) + spoil * (bias[k % bias.length] ?? 0)),
  );
  const shares = row?.shares ?? [];
  const byLabel = (list: readonly number[]) => Object.fromEntries(labels.map((label, k) => [label, list[k] ?? 0]));
  return {
    probabilities: byLabel(said),
    shares: byLabel(shares),
    modalities: ['face'],
    uncertainty: entropy(shares),
  };
}

function itemOf({ clip }: ScoredClip, random: Random): Omit<ReviewItem, 'verdict' | 'packProbabilities'> {
  const place = { room: 'lobby', participant: `p${integerBelow(random, PEOPLE)}` };
  return { ...place, id: clip.id, segment: clip.id, createdMs: 0, causes: [], propensity: 1, clip: null, raters };
}

/** Raters drawn without replacement from those of the image. */
function answersTo({ clip }: ScoredClip, count: number | 'all', random: Random): readonly Annotation[] {
  const votes = Object.entries(clip.votes.face ?? {}).flatMap(([choice, n]) => Array<string>(n).fill(choice));
  const drawn =
    count === 'all'
      ? votes
      : Array.from(
          { length: Math.min(count, votes.length) },
          () => votes.splice(integerBelow(random, votes.length), 1)[0] ?? '',
        );
  return drawn.map((choice, r) => ({
    id: `${clip.id}-${r}`,
    item: clip.id,
    reviewer: `r${r}`,
    atMs: 0,
    tookMs: 0,
    informed: false,
    labels: choice === 'other' ? [] : [choice as Label],
    cannotTell: false,
    attributes: null,
  }));
}
