/** The items on a desk: the one on top is looked at, the next one waits below it, already loaded. All are held and kept. */
import { signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { asUndertoneError } from '../../src/errors.ts';
import type { ApiClient } from '../api.ts';
import { loadClip } from './clip.ts';
import type { Clip } from './clip.ts';
import { EMPTY_DRAFT, keepDesk, takeDesk } from './draft.ts';
import type { Claimed, Draft, DraftPlace, Kept } from './draft.ts';
import { createHolds } from './holds.ts';

/** An item with its clip and the draft of its answer. */
export interface Loaded {
  readonly claimed: Claimed;
  readonly clip: Clip;
  readonly draft: Signal<Draft>;
}

/** Items of one reviewer. */
export interface Pile {
  /** The item that is looked at. */
  readonly top: ReadonlySignal<Loaded | null>;
  /** Whether the server had nothing more when it was last asked. */
  readonly empty: ReadonlySignal<boolean>;
  /** When the one on top came there, as `performance.now()` says it. */
  readonly sinceMs: number;
  /** Write the draft of the one on top. */
  write(draft: Draft): void;
  /**
   * Take up what was there before the page was loaded anew, as far as it is still held.
   * @returns what was on top and is held no more; null where nothing was lost.
   */
  restore(): Promise<Kept | null>;
  /** Where nothing is on top, put the next one there, which is there already; another is fetched behind it. */
  advance(): Promise<void>;
  /** Done with the one on top. */
  leave(): void;
  /** Put one on top of all; what was looked at comes right after, with what was said of it. */
  add(claimed: Claimed, draft: Draft): void;
  /** Somebody is there: items are held for who is. */
  attend(): void;
  close(): void;
}

/** What a pile needs. */
export interface PileOptions {
  readonly api: ApiClient;
  readonly storage: DraftPlace;
  /** Told when the one on top is not held any more. */
  readonly onLost: () => void;
}

/** Items are held while somebody was at the page within this time, ms. */
const ATTENDED_MS = 5 * 60_000;

/** A pile with nothing on it. */
export function createPile({ api, storage, onLost }: PileOptions): Pile {
  const top = signal<Loaded | null>(null);
  const empty = signal(false);
  const waiting: Loaded[] = [];
  let fetching: Promise<void> | null = null;
  let closed = false;
  let sinceMs = 0;
  let attendedMs = performance.now();
  const holds = createHolds({
    api,
    attended: () => performance.now() - attendedMs < ATTENDED_MS,
    onLost(reservation) {
      const place = waiting.findIndex(({ claimed }) => claimed.reservation === reservation);
      if (place >= 0) waiting.splice(place, 1)[0]?.clip.close();
      else if (top.value?.claimed.reservation === reservation) onLost();
    },
  });

  function load(claimed: Claimed, draft: Draft): Loaded {
    if (!closed) holds.keep(claimed.reservation, claimed.leftMs);
    return { claimed, clip: loadClip(api, claimed.item.id, claimed.item.clip), draft: signal(draft) };
  }

  function put(loaded: Loaded | null): void {
    top.value = loaded;
    if (loaded?.clip.state.value.name === 'failed') loaded.clip.again();
    sinceMs = performance.now();
    keep();
  }

  function keep(): void {
    const all = top.value === null ? waiting : [top.value, ...waiting];
    keepDesk(
      storage,
      all.map(({ claimed, draft }) => ({ claimed, draft: draft.value })),
    );
  }

  async function stillHeld({ claimed, draft }: Kept): Promise<Kept | null> {
    try {
      const renewed = await api.call('renewClaim', { params: { reservation: claimed.reservation } });
      return { claimed: { ...claimed, ...renewed }, draft };
    } catch (thrown) {
      if (asUndertoneError(thrown).code === 'reservation-lost') return null;
      throw thrown;
    }
  }

  /** One claim at a time: two would hold an item that nobody looks at. */
  function fetch(): Promise<void> {
    fetching ??= claim().finally(() => (fetching = null));
    return fetching;
  }

  async function claim(): Promise<void> {
    if (waiting.length > 0 || closed) return;
    const { claimed } = await api.call('claim', { body: {} });
    if (claimed !== null) waiting.push(load(claimed, EMPTY_DRAFT));
    keep();
  }

  return {
    top,
    empty,
    get sinceMs() {
      return sinceMs;
    },
    write(draft) {
      if (top.value === null) return;
      top.value.draft.value = draft;
      keep();
    },
    async restore() {
      const before = takeDesk(storage);
      const held = await Promise.all(before.map(stillHeld));
      waiting.push(...held.filter((each) => each !== null).map(({ claimed, draft }) => load(claimed, draft)));
      return held[0] === null ? (before[0] ?? null) : null;
    },
    async advance() {
      if (top.value !== null) return;
      if (waiting.length === 0) await fetch();
      const next = waiting.shift() ?? null;
      put(next);
      empty.value = next === null;
      // Where it fails, the next advance asks again and tells.
      if (next !== null) fetch().catch(() => undefined);
    },
    leave() {
      if (top.value === null) return;
      holds.letGo(top.value.claimed.reservation);
      top.value.clip.close();
      put(null);
    },
    add(claimed, draft) {
      if (top.value !== null) waiting.unshift(top.value);
      put(load(claimed, draft));
    },
    attend: () => (attendedMs = performance.now()),
    close() {
      closed = true;
      holds.close();
      for (const { clip } of [top.value, ...waiting].filter((each) => each !== null)) clip.close();
    },
  };
}
