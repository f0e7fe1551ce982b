/** What the items that people were asked about before teach: what review selection starts from. */
import { type Information, NOTHING_LEARNT } from '../core/review/information.ts';
import { learnFrom } from '../core/review/selection.ts';
import type { ReviewStore } from '../ports/store.ts';

/** Items read at a time. */
const PAGE = 500;

/**
 * The information that all items of a pack have brought or, once they are answered, will: those that are still kept, as only
 * these are calibrated on. Read page by page.
 * @param query.pack `name@version`. @param query.beforeMs of items that were made before then.
 * @throws UndertoneError as the store does.
 * @example const information = await learntBefore(store.reviews, { pack: 'default@1.1.7', beforeMs: clock.now() });
 */
export async function learntBefore(
  reviews: Pick<ReviewStore, 'asked'>,
  query: { readonly pack: string; readonly beforeMs: number },
): Promise<Information> {
  let information = NOTHING_LEARNT;
  let after: { readonly createdMs: number; readonly id: string } | undefined;
  for (;;) {
    const page = await reviews.asked({ ...query, limit: PAGE, ...(after && { after }) });
    information = page.reduce(learnFrom, information);
    after = page.at(-1);
    if (page.length < PAGE) return information;
  }
}
