/** Who agreed to what: joins rooms' settings, the law's profile and what is on record. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  consentText,
  consentVersion,
  keptWords,
  purposeWords,
  sampleText,
  streamText,
} from '../core/trust/consent-text.ts';
import { mayAnalyse } from '../core/trust/purpose.ts';
import type { Permission } from '../core/trust/purpose.ts';
import { checkSettings, defaultSettings } from '../core/trust/settings.ts';
import type { ParticipantRef } from '../domain.ts';
import type { Actor, DeletionReceipt, RoomSettings } from '../domain/trust.ts';
import { UndertoneError } from '../errors.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import type { PeopleStore, SettingsStore } from '../ports/store.ts';
import type { RoomTerms } from '../protocol.ts';
import type { OwedWithdrawals } from './owed-withdrawals.ts';
import { createWithdrawals } from './withdrawals.ts';

/** What people and rooms are kept in. */
export interface PeopleOptions {
  /** The rooms that exist. */
  readonly rooms: readonly string[];
  readonly store: {
    readonly settings: SettingsStore;
    readonly people: Pick<PeopleStore, 'grant' | 'withdraw' | 'consents'>;
  };
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** Called when something of somebody was deleted: their clips have nothing that refers to them any more. */
  readonly onDeleted?: () => void;
  /** Withdrawals that could not be carried out yet outlive the process here. Default: they do not. */
  readonly owed?: OwedWithdrawals;
}

/** Somebody's agreement, before it is on record. */
export interface Agreement {
  /** The part that they have in the room. */
  readonly role: string;
  /** Names the text that they were shown; null where the server's operator answers for a stream. */
  readonly textVersion: string | null;
  /** SHA-256 of their key, hex. */
  readonly keyHash: string;
  readonly actor: Actor;
}

/** Rooms' settings, and who agreed to be analysed under them. */
export interface People {
  /** Settings as they stand. @throws UndertoneError `room-not-found` */
  settings(room: string): RoomSettings;
  /**
   * Change a room's settings, on record; resolves once they hold. Who agreed before keeps what was agreed to, unless the
   * new settings forbid their analysis.
   * @throws UndertoneError `config-invalid`, naming everything that is wrong; `room-not-found`; `store-unavailable`.
   */
  configure(settings: RoomSettings, actor: Actor): Promise<void>;
  /**
   * Read the settings again, which another server may have changed: what is new holds as after `configure`.
   * @returns what has changed.
   * @throws UndertoneError `store-unavailable`, or `store-invalid` where what is on record may not stand: what held stays.
   */
  refresh(): Promise<readonly RoomSettings[]>;
  /** Hear of every change; returns how to stop. */
  onConfigured(listener: (settings: RoomSettings) => void): () => void;
  /** What people are told before they join. @throws UndertoneError `room-not-found` */
  terms(room: string): RoomTerms;
  /** Whether people of a role may be analysed in a room now. */
  mayAnalyse(room: string, role: string): Permission;
  /**
   * Put an agreement on record. Only when it resolves may anything of the person be analysed.
   * @returns the settings that were agreed to.
   * @throws UndertoneError `purpose-forbids`, also for a stream that was withdrawn; `consent-outdated`, `store-unavailable`.
   */
  grant(ref: ParticipantRef, agreement: Agreement): Promise<RoomSettings>;
  /**
   * Put a withdrawal on record and delete what is kept. Where the store is away it is tried until done.
   * @throws UndertoneError `store-unavailable`: analysis must have stopped all the same.
   */
  withdraw(ref: ParticipantRef, actor: Actor): Promise<DeletionReceipt>;
  /** Stop trying what is not done yet; the log names how many. */
  close(): void;
}

/**
 * Read the settings of all rooms; a room that has none on record gets the default.
 * @throws UndertoneError `store-unavailable`; `store-invalid` where settings on record may not stand.
 * @example
 * const people = await openPeople({ rooms: ['lobby'], store, clock, meter, log });
 * const { consent } = people.terms('lobby');
 */
export async function openPeople(options: PeopleOptions): Promise<People> {
  const { rooms, store, clock } = options;
  const onRecord = new Map((await store.settings.all()).map((settings) => [settings.room, settings]));
  const current = new Map(rooms.map((room) => [room, onRecord.get(room) ?? defaultSettings(room)]));
  for (const settings of current.values()) checkStored(settings);
  const listeners = new Set<(settings: RoomSettings) => void>();
  const withdrawals = createWithdrawals(options);

  /** Counts beginnings and ends of saving, so that whoever reads meanwhile knows. */
  let saves = 0;

  function apply(next: RoomSettings): void {
    current.set(next.room, next);
    for (const tell of listeners) tell(next);
  }

  function settings(room: string): RoomSettings {
    const found = current.get(room);
    if (found === undefined) throw new UndertoneError('room-not-found', `there is no room ${room}`);
    return found;
  }

  function textFor(room: string, { role, textVersion, actor }: Agreement): string {
    const permission = mayAnalyse(settings(room), role);
    if (!permission.allowed) throw new UndertoneError('purpose-forbids', permission.because);
    if (actor.role === 'server') return streamText;
    const text = role === SAMPLE_ROLE ? sampleText : consentText(settings(room));
    if (textVersion !== versionOf(text))
      throw new UndertoneError(
        'consent-outdated',
        `what people agree to in room ${room} has changed: show them the present text and ask again`,
      );
    return text;
  }

  /** An operator's word does not undo what somebody has withdrawn: neither by new settings nor by a restart. */
  async function checkStream(ref: ParticipantRef): Promise<void> {
    const [latest] = await store.people.consents(ref);
    if (latest?.granted !== false) return;
    const when = new Date(latest.atMs).toISOString();
    throw new UndertoneError(
      'purpose-forbids',
      `consent for the stream ${ref.participant} was withdrawn on ${when}: once everyone in it agrees anew, give it ` +
        'another name in UNDERTONE_SOURCES',
    );
  }

  return {
    settings,
    async configure(next, actor) {
      settings(next.room);
      const problems = checkSettings(next);
      if (problems.length > 0) throw new UndertoneError('config-invalid', problems.join('\n'));
      saves++;
      await store.settings.save(next, actor, clock.now());
      saves++;
      apply(next);
    },
    async refresh() {
      const before = saves;
      const stored = await store.settings.all();
      // What was read may be older than what was saved meanwhile: the next time will tell.
      if (saves !== before) return [];
      const changed = stored.filter((each) => {
        const held = current.get(each.room);
        return held !== undefined && !isDeepStrictEqual(held, each);
      });
      for (const each of changed) checkStored(each);
      for (const each of changed) apply(each);
      return changed;
    },
    onConfigured(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    terms: (room) => termsOf(settings(room)),
    mayAnalyse: (room, role) => mayAnalyse(settings(room), role),
    async grant(ref, agreement) {
      const agreed = settings(ref.room);
      const text = textFor(ref.room, agreement);
      const { role, keyHash, actor } = agreement;
      const { room, participant } = ref;
      await withdrawals.settle(ref);
      if (actor.role === 'server') await checkStream(ref);
      await store.people.grant(
        { room, participant, granted: true, atMs: clock.now(), role, textVersion: versionOf(text), text },
        keyHash,
        actor,
      );
      // The settings may have changed while the record was being written: what they forbid now must not begin.
      const permission = mayAnalyse(settings(room), role);
      if (!permission.allowed) throw new UndertoneError('purpose-forbids', permission.because);
      return agreed;
    },
    withdraw: (ref, actor) => withdrawals.carryOut(ref, actor),
    close: () => withdrawals.close(),
  };
}

/** Whoever has this role says that they send the sample clip, and is told that text instead. */
const SAMPLE_ROLE = 'sample';

const versionOf = (text: string): string =>
  consentVersion(text, (whole) => createHash('sha256').update(whole).digest('hex'));

function termsOf(settings: RoomSettings): RoomTerms {
  const { room, purpose, jurisdiction, justification, roles, keeping, clips, retention } = settings;
  const text = consentText(settings);
  return {
    room,
    purpose,
    jurisdiction,
    justification,
    roles: Object.entries(roles).map(([role, kind]) => {
      const { allowed, because } = mayAnalyse(settings, role);
      return { role, kind, analysed: allowed, because };
    }),
    consent: { text, version: versionOf(text) },
    sample: { text: sampleText, version: versionOf(sampleText) },
    keeping,
    clips,
    retention,
    words: { purpose: purposeWords(settings), kept: keptWords(settings) },
  };
}

function checkStored(settings: RoomSettings): void {
  const problems = checkSettings(settings);
  if (problems.length === 0) return;
  throw new UndertoneError(
    'store-invalid',
    `the settings of room ${settings.room} in the store may not stand: ${problems.join('; ')}`,
  );
}
