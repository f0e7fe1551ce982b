/** People and settings kept in memory, so that rooms can be tested by the hundred; a store that can be away. */
import type { ParticipantRef } from '../../src/domain.ts';
import type { Actor, ConsentRecord, DeletionReceipt, RoomSettings } from '../../src/domain/trust.ts';
import { UndertoneError } from '../../src/errors.ts';
import { openPeople } from '../../src/io/people.ts';
import type { People } from '../../src/io/people.ts';
import type { PeopleStore, SettingsStore } from '../../src/ports/store.ts';
import { countingMeter, silent } from './quiet.ts';

export interface PeopleStage {
  readonly people: People;
  /** What is on record, oldest first. */
  readonly records: (Pick<ConsentRecord, 'participant' | 'granted'> &
    Partial<ConsentRecord> & { readonly actor: Actor })[];
  /** Set it to be asked in vain. */
  away: boolean;
  /** Awaited by every write. */
  gate: Promise<unknown>;
}

export const ADMIN: Actor = { role: 'admin', subject: 'test' };
export const PUBLISHER: Actor = { role: 'publisher', subject: 'test' };

export async function openPeopleStage(rooms: readonly string[] = ['lobby', 'attic']): Promise<PeopleStage> {
  const saved = new Map<string, RoomSettings>();
  const records: PeopleStage['records'] = [];
  const write = async (): Promise<void> => {
    await stage.gate;
    if (stage.away) throw new UndertoneError('store-unavailable', 'the store is away');
  };
  const settings: SettingsStore = {
    of: (room) => Promise.resolve(saved.get(room) ?? null),
    all: () => Promise.resolve([...saved.values()]),
    async save(next) {
      await write();
      saved.set(next.room, next);
    },
  };
  const people: Pick<PeopleStore, 'grant' | 'withdraw' | 'consents'> = {
    async grant(record, _key, actor) {
      await write();
      records.push({ ...record, actor });
    },
    async withdraw(ref, atMs, actor) {
      await write();
      records.push({ ...ref, granted: false, atMs, actor });
      return receiptOf(ref, atMs, records.length);
    },
    consents: ({ room, participant }) => {
      const text = { role: '', textVersion: '', text: '' };
      const own = records.filter((each) => each.participant === participant && (each.room ?? room) === room);
      return Promise.resolve(own.map((each) => ({ ...text, room, atMs: 0, ...each })).reverse());
    },
  };
  const opened = await openPeople({
    rooms,
    store: { settings, people },
    clock: { now: () => 1000 },
    meter: countingMeter(),
    log: silent,
  });
  const stage: PeopleStage = { people: opened, records, away: false, gate: Promise.resolve() };
  return stage;
}

function receiptOf({ room, participant }: ParticipantRef, atMs: number, number: number): DeletionReceipt {
  const deleted = { clips: 0, segments: 3, verdicts: 0, reviewItems: 0, annotations: 0 };
  return { room, participant, id: `r${number.toString()}`, atMs, deleted, kept: ['the record of your agreement'] };
}

/** The version of what the default settings of a room ask people to agree to. */
export const TEXT = (await openPeopleStage()).people.terms('lobby').consent.version;
