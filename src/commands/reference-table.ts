import { openScorer, type Scorer } from '../../models/toolkit/score/scorer.ts';
import { readSettings } from '../config.ts';
import { FACE_CORRUPTIONS } from '../core/corruption/face.ts';
import { VOICE_CORRUPTIONS } from '../core/corruption/voice.ts';
import { believed } from '../core/decision.ts';
import { predict } from '../core/prediction.ts';
import { type Random, randomStream } from '../core/random.ts';
import { isEvidenceOnly } from '../core/reference/reference.ts';
import { upperBound } from '../core/reject/binomial.ts';
import type { Modality } from '../domain.ts';
import { columns } from './evaluation-output.ts';
import type { Invocation } from './command.ts';
import { type ClipWithMedia, forEachPortion, readCorpora } from './reference-clips.ts';
import { referenceGiven } from './reference-options.ts';

/** How much of one corruption is rejected. */
interface Row {
  readonly corruption: string;
  readonly words: string;
  readonly n: number;
  /** By the pack's decision rule alone. */
  readonly before: Share;
  /** By that, or for being out of distribution. */
  readonly after: Share;
  readonly outOfDistribution: Share;
}

interface Share {
  readonly share: number;
  /** 95 % by Clopper and Pearson, over clips. */
  readonly ci: readonly [low: number, high: number];
}

/** A way to spoil a clip. */
interface Way {
  readonly words: string;
  readonly spoil: (media: Float32Array, random: Random) => Float32Array;
}

/** How often what it gave was rejected. */
interface Tried extends Way {
  readonly name: string;
  n: number;
  before: number;
  after: number;
  strange: number;
}

/** `undertone reference table`. */
export async function referenceTable({ text, has, env, signal }: Invocation): Promise<number> {
  const { packDir, corpora: files, modality, limit, choice, running } = referenceGiven(text);
  const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;
  const corpora = await readCorpora(files, choice, limit);
  const scorer = await openScorer(packDir, running);
  const tried = waysFor(modality);
  let failed = 0;
  try {
    failed = await forEachPortion(
      corpora,
      { modality, doing: `spoiling ${modality}`, ffmpeg, signal },
      async (clips) => {
        for (const way of tried) await tryOn(way, clips, modality, scorer);
      },
    );
  } finally {
    await scorer.close();
  }
  const { name, version } = scorer.pack;
  const rows = tried.map(rowOf);
  const found = { pack: `${name}@${version}`, corpus: files, modality, failed, rows };
  process.stdout.write(has('json') ? `${JSON.stringify(found)}\n` : lines(rows));
  return 0;
}

function waysFor(modality: Modality): readonly Tried[] {
  const known: Readonly<Record<string, Way>> = modality === 'voice' ? VOICE_CORRUPTIONS : FACE_CORRUPTIONS;
  const none: Way = { words: 'as recorded', spoil: (media) => media };
  return Object.entries({ none, ...known }).map(([name, way]) => ({
    name,
    ...way,
    n: 0,
    before: 0,
    after: 0,
    strange: 0,
  }));
}

/** The same clip is always spoilt in the same way. */
async function tryOn(way: Tried, clips: readonly ClipWithMedia[], modality: Modality, scorer: Scorer): Promise<void> {
  const answers = await scorer.score(
    clips.map(({ clip, media }) => {
      const spoilt = way.spoil(media, randomStream(1, 'corruption', way.name, clip.id));
      return modality === 'voice' ? { sound: spoilt, face: null } : { sound: null, face: { crop: spoilt } };
    }),
  );
  for (const answer of answers) {
    const prediction = answer.ok ? predict(answer.value, scorer.pack) : null;
    if (!prediction) continue;
    const rejected = !believed(prediction, scorer.pack.decision);
    const strange = isEvidenceOnly(prediction);
    way.n++;
    if (rejected) way.before++;
    if (strange) way.strange++;
    if (rejected || strange) way.after++;
  }
}

function rowOf({ name, words, n, before, after, strange }: Tried): Row {
  const share = (count: number): Share => ({
    share: count / n,
    ci: [1 - upperBound(n, n - count, 0.025), upperBound(n, count, 0.025)],
  });
  return {
    corruption: name,
    words,
    n,
    before: share(before),
    after: share(after),
    outOfDistribution: share(strange),
  };
}

function lines(rows: readonly Row[]): string {
  const percent = (x: number) => (100 * x).toFixed(1);
  const cell = ({ share, ci: [low, high] }: Share) => `${percent(share)} (${percent(low)}, ${percent(high)})`;
  return [
    'rejected, % (95 % interval over clips)',
    ...columns([
      ['corruption', 'n', 'before', 'with reference', 'out of distribution'],
      ...rows.map(({ corruption, n, before, after, outOfDistribution }) => [
        corruption,
        String(n),
        cell(before),
        cell(after),
        cell(outOfDistribution),
      ]),
    ]),
    ...rows.map(({ corruption, words }) => `  ${corruption}: ${words}`),
    '',
  ].join('\n');
}
