/** An answer before it is sent: kept for this tab, so that a reload or a crash of the page loses nothing. */
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

const KEY = 'undertone.desk';
const score = z.number().min(-1).max(1);
const kept = z.object({
  claimed: operations.claim.answer.shape.claimed.unwrap(),
  draft: z.object({
    labels: z.array(label),
    cannotTell: z.boolean(),
    attributes: z.object({ valence: score, arousal: score }).nullable(),
  }),
});

/** Whether it says enough to be sent: a label or more, or that nothing can be told. */
export function isComplete({ labels, cannotTell }: Draft): boolean {
  return cannotTell || labels.length > 0;
}

/** Keep what is on the desk: the held item and the draft of its answer; null clears the place. */
export function keepDesk(place: DraftPlace, claimed: Claimed | null, draft: Draft): void {
  if (claimed === null) place.removeItem(KEY);
  else place.setItem(KEY, JSON.stringify({ claimed, draft }));
}

/** What was on the desk before the page was loaded anew; null when that is unknown. */
export function takeDesk(place: DraftPlace): { readonly claimed: Claimed; readonly draft: Draft } | null {
  try {
    const parsed = kept.safeParse(JSON.parse(place.getItem(KEY) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
