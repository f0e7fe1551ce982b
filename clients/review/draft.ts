/** Answers before they are sent: kept by the browser, so that a reload or a crash of the page loses nothing. */
import { z } from 'zod';
import { operations } from '../../src/protocol/api.ts';
import type { ApiLabel, OperationAnswer } from '../../src/protocol/api.ts';
import { label } from '../../src/protocol.ts';

/** What has been said so far. */
export interface Draft {
  readonly labels: readonly ApiLabel[];
  readonly cannotTell: boolean;
  readonly attributes: { readonly valence: number; readonly arousal: number } | null;
}

/** Nothing said. */
export const EMPTY_DRAFT: Draft = { labels: [], cannotTell: false, attributes: null };

/** Where drafts are kept; `sessionStorage` fits. */
export type DraftPlace = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** An item that is held. */
export type Claimed = NonNullable<OperationAnswer<'claim'>['claimed']>;

/** An item that is held, and what was said of it so far. */
export interface Kept {
  readonly claimed: Claimed;
  readonly draft: Draft;
}

const KEY = 'undertone.desk';
const score = z.number().min(-1).max(1);
const kept = z
  .array(
    z.object({
      claimed: operations.claim.answer.shape.claimed.unwrap(),
      draft: z.object({
        labels: z.array(label),
        cannotTell: z.boolean(),
        attributes: z.object({ valence: score, arousal: score }).nullable(),
      }),
    }),
  )
  .max(100);

/** Whether it says enough to be sent: a label or more, or that nothing can be told. */
export function isComplete({ labels, cannotTell }: Draft): boolean {
  return cannotTell || labels.length > 0;
}

/** What it says, in words. @example 'happiness, surprise' */
export function draftWords({ labels, cannotTell }: Draft): string {
  return cannotTell ? 'cannot tell' : labels.join(', ');
}

/** Keep what is on the desk, the item that is looked at first; an empty desk clears the place. */
export function keepDesk(place: DraftPlace, desk: readonly Kept[]): void {
  if (desk.length === 0) place.removeItem(KEY);
  else place.setItem(KEY, JSON.stringify(desk));
}

/** What was on the desk before the page was loaded anew; nothing when that is unknown. */
export function takeDesk(place: DraftPlace): readonly Kept[] {
  try {
    const parsed = kept.safeParse(JSON.parse(place.getItem(KEY) ?? '[]'));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}
