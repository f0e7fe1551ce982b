/** Review items on their way to the queue: their clip is made and kept, then they are put on record. */
import type { Evidence, ReviewItem } from '../src/domain/review.ts';
import { asUndertoneError } from '../src/errors.ts';
import type { Log, Meter } from '../src/ports.ts';
import type { ClipCutter } from '../src/ports/clips.ts';
import type { ClipStore, ReviewStore } from '../src/ports/store.ts';
import { patiently } from './patiently.ts';

/** What putting questions to people needs. */
export interface AskPeopleDeps {
  readonly reviews: Pick<ReviewStore, 'add'>;
  readonly clips: Pick<ClipStore, 'put'>;
  readonly cutter: Pick<ClipCutter, 'cut'>;
  readonly meter: Meter;
  readonly log: Log;
  /** Items that may be on their way at a time, each with the evidence of a window; more are dropped and counted. Default 16. */
  readonly most?: number;
}

/** An item before its clip is there. */
export type Item = Omit<ReviewItem, 'clip'>;

/** Items on their way. */
export interface AskPeople {
  /**
   * Put an item to people. Never waits, never fails. An item whose clip cannot be made or kept is asked without it.
   * @param unwanted drops it wherever it is: nothing of it is put on record afterwards.
   */
  ask(item: Item, evidence: Evidence | null, unwanted: AbortSignal): void;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  /** Drop what is on its way. */
  close(): Promise<void>;
}

/** @example const items = askPeople({ reviews: store.reviews, clips, cutter, meter, log }); */
export function askPeople({ reviews, clips, cutter, meter, log, most = 16 }: AskPeopleDeps): AskPeople {
  const ended = new AbortController();
  const onTheirWay = new Set<Promise<void>>();

  const lose = (reason: string): void => {
    meter.count('undertone_discarded_total', { queue: 'reviews', reason });
  };

  /** Null where there is none to show. */
  async function cut(evidence: Evidence | null, signal: AbortSignal): Promise<Uint8Array | null> {
    if (evidence === null) return null;
    try {
      return await cutter.cut(evidence, signal);
    } catch (error) {
      if (!signal.aborted) withoutClip(error);
      return null;
    }
  }

  function withoutClip(error: unknown): void {
    const { code } = asUndertoneError(error);
    meter.count('undertone_clips_lost_total', { reason: code });
    log.warn({ code }, 'a review item is asked without its clip');
  }

  /** @returns whether it is on record; not, when it was not wanted any more. */
  async function bring(item: Item, evidence: Evidence | null, signal: AbortSignal): Promise<boolean> {
    const done = { clip: false, record: false };
    const record = (clip: string | null): Promise<void> =>
      patiently(async () => {
        // Looked at last of all, as near as can be to the record.
        if (signal.aborted) return;
        await reviews.add({ ...item, clip });
        done.record = true;
      }, signal);
    const bytes = await cut(evidence, signal);
    if (bytes === null || signal.aborted) {
      await record(null);
      return done.record;
    }
    try {
      await clips.put(bytes, async (name) => {
        done.clip = true;
        await record(name);
      });
    } catch (error) {
      if (done.clip) throw error;
      withoutClip(error);
      await record(null);
    }
    return done.record;
  }

  async function carryOut(item: Item, evidence: Evidence | null, unwanted: AbortSignal): Promise<void> {
    try {
      const isOnRecord = await bring(item, evidence, AbortSignal.any([unwanted, ended.signal]));
      if (isOnRecord) for (const cause of item.causes) meter.count('undertone_review_items_total', { cause });
      else if (!unwanted.aborted) lose('draining');
    } catch (error) {
      if (unwanted.aborted) return;
      lose(ended.signal.aborted ? 'draining' : asUndertoneError(error).code);
      log.error({ error, item: item.id }, 'a review item could not be kept');
    }
  }

  return {
    ask(item, evidence, unwanted) {
      if (ended.signal.aborted || onTheirWay.size >= most) {
        lose(ended.signal.aborted ? 'draining' : 'limit-reached');
        return;
      }
      const work = carryOut(item, evidence, unwanted).finally(() => {
        onTheirWay.delete(work);
        meter.gauge('undertone_queue_depth', onTheirWay.size, { queue: 'reviews' });
      });
      onTheirWay.add(work);
      meter.gauge('undertone_queue_depth', onTheirWay.size, { queue: 'reviews' });
    },
    async settled() {
      while (onTheirWay.size > 0) await Promise.all(onTheirWay);
    },
    async close() {
      ended.abort();
      await Promise.all(onTheirWay);
    },
  };
}
