/** Follow one room, through lost connections, in a browser or in Node. */
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import type { RoomEvent, Snapshot } from '../src/protocol.ts';
import { backoffMs, sleep } from './backoff.ts';
import type { BackoffOptions } from './backoff.ts';
import { closeError, connect } from './connection.ts';
import type { Connection, ConnectOptions, RoomMessage } from './connection.ts';
import { eventBuffer } from './event-buffer.ts';
import type { EventBuffer } from './event-buffer.ts';
import { listeners } from './listeners.ts';
import { afterMessage, asSnapshot, placeOf, UNKNOWN_ROOM } from './room-state.ts';
import type { RoomState } from './room-state.ts';

/** Which room to follow, and how. */
export interface MonitorOptions extends ConnectOptions {
  /** Name of the room. */
  readonly room: string;
  /** Verdicts of this many past ms come with the first snapshot, 0 to 60 000. Default 0. */
  readonly historyMs?: number;
  /** Waits between attempts to reconnect. Default 0.5 s doubling to 15 s, jittered. */
  readonly backoff?: BackoffOptions;
  /** Events that may wait for a `for await` loop that is slow. Default 1024, least 2. */
  readonly bufferEvents?: number;
}

/** Whether the room's state is known at this moment. */
export interface MonitorStatus {
  readonly type: 'status';
  /** `live`: `Monitor.state` is up to date. Otherwise the room's state is unknown. */
  readonly state: 'connecting' | 'live' | 'disconnected';
  /** Since when the room's state has been known (`live`) or unknown (otherwise), by this machine's clock. */
  readonly sinceMs: number;
  /** Why it is `disconnected`. */
  readonly error?: UndertoneError;
}

/** What a monitor tells. */
export type MonitorEvent =
  | MonitorStatus
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'event'; readonly seq: number; readonly event: RoomEvent }
  | {
      readonly type: 'conflated';
      readonly from: number;
      readonly seq: number;
      readonly events: readonly RoomEvent[];
    };

/**
 * A room that is being followed. A `for await` loop over it begins with the room as it is known then; leaving the loop
 * closes the monitor, as with a stream of Node's. The loop throws what the monitor cannot mend by reconnecting.
 */
export interface Monitor extends AsyncIterable<MonitorEvent> {
  /** Hear of everything from now on; returns how to stop. */
  on(listener: (event: MonitorEvent) => void): () => void;
  /** The room as it was last heard of; up to date while `status` is `live`. */
  readonly state: RoomState;
  /** The latest status; `disconnected` once closed. */
  readonly status: MonitorStatus;
  /** Events that slow `for await` loops did not get one by one: a snapshot of the state stood in for them. */
  readonly skipped: number;
  /** Stops for good; nothing is told afterwards. */
  close(): void;
}

/** What another attempt would not change. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'forbidden',
  'room-not-found',
  'unsupported-protocol',
  'config-invalid',
]);

/**
 * Follow a room. Connects at once, reconnects with growing, jittered waits, and resumes where it was: between two
 * snapshots every event is told once and in order. Gives up on a token or room that the server refuses.
 *
 * @example
 * import { monitor } from 'undertone/monitor';
 *
 * // `npm start` prints a token; `undertone token --role viewer` makes one for somebody else.
 * const room = monitor({ url: 'ws://127.0.0.1:8080/ws', token: process.argv[2] ?? '', room: 'lobby' });
 * for await (const event of room) {
 *   if (event.type === 'status') console.log(event.state, event.error?.message ?? '');
 *   if (event.type !== 'event' || event.event.kind !== 'verdict') continue;
 *   const { participant, verdict } = event.event;
 *   console.log(participant, 'expressed:', verdict.reason ?? verdict.labels.join(', '), verdict.probabilities);
 * }
 */
export function monitor(options: MonitorOptions): Monitor {
  const told = listeners<MonitorEvent>();
  const buffers = new Set<EventBuffer<MonitorEvent>>();
  const closing = new AbortController();
  let state = UNKNOWN_ROOM;
  let status: MonitorStatus = { type: 'status', state: 'connecting', sinceMs: Date.now() };
  let failure: UndertoneError | undefined;
  let started = false;
  let skipped = 0;

  const over = (): boolean => closing.signal.aborted;

  const tell = (event: MonitorEvent): void => {
    if (over()) return;
    told.tell(event);
    for (const buffer of buffers) buffer.push(event);
  };
  const become = (next: MonitorStatus['state'], error?: UndertoneError): void => {
    const known = next === 'live';
    const sinceMs = known === (status.state === 'live') ? status.sinceMs : Date.now();
    status = { type: 'status', state: next, sinceMs, ...(error && { error }) };
    tell(status);
  };
  const goLive = (): void => {
    if (status.state !== 'live') become('live');
  };
  const stop = (error?: UndertoneError): void => {
    if (over()) return;
    failure = error;
    if (status.state !== 'disconnected')
      status = {
        type: 'status',
        state: 'disconnected',
        sinceMs: status.state === 'live' ? Date.now() : status.sinceMs,
      };
    for (const buffer of buffers) buffer.end(error);
    closing.abort();
    options.signal?.removeEventListener('abort', close);
  };
  const close = (): void => {
    stop();
  };

  /** Takes in a message; an error when the messages cannot be followed any further. */
  const receive = (message: RoomMessage): UndertoneError | undefined => {
    const place = placeOf(message, state);
    if (place === 'gap')
      return new UndertoneError('bad-message', `${options.room} has events before ${message.seq} that never came`);
    if (place === 'next') {
      state = afterMessage(state, message);
      goLive();
      tell(asEvent(message));
    }
    return undefined;
  };

  /** From connecting to the end of the connection; resolves to why it ended. */
  const session = async (): Promise<UndertoneError> => {
    const { room, url, historyMs = 0 } = options;
    const fault: { error?: UndertoneError } = {};
    let connection: Connection | undefined;
    try {
      connection = await connect({ ...options, signal: closing.signal });
      connection.onMessage((message) => {
        if (message.room !== room || fault.error !== undefined) return;
        const error = receive(message);
        if (error === undefined) return;
        fault.error = error;
        connection?.close();
      });
      await connection.request('subscribe', { room, historyMs, ...(state.at && { after: state.at }) });
      if (state.at !== null) goLive();
      return fault.error ?? closeError(await connection.closed, url);
    } catch (thrown) {
      return fault.error ?? asUndertoneError(thrown);
    } finally {
      connection?.close();
    }
  };

  const run = async (): Promise<void> => {
    const { maxMs = 15_000 } = options.backoff ?? {};
    let attempt = 0;
    started = true;
    while (!over()) {
      become('connecting');
      const error = await session();
      if (over()) return;
      const steady = status.state === 'live' && Date.now() - status.sinceMs >= maxMs;
      become('disconnected', error);
      if (FINAL.has(error.code)) stop(error);
      attempt = steady ? 0 : attempt + 1;
      await sleep(backoffMs(attempt, Math.random(), options.backoff), closing.signal);
    }
  };

  const current = (): readonly MonitorEvent[] => {
    const snapshot = asSnapshot(state, options.room);
    return snapshot === null ? [status] : [{ type: 'snapshot', snapshot }, status];
  };
  const condense = (waiting: readonly MonitorEvent[]): readonly MonitorEvent[] => {
    skipped += waiting.length;
    return current();
  };

  options.signal?.addEventListener('abort', close);
  if (options.signal?.aborted === true) close();
  // In a microtask, so that whoever called hears of the first `connecting` too.
  queueMicrotask(() => void run());

  return {
    on: told.add,
    close,
    get state() {
      return state;
    },
    get status() {
      return status;
    },
    get skipped() {
      return skipped;
    },
    [Symbol.asyncIterator]: () => {
      const buffer = eventBuffer<MonitorEvent>({ capacity: options.bufferEvents ?? 1024, condense, onReturn: close });
      buffers.add(buffer);
      if (started) current().forEach(buffer.push);
      if (over()) buffer.end(failure);
      return buffer;
    },
  };
}

function asEvent(message: RoomMessage): MonitorEvent {
  if (message.type === 'snapshot') return { type: 'snapshot', snapshot: message };
  if (message.type === 'event') return { type: 'event', seq: message.seq, event: message.event };
  return { type: 'conflated', from: message.from, seq: message.seq, events: message.events };
}
