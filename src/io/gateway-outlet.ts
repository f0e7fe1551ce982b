import { conflate } from '../core/conflation.ts';
import type { LogEntry, RoomSnapshot } from '../core/room-log.ts';
import type { RoomEvent } from '../core/room-state.ts';
import type { UndertoneError } from '../errors.ts';
import type { Clock, Meter } from '../ports.ts';
import type { RoomFeed } from './room-feed.ts';

/** One WebSocket as the gateway's parts see it: text out, and how much of it still waits in this process. */
export interface Wire {
  readonly bufferedBytes: number;
  send(text: Buffer): void;
  close(code: number, reason: string): void;
}

/** When a subscriber is too slow. */
export interface OutletLimits {
  /** Bytes that may wait for a peer before nothing more is sent to it. Default 1 MiB. */
  readonly highWaterBytes?: number;
  /** Sending goes on when no more than this waits. Default 64 KiB. */
  readonly lowWaterBytes?: number;
  /** How far a peer may lag behind and still get every event; further behind, what it missed is conflated. Default 1000 ms. */
  readonly patienceMs?: number;
  /** A peer that stands still for this long is given up. Default 10 000 ms. */
  readonly tooSlowMs?: number;
}

/** What an outlet needs of its connection. */
export interface OutletDeps {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly meter: Meter;
  /** One encoding for all subscribers of an event. */
  readonly encode: EncodeEvent;
  /** The peer does not read; called once, after the outlet has closed itself. */
  readonly onTooSlow: () => void;
  /** A subscription has begun (1) or ended (-1). */
  readonly onSubscriptions: (change: 1 | -1) => void;
}

/** An event as it goes over the wire; the bytes are shared, so nobody may change them. */
export type EncodeEvent = (feed: RoomFeed, entry: LogEntry) => Buffer;

/** What the server says, but for events: those come encoded. */
export type Outgoing =
  | { readonly type: 'result'; readonly id: string; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly type: 'error';
      readonly id: string | null;
      readonly code: UndertoneError['code'];
      readonly message: string;
    }
  | ({ readonly type: 'snapshot'; readonly room: string } & RoomSnapshot)
  | {
      readonly type: 'conflated';
      readonly room: string;
      readonly epoch: string;
      readonly from: number;
      readonly seq: number;
      readonly events: readonly RoomEvent[];
    };

/** Where in which room a subscriber wants to begin. */
export interface SubscribeOptions {
  /** The last event that was seen; without it, or where the log no longer reaches back, a snapshot comes first. */
  readonly after?: { readonly epoch: string; readonly seq: number };
  readonly historyMs: number;
}

/** Everything that is sent to one peer. What a slow peer has not taken stays in the rooms' logs, never in a queue here. */
export interface Outlet {
  send(message: Outgoing): void;
  /** Follow a room; a second time, begin anew. */
  subscribe(feed: RoomFeed, options: SubscribeOptions): void;
  /** False when the room was not followed. */
  unsubscribe(room: string): boolean;
  readonly subscriptions: number;
  /** Some of what was waiting has been taken. */
  flushed(): void;
  close(): void;
}

interface Subscription {
  readonly feed: RoomFeed;
  readonly historyMs: number;
  /** The last event sent; null: a snapshot is due. */
  at: number | null;
  /** What was missed before subscribing ends here: however slow the peer, it is not conflated. */
  readonly replayUntil: number;
  readonly stop: () => void;
}

/** Events read from the log at a time. */
const BATCH = 64;

/** Open the outlet to one peer. */
export function createOutlet(deps: OutletDeps, limits: OutletLimits = {}): Outlet {
  const { wire, clock, meter, encode, onTooSlow, onSubscriptions } = deps;
  const { highWaterBytes = 2 ** 20, lowWaterBytes = 2 ** 16, patienceMs = 1000, tooSlowMs = 10_000 } = limits;
  const subscriptions = new Map<string, Subscription>();
  /** Set while the peer stands still. */
  let giveUp: NodeJS.Timeout | undefined;
  /** Bytes of answers sent to a peer that stands still. */
  let overdueBytes = 0;
  let closed = false;

  function write(type: string, text: Buffer): void {
    meter.count('undertone_messages_total', { direction: 'out', type });
    wire.send(text);
    if (wire.bufferedBytes > highWaterBytes) giveUp ??= setTimeout(tooSlow, tooSlowMs);
  }

  function moveOn(): void {
    clearTimeout(giveUp);
    giveUp = undefined;
    overdueBytes = 0;
  }

  function tooSlow(): void {
    if (closed) return;
    close();
    onTooSlow();
  }

  function mayWrite(): boolean {
    return !closed && giveUp === undefined;
  }

  function send(message: Outgoing): void {
    if (closed) return;
    const text = Buffer.from(JSON.stringify(message));
    if (!mayWrite()) overdueBytes += text.length;
    if (overdueBytes > highWaterBytes) tooSlow();
    else write(message.type, text);
  }

  /** Send what the subscription has not had, as far as the peer takes it. */
  function pump(subscription: Subscription): void {
    const { feed } = subscription;
    while (mayWrite() && subscription.at !== feed.lastSeq) {
      if (subscription.at === null) sendSnapshot(subscription);
      else sendEvents(subscription, subscription.at);
    }
  }

  function sendSnapshot(subscription: Subscription): void {
    const { feed, historyMs } = subscription;
    const snapshot = feed.snapshot(historyMs);
    subscription.at = snapshot.seq;
    send({ type: 'snapshot', room: feed.room, ...snapshot });
  }

  function sendEvents(subscription: Subscription, at: number): void {
    const { feed, replayUntil } = subscription;
    const entries = feed.since({ epoch: feed.epoch, seq: at }, BATCH);
    if (entries === 'too-old') {
      subscription.at = null;
      return;
    }
    const lagMs = clock.now() - (entries[0]?.atMs ?? Infinity);
    if (lagMs > patienceMs && at >= replayUntil) {
      sendConflated(subscription, at);
      return;
    }
    for (const entry of entries) {
      if (!mayWrite()) return;
      subscription.at = entry.seq;
      write('event', encode(feed, entry));
    }
  }

  function sendConflated(subscription: Subscription, at: number): void {
    const { feed } = subscription;
    const { room, epoch, lastSeq } = feed;
    const missed = feed.since({ epoch, seq: at });
    if (missed === 'too-old') {
      subscription.at = null;
      return;
    }
    const events = conflate(missed.map((entry) => entry.event));
    subscription.at = lastSeq;
    meter.count('undertone_conflated_total', {}, missed.length - events.length);
    send({ type: 'conflated', room, epoch, from: at + 1, seq: lastSeq, events });
  }

  function unsubscribe(room: string): boolean {
    const subscription = subscriptions.get(room);
    if (subscription === undefined) return false;
    subscription.stop();
    subscriptions.delete(room);
    onSubscriptions(-1);
    return true;
  }

  function close(): void {
    if (closed) return;
    closed = true;
    moveOn();
    for (const room of [...subscriptions.keys()]) unsubscribe(room);
  }

  return {
    send,
    subscribe(feed, { after, historyMs }) {
      if (closed) return;
      unsubscribe(feed.room);
      const resumed = after !== undefined && feed.since(after, 0) !== 'too-old';
      const subscription: Subscription = {
        feed,
        historyMs,
        at: resumed ? after.seq : null,
        replayUntil: feed.lastSeq,
        stop: feed.listen(() => pump(subscription)),
      };
      subscriptions.set(feed.room, subscription);
      onSubscriptions(1);
      pump(subscription);
    },
    unsubscribe,
    get subscriptions() {
      return subscriptions.size;
    },
    flushed() {
      if (giveUp === undefined || closed || wire.bufferedBytes > lowWaterBytes) return;
      moveOn();
      for (const subscription of [...subscriptions.values()]) pump(subscription);
    },
    close,
  };
}
