/** Operations on rooms and on what is kept of the people in them. */
import { createHash } from 'node:crypto';
import { UndertoneError } from '../../errors.ts';
import type { ParticipantRef } from '../../domain.ts';
import type { Actor, DeletionReceipt, RoomSettings } from '../../domain/trust.ts';
import type { ClipStore, Store } from '../../ports/store.ts';
import type { Clock } from '../../ports.ts';
import type { OperationAnswer } from '../../protocol/api.ts';
import type { Handlers } from './handlers.ts';
import { exportedItems, ownClips } from './own-clips.ts';

/** What the rooms operations need. */
export interface RoomsDeps {
  readonly store: Pick<Store, 'people' | 'scores' | 'reviews'>;
  readonly clips: Pick<ClipStore, 'get'>;
  readonly clock: Clock;
  readonly rooms: {
    /** Rooms that exist. */
    readonly names: readonly string[];
    /** Settings in force. */
    settings(room: string): RoomSettings;
    /** @throws UndertoneError `config-invalid`, saying all that is wrong. */
    save(settings: RoomSettings, actor: Actor): Promise<void>;
    consentVersion(room: string): string;
    /** Stop analysing somebody who may be in the room, then delete what is kept of them. */
    withdraw(ref: ParticipantRef, actor: Actor): Promise<DeletionReceipt>;
  };
}

type RoomsOperation = 'readSettings' | 'saveSettings' | 'segments' | 'consents' | 'withdraw' | 'exportPerson';

/** Handlers of rooms and people. */
export function roomsHandlers({ store, clips, clock, rooms }: RoomsDeps): Handlers<RoomsOperation> {
  const { people, scores, reviews } = store;
  const state = (room: string): OperationAnswer<'readSettings'> => {
    if (!rooms.names.includes(room)) throw new UndertoneError('room-not-found', `there is no room ${room}`);
    const settings = rooms.settings(room);
    return { settings, etag: etagOf(settings), consentVersion: rooms.consentVersion(room) };
  };
  return {
    readSettings: ({ params: { room } }) => state(room),
    async saveSettings({ caller, params: { room }, body: { settings, etag } }) {
      if (settings.room !== room)
        throw new UndertoneError('bad-message', `the settings are of ${settings.room}, the address is of ${room}`);
      if (state(room).etag !== etag)
        throw new UndertoneError('conflict', `the settings of ${room} have changed meanwhile: read them again`);
      await rooms.save(settings, caller.actor);
      return state(room);
    },
    async segments({ params: { room }, query: { fromMs, limit } }) {
      return { segments: await scores.segments(room, fromMs, limit) };
    },
    async consents({ params }) {
      return { consents: await people.consents(params) };
    },
    async withdraw({ caller, params }) {
      return await rooms.withdraw(params, caller.actor);
    },
    async exportPerson({ caller, params }) {
      const kept = await people.export(params, caller.actor, clock.now());
      // An admin may review too, but not blind what they have read.
      if (caller.role === 'admin' && caller.subject !== null)
        await reviews.unblind(exportedItems(kept), caller.subject);
      return { ...kept, clips: await ownClips(kept, clips) };
    },
  };
}

/** Names a state of settings. */
function etagOf(settings: RoomSettings): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 22);
}
