import { z } from 'zod';
import { asUndertoneError } from '../../errors.ts';
import type { ClipStore } from '../../ports/store.ts';

const reviewed = z.object({
  reviews: z.array(z.object({ item: z.object({ id: z.string(), clip: z.string().nullable() }) })),
});

/** A clip as it is handed to the person whom it shows. */
export interface OwnClip {
  /** The review item that it was made for. */
  readonly item: string;
  readonly type: 'video/webm';
  /** Base64; null where it cannot be read. */
  readonly bytes: string | null;
}

/** Ids of the review items in what `PeopleStore.export` gives. */
export function exportedItems(kept: unknown): readonly string[] {
  return reviewed.parse(kept).reviews.map(({ item }) => item.id);
}

/** The clips of what `PeopleStore.export` gives: its rows alone only name them. */
export async function ownClips(kept: unknown, clips: Pick<ClipStore, 'get'>): Promise<readonly OwnClip[]> {
  const found: OwnClip[] = [];
  for (const { item } of reviewed.parse(kept).reviews)
    if (item.clip !== null) {
      const bytes = await clips.get(item.clip).catch((error: unknown) => {
        // One that is damaged keeps nobody from all the rest.
        if (asUndertoneError(error).code !== 'clip-damaged') throw error;
        return null;
      });
      found.push({ item: item.id, type: 'video/webm', bytes: bytes && Buffer.from(bytes).toString('base64') });
    }
  return found;
}
