/** Clips of a scored corpus as a reject rule sees them. */
import { doubtOfClip } from '../../models/toolkit/score/opinion.ts';
import { misses } from '../core/metrics/top1.ts';
import type { DoubtedClips } from '../core/reject/guarantee.ts';
import type { Limit } from '../core/reject/ladder.ts';
import type { DoubtScore, Label, ModelPack } from '../domain.ts';
import { groupsOf } from './choose-clips.ts';
import type { ScoredCorpus } from './scoring.ts';

/** One clip as a rule sees it. */
export interface JudgedClip {
  readonly first: Label;
  readonly doubt: number;
  readonly wrong: boolean;
}

/** How many clips a limit accepts, and how many of those are wrong. */
export function acceptedBy(
  limit: Limit,
  judged: readonly JudgedClip[],
): { readonly accepted: number; readonly wrong: number } {
  const most = (label: Label) => (typeof limit === 'number' ? limit : (limit[label] ?? -Infinity));
  const accepted = judged.filter(({ first, doubt }) => doubt <= most(first));
  return { accepted: accepted.length, wrong: accepted.filter(({ wrong }) => wrong).length };
}

/** The clips of a scored corpus as a rule sees them. */
export function judgedClips(
  { scored, labels }: ScoredCorpus,
  pack: ModelPack,
  score: DoubtScore,
): readonly JudgedClip[] {
  const rows = scored.flatMap(({ rows }) => rows[0] ?? []);
  const wrong = misses(
    scored.map(({ truth }) => truth),
    rows.map(({ probabilities }) => probabilities),
    { ties: 'any' },
  );
  return rows.map((row, i) => ({ ...doubtOfClip(row, pack, labels, score), wrong: wrong[i] === true }));
}

/** Clips of which a promise holds by itself, and what they are called. */
export interface NamedClips {
  readonly name: string;
  readonly clips: readonly JudgedClip[];
}

/** All clips together, or grouped by a key of theirs. */
export function groupsFor(
  judged: readonly JudgedClip[],
  { scored }: ScoredCorpus,
  key: string | undefined,
): readonly NamedClips[] {
  if (key === undefined) return [{ name: 'all', clips: judged }];
  const names = groupsOf(
    scored.map(({ clip }) => clip),
    key,
    '--per',
  );
  return [...new Set(names)].map((name) => ({
    name: `${key} ${name}`,
    clips: judged.filter((_, i) => names[i] === name),
  }));
}

/** Clips as the promises of src/core/reject take them. */
export function doubted(clips: readonly JudgedClip[]): DoubtedClips {
  return { doubt: clips.map(({ doubt }) => doubt), wrong: clips.map(({ wrong }) => wrong) };
}
