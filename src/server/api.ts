/** The HTTP API on the parts of a running server. */
import manifest from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { manifestLine } from '../core/review/manifest-line.ts';
import { createApi } from '../io/api/api.ts';
import type { Api } from '../io/api/api.ts';
import { calibrationHandlers } from '../io/api/calibrations.ts';
import { oversightHandlers } from '../io/api/oversight.ts';
import { reviewHandlers } from '../io/api/review.ts';
import { roomsHandlers } from '../io/api/rooms.ts';
import type { ReviewLoop } from '../io/review-loop.ts';
import type { Rooms } from '../io/rooms.ts';
import { issueToken } from '../io/tokens.ts';
import type { Trust } from '../io/trust.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import type { ClipStore } from '../ports/store.ts';
import { inThread } from './loop-thread.ts';

/** The parts that the API reaches. */
export interface ServerApiParts {
  readonly trust: Trust;
  readonly clips: ClipStore;
  readonly rooms: Rooms;
  readonly loop: ReviewLoop;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
}

/** Make the API of a server. */
export function serverApi(config: Config, { trust, clips, rooms, loop, clock, meter, log }: ServerApiParts): Api {
  const { store, people, revocations, verify } = trust;
  const handlers = {
    ...roomsHandlers({
      store,
      clips,
      clock,
      rooms: {
        names: rooms.names,
        settings: (room) => people.settings(room),
        save: (settings, actor) => people.configure(settings, actor),
        consentVersion: (room) => people.terms(room).consent.version,
        withdraw: (ref, actor) => rooms.withdraw(ref, actor),
      },
    }),
    ...reviewHandlers({
      store,
      clips,
      clock,
      reservationMs: () => Math.max(...rooms.names.map((room) => people.settings(room).review.reservationMs)),
      agreement: (reviewed) => inThread<'agreement'>({ kind: 'agreement', reviewed }),
      manifestLine,
    }),
    ...calibrationHandlers({ calibrations: store.calibrations, clock, loop }),
    ...oversightHandlers({
      store,
      clock,
      webhookHosts: config.UNDERTONE_WEBHOOK_HOSTS ?? [],
      tokens: {
        make: ({ ttlSeconds, role, subject, rooms: those }) =>
          issueToken(config.UNDERTONE_SECRET, { role, subject, ...(those && { rooms: those }) }, ttlSeconds),
        revoke: (id, expiresMs, actor) => revocations.revoke(id, expiresMs, actor),
      },
    }),
  };
  return createApi({
    handlers,
    verify,
    people: store.people,
    rooms: rooms.names,
    origins: config.UNDERTONE_ORIGINS ?? [],
    version: manifest.version,
    clock,
    meter,
    log,
  });
}
