/** From clips with votes to what a network is to learn from them. */
import { tally, listed } from '../../../src/core/aggregation/votes.ts';
import { allInclusive } from '../../../src/core/aggregation/all-inclusive.ts';
import { presence } from '../../../src/core/aggregation/presence.ts';
import { randomStream } from '../../../src/core/random.ts';
import type { Clip, Stimulus } from '../../../src/core/manifest.ts';
import type { Label } from '../../../src/domain.ts';

/** What raters said of a clip, as training targets. */
export interface Target {
  /** Shares of raters, by the all-inclusive rule (paper 3); sums to 1. */
  readonly shares: readonly number[];
  /** 1 where more than 1/C of raters chose the label (papers 1, 3 and 5). */
  readonly present: readonly (0 | 1)[];
  /** Votes for the network's labels. */
  readonly votes: number;
}

/** A clip that can be learned from. */
export interface Example {
  readonly clip: Clip;
  readonly target: Target;
}

/**
 * Clips with a vote for one of the labels. Clips without are left out and counted.
 * @param stimulus whose votes count: those of raters who heard the voice, saw the face, or both.
 */
export function examplesOf(
  clips: readonly Clip[],
  stimulus: Stimulus,
  labels: readonly Label[],
): { readonly examples: readonly Example[]; readonly unlabelled: number } {
  const examples = clips.flatMap((clip) => {
    const target = targetOf(clip, stimulus, labels);
    return target ? [{ clip, target }] : [];
  });
  return { examples, unlabelled: clips.length - examples.length };
}

/** @returns null for a clip without a vote for one of the labels. */
export function targetOf(clip: Clip, stimulus: Stimulus, labels: readonly Label[]): Target | null {
  const votes = clip.votes[stimulus];
  if (!votes) return null;
  const counted = tally(votes, labels);
  const shares = allInclusive(counted);
  return shares && { shares, present: presence(shares), votes: listed(counted) };
}

/** Clips of one speaker are held back together, so that nobody is both learned from and judged on. */
export function nameOfLot({ clip }: Pick<Example, 'clip'>): string {
  return clip.speaker ?? clip.id;
}

/**
 * Split clips by chance, but always the same way: a clip's lot depends on the seed and on its own name (or its speaker's)
 * alone, so adding clips moves no other clip.
 * @param share of those held back, 0 .. 1.
 */
export function holdBack<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  { share, seed }: { readonly share: number; readonly seed: number },
): { readonly learned: readonly T[]; readonly heldBack: readonly T[] } {
  const held = (item: T): boolean => randomStream(seed, 'hold back', nameOf(item))() < share;
  return { learned: items.filter((item) => !held(item)), heldBack: items.filter(held) };
}
