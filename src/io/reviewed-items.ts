import type { ReviewedItem } from '../domain/review.ts';
import type { ReviewStore } from '../ports/store.ts';

/** Items read at a time. */
const PAGE = 500;

/**
 * All items that were answered, oldest first, read page by page.
 * @param query.rooms null: all. @param query.pack `name@version`; default any.
 * @example const reviewed = await reviewedItems(store.reviews, { rooms: ['lobby'] });
 */
export async function reviewedItems(
  reviews: Pick<ReviewStore, 'reviewed'>,
  query: { readonly rooms: readonly string[] | null; readonly pack?: string },
): Promise<readonly ReviewedItem[]> {
  const found: ReviewedItem[] = [];
  for (;;) {
    const after = found.at(-1)?.item;
    const page = await reviews.reviewed({ ...query, limit: PAGE, ...(after && { after }) });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}
