/**
 * What is kept, as a port: one contract, held by an embedded database and by a real Postgres alike
 * (`test/contract/store.ts`). A promise that resolves means that the thing will survive a crash; what is on record in the
 * audit log is written in the same transaction as what it is about.
 */
import type { Label, ParticipantRef, Verdict } from '../domain.ts';
import type {
  Annotation,
  Answer,
  CalibrationStatus,
  Reservation,
  ReviewCalibration,
  ReviewItem,
  ReviewedItem,
  SegmentRecord,
} from '../domain/review.ts';
import type {
  Actor,
  AuditEntry,
  AuditEvent,
  ConsentRecord,
  DeletionReceipt,
  RoomSettings,
  Webhook,
} from '../domain/trust.ts';

/** Everything that is kept. Every call may reject with `UndertoneError` `store-unavailable`: try again. */
export interface Store {
  readonly settings: SettingsStore;
  readonly people: PeopleStore;
  readonly scores: ScoreStore;
  readonly reviews: ReviewStore;
  readonly calibrations: CalibrationStore;
  readonly audit: AuditStore;
  readonly tokens: TokenStore;
  readonly webhooks: WebhookStore;
  /** Whether the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Rooms' settings. */
export interface SettingsStore {
  of(room: string): Promise<RoomSettings | null>;
  all(): Promise<readonly RoomSettings[]>;
  /** Create or replace; audited as `configuration`, with what changed. */
  save(settings: RoomSettings, actor: Actor, atMs: number): Promise<void>;
}

/** Who agreed, and everything that is kept of one person. */
export interface PeopleStore {
  /** Put a grant on record; `keyHash` (SHA-256 hex of the participant's key) lets the person come back to withdraw. */
  grant(record: ConsentRecord, keyHash: string, actor: Actor): Promise<void>;
  /**
   * Put a withdrawal on record and delete what is kept of the person (clips, scores, review items and their answers);
   * consent records and the audit log stay, as proof. Repeating it is harmless and gives a receipt that says so.
   */
  withdraw(ref: ParticipantRef, atMs: number, actor: Actor): Promise<DeletionReceipt>;
  /** Latest first. Empty for somebody unknown. */
  consents(ref: ParticipantRef): Promise<readonly ConsentRecord[]>;
  /** Those of `refs` whose withdrawal is on record and who have not agreed anew since. */
  withdrawn(refs: readonly ParticipantRef[]): Promise<readonly ParticipantRef[]>;
  /** Whether `keyHash` is that of the participant; for those who come back to withdraw or to see what is kept. */
  opens(ref: ParticipantRef, keyHash: string): Promise<boolean>;
  /** Everything that is kept of one person, as JSON that a program can read (GDPR, Articles 15 and 20); audited as `access`. */
  export(ref: ParticipantRef, actor: Actor, atMs: number): Promise<Readonly<Record<string, unknown>>>;
}

/** What was said, kept as the room chose. */
export interface ScoreStore {
  /** A batch, in one transaction; repeating one that was written is harmless. */
  add(batch: {
    readonly segments: readonly SegmentRecord[];
    readonly verdicts: readonly (ParticipantRef & { readonly seq: number; readonly verdict: Verdict })[];
  }): Promise<void>;
  /** Segments of a room that end after `fromMs`, oldest first. */
  segments(room: string, fromMs: number, limit: number): Promise<readonly SegmentRecord[]>;
  /**
   * Delete what is older than its room's retention; audited as `deletion` where anything went.
   * @returns how many rows of each kind.
   */
  expire(nowMs: number): Promise<DeletionReceipt['deleted']>;
  /** Hashes of all clips that some row still refers to: any other file in the clip folder is to go. */
  clipsInUse(): Promise<ReadonlySet<string>>;
}

/** An item as the queue lists it: without what a reviewer must not see before answering. */
export interface ReviewListing {
  readonly id: string;
  readonly room: string;
  readonly participant: string;
  readonly createdMs: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Null until the item is done, as is `reason`: whoever lists the queue may still answer it blind. */
  readonly status: Verdict['status'] | null;
  readonly reason: Verdict['reason'];
  readonly answers: number;
  readonly raters: number;
  readonly state: 'open' | 'held' | 'done';
}

/** What a reviewer is given: the item's evidence without the model's guess. */
export interface ClaimedItem {
  readonly reservation: Reservation;
  readonly item: ReviewItem;
}

/** The review queue. */
export interface ReviewStore {
  /** Repeating an item that was added is harmless. */
  add(item: ReviewItem): Promise<void>;
  /**
   * The next item for this reviewer: never one that they answered or skipped, never one whose wanted answers and live
   * reservations together fill its places; least answered places first, then oldest. A reviewer holds at most one item of
   * each of their pages: claiming with `instead` gives that reservation back in the same transaction.
   * @returns null when there is nothing for them.
   */
  claim(request: {
    readonly reviewer: string;
    /** Rooms that they may see; null: all. */
    readonly rooms: readonly string[] | null;
    readonly nowMs: number;
    readonly reservationMs: number;
    readonly instead?: string;
  }): Promise<ClaimedItem | null>;
  /**
   * @param rooms those that the reviewer may see by now; null (default): all. The same holds for `answer` and `skip`.
   * @throws UndertoneError `reservation-lost` when it has expired and somebody else took the place, or is of another room.
   */
  renew(
    reservation: string,
    reviewer: string,
    nowMs: number,
    reservationMs: number,
    rooms?: readonly string[] | null,
  ): Promise<Reservation>;
  /**
   * Answer and give the reservation back. Exactly once: the same reservation answered again gives the annotation on record.
   * @throws UndertoneError `reservation-lost`.
   */
  answer(
    reservation: string,
    reviewer: string,
    answer: Answer & { readonly tookMs: number },
    atMs: number,
    rooms?: readonly string[] | null,
  ): Promise<ReviewedItem>;
  /** Give it back and never be shown it again. */
  skip(reservation: string, reviewer: string, atMs: number, rooms?: readonly string[] | null): Promise<void>;
  /**
   * Take the reviewer's latest answer or skip back, if younger than `withinMs`, and hold its item again; null when there is
   * none. `instead` is given back as by `claim`.
   * @throws UndertoneError `reservation-lost` when it was a skip and others have taken the item's places since.
   */
  undo(request: {
    readonly reviewer: string;
    /** Rooms that they may see; null (default): all. What they did in others stays. */
    readonly rooms?: readonly string[] | null;
    readonly nowMs: number;
    readonly withinMs: number;
    readonly reservationMs: number;
    readonly instead?: string;
  }): Promise<ClaimedItem | null>;
  item(id: string): Promise<ReviewedItem | null>;
  /** Whether the reviewer holds the item now or has answered it: who does may watch its clip. */
  sees(item: string, reviewer: string, nowMs: number): Promise<boolean>;
  /** The reviewer is being told the verdicts: what they answer about the items from now on is `informed`. */
  unblind(items: readonly string[], reviewer: string): Promise<void>;
  /** Newest first, after the cursor; keyset, so that a page costs the same however deep. */
  list(query: {
    readonly rooms: readonly string[] | null;
    readonly state?: ReviewListing['state'];
    readonly before?: { readonly createdMs: number; readonly id: string };
    readonly limit: number;
    readonly nowMs: number;
  }): Promise<readonly ReviewListing[]>;
  /** How many items there are by state, and each reviewer's answers, skips and median time. */
  progress(rooms: readonly string[] | null, nowMs: number): Promise<ReviewProgress>;
  /** Items with an answer or more, oldest first, in pages: for recalibration, agreement and export. */
  reviewed(query: {
    readonly rooms: readonly string[] | null;
    readonly pack?: string;
    readonly after?: { readonly createdMs: number; readonly id: string };
    readonly limit: number;
  }): Promise<readonly ReviewedItem[]>;
  /** Items of a pack that were made before `beforeMs`, answered or not, oldest first, in pages after the cursor: for what was learnt of them. */
  asked(query: {
    readonly pack: string;
    readonly beforeMs: number;
    readonly after?: { readonly createdMs: number; readonly id: string };
    readonly limit: number;
  }): Promise<readonly ReviewItem[]>;
  /** Take annotations in from elsewhere (import); those of unknown items are refused together. Repeating is harmless. */
  importAnnotations(annotations: readonly Annotation[], actor: Actor, atMs: number): Promise<number>;
}

/** How review is going. */
export interface ReviewProgress {
  readonly open: number;
  readonly held: number;
  readonly done: number;
  readonly reviewers: readonly {
    readonly reviewer: string;
    readonly answers: number;
    readonly cannotTell: number;
    readonly skips: number;
    readonly medianTookMs: number | null;
    readonly labels: Readonly<Partial<Record<Label, number>>>;
  }[];
}

/** A calibration with its place and the report that it was proposed with. */
export interface CalibrationRecord {
  readonly calibration: ReviewCalibration;
  readonly status: CalibrationStatus;
  /** Before and after, as the page shows it: plain JSON. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** Calibrations by reviewers. Every change of state is audited as `model`. */
export interface CalibrationStore {
  propose(record: Omit<CalibrationRecord, 'status'>, actor: Actor): Promise<void>;
  /** Make one the pack's only active one; null: none, the pack speaks as it was made. The one before is retired. */
  activate(pack: string, id: string | null, actor: Actor, atMs: number): Promise<void>;
  dismiss(id: string, actor: Actor, atMs: number): Promise<void>;
  active(pack: string): Promise<ReviewCalibration | null>;
  /** Newest first. */
  all(pack?: string): Promise<readonly CalibrationRecord[]>;
}

/** The audit log: append-only, each entry chained to the one before by its hash. */
export interface AuditStore {
  append(event: AuditEvent): Promise<AuditEntry>;
  /** Oldest first, after `seq`. */
  entries(query: {
    readonly afterSeq?: number;
    readonly kinds?: readonly AuditEvent['kind'][];
    readonly room?: string;
    readonly limit: number;
  }): Promise<readonly AuditEntry[]>;
  /** Walk the whole chain. `brokenAt`: the first entry that was changed, removed or put in; null when it is whole. */
  verify(): Promise<{ readonly entries: number; readonly brokenAt: number | null; readonly head: string }>;
}

/** Tokens that were called back before they ended. */
export interface TokenStore {
  revoke(id: string, expiresMs: number, actor: Actor, atMs: number): Promise<void>;
  /** Ids of revoked tokens that have not expired yet. */
  revoked(nowMs: number): Promise<ReadonlySet<string>>;
}

/** Media clips beside the database, by a name that follows from their content: 64 hex digits, and nothing else is a name. */
export interface ClipStore {
  /**
   * Written whole or not at all, and on the disk before `refer` is called.
   * @param refer puts the name on record; until it has settled, no sweep takes the clip. Where it fails the next one does.
   * @returns the clip's name: SHA-256 of `bytes`, or, where clips are encrypted, a keyed hash that confirms no guess.
   * @throws UndertoneError `disk-full`, with nothing half-written left; what `refer` throws.
   */
  put(bytes: Uint8Array, refer?: (name: string) => Promise<void>): Promise<string>;
  /** Null where there is none; rejects with `clip-damaged` where the file is not what its name says, or its key is gone. */
  get(name: string): Promise<Uint8Array | null>;
  /**
   * Delete every clip that was there before `inUse` was asked, that is not named in its answer and that is older than
   * `graceMs`; half-written leftovers too. With 0 everything that nothing refers to goes at once.
   * @returns how many files.
   */
  sweep(inUse: () => Promise<ReadonlySet<string>>, graceMs: number): Promise<number>;
}

/** Where the audit log is delivered to. */
export interface WebhookStore {
  all(): Promise<readonly Webhook[]>;
  /** Create one, told of what happens from now on; audited as `configuration`, without its secret. */
  add(webhook: Pick<Webhook, 'id' | 'url' | 'kinds' | 'rooms' | 'secret'>, actor: Actor, atMs: number): Promise<void>;
  /** @throws UndertoneError `not-found`. */
  remove(id: string, actor: Actor, atMs: number): Promise<void>;
  /** Keep how far it is. */
  advance(id: string, progress: Pick<Webhook, 'deliveredSeq' | 'failures' | 'nextMs' | 'problem'>): Promise<void>;
}
