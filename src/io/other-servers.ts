import type { ParticipantRef } from '../domain.ts';
import type { RoomSettings } from '../domain/trust.ts';
import { asUndertoneError } from '../errors.ts';
import type { Log } from '../ports.ts';
import type { PeopleStore } from '../ports/store.ts';

/** What other servers may have changed, and who has to hear of it. */
export interface OtherServersDeps {
  readonly store: Pick<PeopleStore, 'withdrawn'>;
  readonly people: { refresh(): Promise<readonly RoomSettings[]> };
  readonly rooms: { consenting(): readonly ParticipantRef[]; withdrawnElsewhere(ref: ParticipantRef): void };
  readonly log: Log;
  /** How often the database is asked, ms. Default 1000. */
  readonly everyMs?: number;
}

/**
 * Follow what other servers of the same database put on record: withdrawals of people who are analysed here, and rooms'
 * settings. While the database is away what is known stays in force.
 * @returns how to stop.
 * @example keep(followOtherServers({ store: store.people, people, rooms, log }));
 */
export function followOtherServers({ store, people, rooms, log, everyMs = 1000 }: OtherServersDeps): { close(): void } {
  let failing = false;
  let closed = false;
  let timer = setTimeout(again, everyMs);

  async function look(): Promise<void> {
    const here = rooms.consenting();
    // Asked for those who agreed before the question, so that nobody's new agreement is taken for withdrawn.
    if (here.length > 0) for (const ref of await store.withdrawn(here)) rooms.withdrawnElsewhere(ref);
    for (const { room } of await people.refresh()) log.info({ room }, 'another server has changed the settings');
  }

  function again(): void {
    look()
      .then(
        () => (failing = false),
        (error: unknown) => {
          if (!failing) log.warn({ code: asUndertoneError(error).code, error }, 'other servers cannot be followed');
          failing = true;
        },
      )
      .finally(() => {
        if (!closed) timer = setTimeout(again, everyMs);
      });
  }

  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
