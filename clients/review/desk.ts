/**
 * A reviewer's desk: the item that is looked at, the next one already loaded, a draft of the answer that survives a reload,
 * and what the model said of the item before.
 */
import { computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { ApiLabel, OperationAnswer } from '../../src/protocol/api.ts';
import type { ApiClient } from '../api.ts';
import type { Claimed, Draft, DraftPlace } from './draft.ts';
import { EMPTY_DRAFT, isComplete, keepDesk, takeDesk } from './draft.ts';

/** The answer before, and what the model had said. */
export type Answered = OperationAnswer<'answerClaim'> & { readonly item: Claimed['item'] };

/** What is on the desk. */
export interface Desk {
  readonly current: ReadonlySignal<Loaded | null>;
  readonly draft: ReadonlySignal<Draft>;
  readonly complete: ReadonlySignal<boolean>;
  /** The answer before this one; what the model said is told only here. */
  readonly last: ReadonlySignal<Answered | null>;
  readonly progress: ReadonlySignal<OperationAnswer<'reviewProgress'> | null>;
  readonly problem: ReadonlySignal<UndertoneError | null>;
  /** True while the server is asked for something that must not be asked twice. */
  readonly busy: ReadonlySignal<boolean>;
  toggle(label: ApiLabel): void;
  cannotTell(): void;
  place(attributes: Draft['attributes']): void;
  send(): Promise<void>;
  skip(): Promise<void>;
  undo(): Promise<void>;
  /** Ask for an item where there was none. */
  look(): Promise<void>;
  close(): void;
}

/** An item with its clip. */
export interface Loaded {
  readonly claimed: Claimed;
  /** An object URL; null where there is no clip, undefined while it is on its way. */
  readonly clip: ReadonlySignal<string | null | undefined>;
  readonly shownMs: number;
}

/** What a desk needs of the page. */
export interface DeskOptions {
  readonly api: ApiClient;
  readonly storage: DraftPlace;
  readonly onUnauthenticated: (error: UndertoneError) => void;
}

/** A reservation is renewed when this share of it has passed. */
const RENEW_AT = 1 / 3;
/** How often an empty desk looks for a new item, ms. */
const LOOK_MS = 5000;

/** Set up a desk; it looks for work at once. */
export function createDesk({ api, storage, onUnauthenticated }: DeskOptions): Desk {
  const current = signal<Loaded | null>(null);
  const draft = signal<Draft>(EMPTY_DRAFT);
  const last = signal<Answered | null>(null);
  const progress = signal<OperationAnswer<'reviewProgress'> | null>(null);
  const problem = signal<UndertoneError | null>(null);
  const busy = signal(false);
  let next: Loaded | null = null;
  let closed = false;
  const renewals = new Map<string, ReturnType<typeof setTimeout>>();
  const lookout = setInterval(() => {
    if (current.value === null && !document.hidden) void look();
  }, LOOK_MS);

  function load(claimed: Claimed): Loaded {
    const clip = signal<string | null | undefined>(claimed.item.clip ? undefined : null);
    if (claimed.item.clip)
      api.call('clip', { params: { id: claimed.item.id } }).then(
        (bytes) =>
          (clip.value = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'video/webm' }))),
        () => (clip.value = null),
      );
    renewLater(claimed.reservation, claimed.expiresMs);
    return { claimed, clip, shownMs: performance.now() };
  }

  function renewLater(reservation: string, expiresMs: number): void {
    const afterMs = Math.max(1000, (expiresMs - Date.now()) * RENEW_AT);
    const renew = () =>
      api.call('renewClaim', { params: { reservation } }).then(
        (renewed) => {
          if (renewals.has(reservation)) renewLater(reservation, renewed.expiresMs);
        },
        () => letGo(reservation),
      );
    renewals.set(
      reservation,
      setTimeout(() => void renew(), afterMs),
    );
  }

  function letGo(reservation: string): void {
    clearTimeout(renewals.get(reservation));
    renewals.delete(reservation);
  }

  function put(loaded: Loaded | null): void {
    const before = current.value?.clip.value;
    if (typeof before === 'string') URL.revokeObjectURL(before);
    current.value = loaded && { ...loaded, shownMs: performance.now() };
    change(EMPTY_DRAFT);
  }

  function change(to: Draft): void {
    draft.value = to;
    keepDesk(storage, current.value?.claimed ?? null, to);
  }

  /** What the reviewer says; not while the answer before is on its way. */
  function say(to: Draft): void {
    if (current.value !== null && !busy.value) change(to);
  }

  /** What was on the desk before the page was loaded anew, if it is still held. */
  async function restore(): Promise<void> {
    const before = takeDesk(storage);
    if (before === null) return advance();
    const { reservation } = before.claimed;
    const renewed = await api.call('renewClaim', { params: { reservation } }).catch(() => null);
    if (renewed === null) return advance();
    put(load({ ...before.claimed, ...renewed }));
    change(before.draft);
    void fetchAhead();
  }

  async function claim(): Promise<Loaded | null> {
    const { claimed } = await api.call('claim', { body: {} });
    return claimed && load(claimed);
  }

  /** Do one thing at a time; what goes wrong is shown, and the desk stays as it is. */
  async function work(job: () => Promise<void>): Promise<void> {
    if (busy.value || closed) return;
    busy.value = true;
    try {
      await job();
      problem.value = null;
    } catch (thrown) {
      const error = asUndertoneError(thrown);
      problem.value = error;
      if (error.code === 'unauthenticated') onUnauthenticated(error);
      if (error.code === 'reservation-lost') await advance().catch(() => put(null));
    } finally {
      busy.value = false;
    }
  }

  /** On to the next item, which is there already; another is fetched behind it. */
  async function advance(): Promise<void> {
    if (current.value !== null) letGo(current.value.claimed.reservation);
    put(next ?? (await claim()));
    next = null;
    void fetchAhead();
  }

  async function fetchAhead(): Promise<void> {
    const [, ahead] = await Promise.all([
      api.call('reviewProgress', {}).then((now) => (progress.value = now)),
      current.value === null || next !== null ? null : claim(),
    ]).catch(() => [null, null] as const);
    if (closed || next !== null) return;
    if (ahead !== null && current.value === null) put(ahead);
    else next = ahead;
  }

  const look = () => work(advance);
  void work(restore);

  return {
    current,
    draft,
    complete: computed(() => isComplete(draft.value)),
    last,
    progress,
    problem,
    busy,
    toggle(label) {
      const { labels, attributes } = draft.value;
      const without = labels.filter((each) => each !== label);
      const now = without.length < labels.length ? without : [...labels, label];
      say({ labels: now, cannotTell: false, attributes });
    },
    cannotTell() {
      say({ labels: [], cannotTell: !draft.value.cannotTell, attributes: null });
    },
    place(attributes) {
      say({ ...draft.value, cannotTell: false, attributes });
    },
    send: () =>
      work(async () => {
        const now = current.value;
        if (now === null || !isComplete(draft.value)) return;
        const { reservation, item } = now.claimed;
        const { labels, cannotTell, attributes } = draft.value;
        const tookMs = Math.round(performance.now() - now.shownMs);
        const body = { labels: [...labels], cannotTell, attributes, tookMs };
        last.value = { ...(await api.call('answerClaim', { params: { reservation }, body })), item };
        await advance();
      }),
    skip: () =>
      work(async () => {
        const now = current.value;
        if (now === null) return;
        await api.call('skipClaim', { params: { reservation: now.claimed.reservation } });
        last.value = null;
        await advance();
      }),
    undo: () =>
      work(async () => {
        const { claimed } = await api.call('undo', {});
        if (claimed === null) return;
        const waiting = current.value;
        last.value = null;
        put(load(claimed));
        // What was looked at comes right after; what was behind it is given back when its time is over.
        if (waiting === null) return;
        if (next !== null) letGo(next.claimed.reservation);
        next = waiting;
      }),
    look,
    close() {
      closed = true;
      clearInterval(lookout);
      for (const reservation of renewals.keys()) letGo(reservation);
    },
  };
}
