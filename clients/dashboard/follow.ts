/** Following one room: the monitor's events become signals that the page shows. */
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { asUndertoneError } from '../../src/errors.ts';
import type { UndertoneError } from '../../src/errors.ts';
import type { Results } from '../../src/protocol.ts';
import { connect } from '../connection.ts';
import { monitor } from '../monitor.ts';
import { limitsOf } from './limits.ts';
import type { Limits } from './limits.ts';
import { EMPTY_ROOM, prune, receive } from './store.ts';
import type { RoomView } from './store.ts';
import { countBy } from './tally.ts';
import { SHOWN_MS } from './timebase.ts';

/** What the server says of itself, and how far away it is. */
export interface Greeting {
  readonly server: Results['hello'];
  /** There and back, ms. */
  readonly roundTripMs: number;
}

/** A room that the page follows. */
export interface Followed {
  readonly room: string;
  /** What the pack lets a viewer choose among. */
  readonly limits: Limits;
  readonly view: ReadonlySignal<RoomView>;
  /** Why the connection ended; null while it stands. */
  readonly error: ReadonlySignal<UndertoneError | null>;
  /** The browser's clock, a second at a time. */
  readonly nowMs: ReadonlySignal<number>;
  /** Stops for good. */
  close(): void;
}

/**
 * Ask the server who it is: checks the token, finds the rooms, measures the round trip.
 * @throws UndertoneError as `connect` does.
 */
export async function greet(url: string, token: string): Promise<Greeting> {
  const connection = await connect({ url, token });
  try {
    const sentMs = performance.now();
    await connection.request('ping', {});
    return { server: connection.server, roundTripMs: performance.now() - sentMs };
  } finally {
    connection.close();
  }
}

/** Where and as whom a room is followed. */
export interface FollowOptions {
  readonly url: string;
  readonly token: string;
  readonly room: string;
  /** Of the server. */
  readonly pack: Results['hello']['pack'];
  /** Hears that the token is no longer valid. */
  readonly onRefused: (error: UndertoneError) => void;
}

/** Follow a room until closed. */
export function follow({ url, token, room, pack, onRefused }: FollowOptions): Followed {
  const limits = limitsOf(pack);
  const count = countBy(limits);
  const view = signal(EMPTY_ROOM);
  const error = signal<UndertoneError | null>(null);
  const nowMs = signal(Date.now());
  const source = monitor({ url, token, room, historyMs: SHOWN_MS });
  source.on((event) => {
    view.value = receive(view.value, event, Date.now(), count);
    if (event.type !== 'status') return;
    if (event.state === 'live') error.value = null;
    if (event.error === undefined) return;
    error.value = asUndertoneError(event.error);
    if (event.error.code === 'unauthenticated') onRefused(event.error);
  });
  const ticking = setInterval(() => {
    nowMs.value = Date.now();
    view.value = prune(view.value, nowMs.value);
  }, 1000);
  return {
    room,
    limits,
    view,
    error,
    nowMs,
    close: () => {
      clearInterval(ticking);
      source.close();
    },
  };
}
