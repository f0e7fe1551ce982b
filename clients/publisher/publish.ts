/** Being a participant from a browser, without any page around it: build your own, or use the one beside this file. */
import { asUndertoneError, UndertoneError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { Receipt, Results } from '../../src/protocol.ts';
import { backoffMs, sleep } from '../backoff.ts';
import { closeError, connect } from '../connection.ts';
import type { Connection } from '../connection.ts';
import { listeners } from '../listeners.ts';
import type { Publication, PublicationState, PublishOptions } from './publication.ts';
import { seatsHeld } from './seats.ts';
import { openWire } from './wire.ts';
import type { Kind, Wire } from './wire.ts';

/** What another attempt would not change. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'unauthenticated',
  'forbidden',
  'room-not-found',
  'unsupported-protocol',
  'unsupported-codec',
  'config-invalid',
  'already-joined',
  'purpose-forbids',
  'consent-outdated',
]);

/**
 * Join a room and send a stream to it. Connects at once; after a lost connection it comes back as the same participant,
 * while the media, which goes another way, may have been flowing all along. The key to come back with stays in memory.
 *
 * @example
 * const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
 * const publication = publish({ url, token, room: 'lobby', name: 'Ada', textVersion, stream });
 * publication.on(({ connection, error }) => console.log(connection, error?.message ?? ''));
 */
export function publish(options: PublishOptions): Publication {
  const told = listeners<PublicationState>();
  const closing = new AbortController();
  let connection: Connection | null = null;
  let wire: Wire | null = null;
  let seat: Results['join'] | null = null;
  let repairing = false;
  let { textVersion } = options;
  const seats = seatsHeld(options);
  let state: PublicationState = {
    connection: 'connecting',
    consented: options.textVersion !== null,
    receipts: [],
    deleting: false,
    muted: false,
    cameraOff: false,
    participant: null,
    error: null,
  };

  const become = (changes: Partial<PublicationState>): void => {
    // Who has left may still have deleted what is kept, and nothing else.
    const { receipts = state.receipts, deleting = state.deleting, error = state.error } = changes;
    state = state.connection === 'ended' ? { ...state, receipts, deleting, error } : { ...state, ...changes };
    told.tell(state);
  };
  const held = (): Record<Kind, boolean> => ({
    audio: state.muted || !state.consented,
    video: state.cameraOff || !state.consented,
  });
  const end = (error: UndertoneError | null): void => {
    become({ connection: 'ended', error });
    closing.abort();
    wire?.close();
    connection?.close();
  };

  /** Hold back first, then tell: what the person asked for holds at once, whatever the network does. */
  const holdBack = (): void => {
    const now = held();
    wire?.hold('audio', now.audio);
    wire?.hold('video', now.video);
    if (wire === null) return;
    for (const kind of ['audio', 'video'] as const) {
      if (!has(options.stream, kind)) continue;
      tellServer(connection?.request('set-track', { kind, state: now[kind] ? 'muted' : 'live' }));
    }
  };
  /** What the server did not hear is said again when the connection is back. */
  const tellServer = (request: Promise<unknown> | undefined): void => {
    request?.catch((error: unknown) => become({ error: asUndertoneError(error) }));
  };

  const openMedia = async (to: Connection, { routerRtpCapabilities }: Results['join']): Promise<void> => {
    wire?.close();
    wire = null;
    const opened = await openWire({
      routerRtpCapabilities,
      ask: (type, fields) => to.request(type, fields),
      stream: options.stream,
      held: held(),
      onState: (media) => {
        if (media === 'disconnected' || media === 'failed') void repair();
        else if (media === 'connected') become({ connection: 'live', error: null });
      },
    });
    if (closing.signal.aborted) opened.close();
    else wire = opened;
  };

  /** Media lost its way though signalling stands: look for another path; where that fails, begin anew. */
  const repair = async (): Promise<void> => {
    const [to, lost, place] = [connection, wire, seat];
    if (repairing || to === null || lost === null || place === null || closing.signal.aborted) return;
    repairing = true;
    become({ connection: 'reconnecting' });
    try {
      if (lost.state === 'failed') throw new UndertoneError('transport-not-found', 'the path of the media is lost');
      await lost.restartIce();
    } catch {
      await openMedia(to, place).catch((error: unknown) => {
        become({ error: asUndertoneError(error) });
        to.close();
      });
    } finally {
      repairing = false;
    }
  };

  const sit = async (to: Connection): Promise<void> => {
    const before = seat?.participant;
    const agreement = state.consented ? textVersion : null;
    seat = await takeSeat(to, { ...options, textVersion: agreement }, seat);
    const { participant } = seat;
    if (agreement !== null) seats.agreed(seat);
    become({ participant });
    // Withdrawn while the connection was away, or while it was joining.
    if (!state.consented) {
      seats.withdraw();
      void settle();
    }
    if (wire === null || wire.state === 'failed' || before !== participant) return openMedia(to, seat);
    wire.signalOver((type, fields) => to.request(type, fields));
    if (wire.state === 'connected') become({ connection: 'live', error: null });
    else await repair();
  };

  const session = async (): Promise<UndertoneError> => {
    const { url, token } = options;
    try {
      const to = await connect({ url, token, signal: closing.signal });
      connection = to;
      to.onForbidden((error) => {
        become({ consented: false, error });
        holdBack();
      });
      await sit(to);
      holdBack();
      return closeError(await to.closed, url);
    } catch (thrown) {
      return asUndertoneError(thrown);
    } finally {
      connection?.close();
      connection = null;
    }
  };

  const run = async (): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const error = await session();
      if (closing.signal.aborted) return;
      if (FINAL.has(error.code)) {
        end(error);
        return;
      }
      if (state.connection === 'live') attempt = 0;
      become({ connection: 'reconnecting', error });
      await sleep(backoffMs(attempt, Math.random(), options.backoff), closing.signal);
    }
  };
  // In a microtask, so that whoever called hears of the first change too.
  queueMicrotask(() => void run());

  /** Have deleted what is kept: over the connection where it stands, else by the key that each seat has. */
  const settle = async (): Promise<void> => {
    if (!seats.owed()) return;
    become({ deleting: true });
    const withdrawn = async (): Promise<Receipt | null> =>
      connection === null ? null : (await connection.request('consent', { granted: false })).receipt;
    try {
      const receipts = await seats.settle(connection === null ? null : (seat?.participant ?? null), withdrawn);
      become({ receipts: [...state.receipts, ...receipts] });
    } catch (thrown) {
      become({ error: asUndertoneError(thrown) });
    }
    become({ deleting: seats.owed() });
  };

  return {
    get state() {
      return state;
    },
    on: told.add,
    ownKey: () => seat && { room: options.room, participant: seat.participant, key: seat.key },
    mute: (muted) => {
      become({ muted });
      holdBack();
    },
    cameraOff: (cameraOff) => {
      become({ cameraOff });
      holdBack();
    },
    withdraw: () => {
      seats.withdraw();
      become({ consented: false });
      holdBack();
      void settle();
    },
    agree: (version) => {
      if (connection === null || seat === null) return;
      seats.agreed(seat);
      // Nothing is sent before the agreement is on record.
      connection.request('consent', { granted: true, textVersion: version }).then(
        () => {
          textVersion = version;
          become({ consented: true, receipts: [], error: null });
          holdBack();
        },
        (thrown: unknown) => become({ error: asUndertoneError(thrown) }),
      );
    },
    leave: () => {
      connection?.request('leave', {}).catch(() => undefined);
      end(null);
    },
  };
}

/** Join, as the same participant where that is still possible. */
async function takeSeat(
  to: Connection,
  options: PublishOptions,
  before: Results['join'] | null,
): Promise<Results['join']> {
  const { room, name, role = 'participant', textVersion } = options;
  const agreement = textVersion === null ? { consent: false } : { consent: true, textVersion };
  const request = { room, name, role, ...agreement };
  if (before === null) return to.request('join', request);
  try {
    const { participant, key } = before;
    return await to.request('join', { ...request, resume: { participant, key } });
  } catch (thrown) {
    const { code } = asUndertoneError(thrown);
    if (code !== 'not-joined' && code !== 'forbidden') throw thrown;
    return to.request('join', request);
  }
}

function has(stream: MediaStream, kind: Kind): boolean {
  return (kind === 'audio' ? stream.getAudioTracks() : stream.getVideoTracks()).length > 0;
}
