/** A reviewer's desk: what they say of the item on top of the pile, what they take back, and what they are told of it. */
import { computed, signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { asUndertoneError, UndertoneError } from '../../src/errors.ts';
import type { ApiLabel, OperationAnswer } from '../../src/protocol/api.ts';
import type { ApiClient } from '../api.ts';
import { draftWords, EMPTY_DRAFT, isComplete } from './draft.ts';
import type { Claimed, Draft, DraftPlace } from './draft.ts';
import { createPile } from './pile.ts';
import type { Loaded } from './pile.ts';

/** What was done last: an answer, with what the model had said, or a skip. */
export type Done =
  | ({ readonly name: 'answered'; readonly item: Claimed['item'] } & OperationAnswer<'answerClaim'>)
  | { readonly name: 'skipped'; readonly item: Claimed['item'] };

/** What is on the desk. */
export interface Desk {
  readonly current: ReadonlySignal<Loaded | null>;
  /** Whether there is nothing to review; while that is not known there is no item either. */
  readonly empty: ReadonlySignal<boolean>;
  readonly draft: ReadonlySignal<Draft>;
  readonly complete: ReadonlySignal<boolean>;
  /** What was done before this; what the model said is told only here. */
  readonly last: ReadonlySignal<Done | null>;
  readonly progress: ReadonlySignal<OperationAnswer<'reviewProgress'> | null>;
  /** How far all reviewers agree; asked for now and then, as it takes the server a while. */
  readonly agreement: ReadonlySignal<OperationAnswer<'agreement'> | null>;
  readonly problem: ReadonlySignal<UndertoneError | null>;
  /** True while the server is asked for something that must not be asked twice. */
  readonly busy: ReadonlySignal<boolean>;
  toggle(label: ApiLabel): void;
  cannotTell(): void;
  place(attributes: Draft['attributes']): void;
  send(): Promise<void>;
  skip(): Promise<void>;
  undo(): Promise<void>;
  /** Ask for an item where there is none. */
  look(): Promise<void>;
  /** Somebody is at the page: items are held for who is there. */
  attend(): void;
  close(): void;
}

/** What a desk needs of the page. */
export interface DeskOptions {
  readonly api: ApiClient;
  readonly storage: DraftPlace;
  /** The server does not let this token review. */
  readonly onRefused: (error: UndertoneError) => void;
}

/** How often an empty desk looks for a new item, ms. */
const LOOK_MS = 5000;
/** What was done is remembered this far back, to be taken back with what was said. */
const MEMORY = 50;
/** Answers between two looks at how far reviewers agree. */
const AGREEMENT_EVERY = 25;

/** Set up a desk; it looks for work at once. */
export function createDesk({ api, storage, onRefused }: DeskOptions): Desk {
  const done = signal<readonly Done[]>([]);
  const progress = signal<OperationAnswer<'reviewProgress'> | null>(null);
  const agreement = signal<OperationAnswer<'agreement'> | null>(null);
  const problem = signal<UndertoneError | null>(null);
  const busy = signal(false);
  const pile = createPile({ api, storage, onLost });
  const draft = computed(() => pile.top.value?.draft.value ?? EMPTY_DRAFT);
  const complete = computed(() => isComplete(draft.value));
  let restored = false;
  let counted = 0;
  let closed = false;
  const lookout = setInterval(() => {
    if (pile.top.value === null && !document.hidden) void look();
  }, LOOK_MS);

  /** The item that is looked at went to somebody else. Where nothing was said of it yet, another one will do. */
  function onLost(): void {
    if (complete.value) problem.value = heldTooLong();
    else {
      pile.leave();
      void look();
    }
  }

  /** What the reviewer says; not while the answer is on its way. */
  function say(to: Draft): void {
    if (!busy.value) pile.write(to);
  }

  async function advance(): Promise<void> {
    await pile.advance();
    count().catch(() => undefined);
  }

  async function count(): Promise<void> {
    progress.value = await api.call('reviewProgress', {});
    if (counted++ % AGREEMENT_EVERY === 0) agreement.value = await api.call('agreement', {});
  }

  async function begin(): Promise<void> {
    if (restored) return advance();
    const gone = await pile.restore();
    restored = true;
    await advance();
    if (gone !== null && isComplete(gone.draft)) throw lost(gone.draft);
  }

  /** Do one thing at a time; what goes wrong is shown, and the desk stays as it is. */
  async function work(job: () => Promise<void>): Promise<void> {
    if (busy.value || closed) return;
    busy.value = true;
    const before = problem.value;
    try {
      await job();
      // What was lost stays told until something is done.
      if (!(job === begin && before?.code === 'reservation-lost')) problem.value = null;
    } catch (thrown) {
      const error = asUndertoneError(thrown);
      problem.value = error;
      if (error.code === 'unauthenticated' || error.code === 'forbidden') onRefused(error);
    } finally {
      busy.value = false;
    }
  }

  /** Say something of the item on top, then go on; where it is not held any more, go on too, and tell. */
  async function settle(tell: (now: Loaded) => Promise<Done>): Promise<void> {
    const now = pile.top.value;
    if (now === null) return;
    try {
      const what = await tell(now);
      done.value = [...done.value, what].slice(-MEMORY);
    } catch (thrown) {
      if (asUndertoneError(thrown).code !== 'reservation-lost') throw thrown;
      pile.leave();
      await advance();
      throw lost(now.draft.value);
    }
    pile.leave();
    await advance();
  }

  async function answer({ claimed: { reservation, item }, draft: { value } }: Loaded): Promise<Done> {
    const { labels, cannotTell, attributes } = value;
    const tookMs = Math.round(performance.now() - pile.sinceMs);
    const body = { labels: [...labels], cannotTell, attributes, tookMs };
    return { name: 'answered', ...(await api.call('answerClaim', { params: { reservation }, body })), item };
  }

  async function pass({ claimed: { reservation, item } }: Loaded): Promise<Done> {
    await api.call('skipClaim', { params: { reservation } });
    return { name: 'skipped', item };
  }

  async function takeBack(): Promise<void> {
    const { claimed } = await api.call('undo', {});
    if (claimed === null)
      throw new UndertoneError('not-found', 'there is nothing to take back: what is older than 10 minutes stands');
    const before = done.value.at(-1);
    const known = before?.item.id === claimed.item.id;
    done.value = known ? done.value.slice(0, -1) : [];
    pile.add(claimed, known && before.name === 'answered' ? saidIn(before) : EMPTY_DRAFT);
  }

  const look = () => work(begin);
  void look();

  return {
    current: pile.top,
    empty: pile.empty,
    draft,
    complete,
    last: computed(() => done.value.at(-1) ?? null),
    progress,
    agreement,
    problem,
    busy,
    toggle(label) {
      const { labels, attributes } = draft.value;
      const without = labels.filter((each) => each !== label);
      const now = without.length < labels.length ? without : [...labels, label];
      say({ labels: now, cannotTell: false, attributes });
    },
    cannotTell: () => say({ ...EMPTY_DRAFT, cannotTell: !draft.value.cannotTell }),
    place: (attributes) => say({ ...draft.value, cannotTell: false, attributes }),
    async send() {
      if (complete.value) await work(() => settle(answer));
    },
    skip: () => work(() => settle(pass)),
    undo: () => work(takeBack),
    look,
    attend: () => pile.attend(),
    close() {
      closed = true;
      clearInterval(lookout);
      pile.close();
    },
  };
}

function saidIn({ annotation }: Extract<Done, { readonly name: 'answered' }>): Draft {
  const { labels, cannotTell, attributes } = annotation;
  return { labels, cannotTell, attributes };
}

function heldTooLong(): UndertoneError {
  const why = 'this item was held too long and somebody else may have it now: skip it, or try to send';
  return new UndertoneError('reservation-lost', why);
}

function lost(draft: Draft): UndertoneError {
  const said = isComplete(draft) ? `; what you had said of it (${draftWords(draft)}) was not stored` : '';
  return new UndertoneError(
    'reservation-lost',
    `the item before this one was held too long: it is not held for you any more${said}`,
  );
}
