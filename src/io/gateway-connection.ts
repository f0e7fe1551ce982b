import { fullBucket, take } from '../core/token-bucket.ts';
import type { Rate } from '../core/token-bucket.ts';
import { UndertoneError, asUndertoneError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import { CLOSE } from '../protocol.ts';
import type { ClientMessage, Results } from '../protocol.ts';
import { readClientMessage } from './gateway-messages.ts';
import { createOutlet } from './gateway-outlet.ts';
import type { EncodeEvent, OutletLimits, Wire } from './gateway-outlet.ts';
import { afterAnswer, carryOut, visibleRooms } from './gateway-requests.ts';
import type { Session } from './gateway-requests.ts';
import type { Revocations } from './revocations.ts';
import type { Rooms, Seat } from './rooms.ts';
import type { Access } from './tokens.ts';

/** What one connection may do. */
export interface ConnectionLimits extends OutletLimits {
  /** How long `hello` may take, ms. Default 5000. */
  readonly helloMs?: number;
  /** Messages at once and a second; a subscription or join counts as several. Default 100 and 50. */
  readonly messages?: Rate;
  /** Refused messages at once and a second, before the connection is closed. Default 20 and 1. */
  readonly refusals?: Rate;
  /** Requests that may wait for their turn. Default 64. */
  readonly maxWaiting?: number;
}

/** What `hello` is answered with, but for what depends on the token. */
export type HelloInfo = Omit<Results['hello'], 'role' | 'rooms'>;

/** What a connection needs of the gateway. */
export interface ConnectionDeps {
  /** Names the connection in the logs. */
  readonly id: number;
  readonly wire: Wire;
  readonly rooms: Rooms;
  readonly verify: (token: string) => Promise<Access>;
  readonly revocations?: Pick<Revocations, 'has'>;
  readonly helloInfo: HelloInfo;
  readonly encode: EncodeEvent;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly onSubscriptions: (change: 1 | -1) => void;
}

/** One peer's conversation: requests in, answers in the same order, and the rooms that it follows. */
export interface Connection {
  receive(data: Buffer, isBinary: boolean): void;
  /** Some of what was waiting to be sent has been taken. */
  flushed(): void;
  /** End it from this side; does nothing a second time. */
  end(code: number, reason: string): void;
  /** A token was called back: end it if it came with that one, and its participant leaves. */
  revoke(token: string): void;
  /** The socket is gone. */
  lost(): void;
}

/** The longest delay that a timer takes, ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What is expensive to answer counts as several messages. */
const COST: Partial<Record<ClientMessage['type'], number>> = { subscribe: 5, join: 5 };

/** Begin a conversation. */
export function createConnection(deps: ConnectionDeps, limits: ConnectionLimits = {}): Connection {
  const { id: connection, wire, rooms, clock, meter, log } = deps;
  const { helloMs = 5000, maxWaiting = 64 } = limits;
  const { messages = { capacity: 100, perSecond: 50 }, refusals = { capacity: 20, perSecond: 1 } } = limits;
  const outlet = createOutlet({ ...deps, onTooSlow: () => end(CLOSE.tooSlow, 'this peer does not read') }, limits);
  const waiting: { readonly message: ClientMessage; readonly withdrawals: number }[] = [];
  let spent = fullBucket(messages, clock.now());
  let patience = fullBucket(refusals, clock.now());
  let working = false;
  let ended = false;
  let seat: Seat | null = null;
  /** Withdrawals of consent that have arrived. */
  let withdrawals = 0;
  let session: Session | null = null;
  let expiry = setTimeout(() => end(CLOSE.unauthenticated, 'no hello in time'), helloMs);

  function end(code: number, reason: string): void {
    if (ended) return;
    finish();
    log.info({ connection, code }, `connection closed: ${reason}`);
    wire.close(code, reason);
  }

  function revoke(token: string): void {
    if (session?.access.id !== token) return;
    // Nobody may come back with it, so there is nothing to wait for.
    seat?.leave();
    seat = null;
    end(CLOSE.unauthenticated, 'the token was called back');
  }

  function finish(): void {
    if (ended) return;
    ended = true;
    clearTimeout(expiry);
    waiting.length = 0;
    outlet.close();
    seat?.disconnect();
    seat = null;
  }

  function answerError(id: string | null, error: UndertoneError): void {
    meter.count('undertone_message_errors_total', { code: error.code });
    outlet.send({ type: 'error', id, code: error.code, message: error.message });
  }

  /** Answer a message that is not even tried; who sends many such is no client of this protocol. */
  function refuse(id: string | null, code: ErrorCode, message: string): void {
    const [next, allowed] = take(patience, refusals, clock.now());
    patience = next;
    answerError(id, new UndertoneError(code, message));
    if (!allowed) end(CLOSE.abuse, 'too many malformed or too frequent messages');
  }

  function receive(data: Buffer, isBinary: boolean): void {
    if (ended) return;
    const read = readClientMessage(data, isBinary);
    meter.count('undertone_messages_total', { direction: 'in', type: read.message?.type ?? 'malformed' });
    const [next, allowed] = take(spent, messages, clock.now(), read.message ? COST[read.message.type] : 1);
    spent = next;
    if (!allowed) refuse(read.id, 'rate-limited', `more than ${messages.perSecond} messages a second: slow down`);
    else if (read.message === null) refuse(read.id, 'bad-message', read.problem);
    else if (waiting.length >= maxWaiting)
      refuse(read.id, 'rate-limited', `${maxWaiting} requests are waiting for an answer: wait for one`);
    else accept(read.message);
  }

  function accept(message: ClientMessage): void {
    if (message.type === 'consent' && !message.granted) {
      withdrawals += 1;
      // At once, and not only when its turn to be answered comes.
      seat?.withdraw().catch(() => undefined);
    }
    waiting.push({ message, withdrawals });
    if (!working) void work();
  }

  async function work(): Promise<void> {
    working = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await answer(next.withdrawals === withdrawals ? next.message : withoutGrant(next.message));
    working = false;
  }

  async function answer(message: ClientMessage): Promise<void> {
    const { id, type } = message;
    try {
      if (type === 'hello') outlet.send({ type: 'result', id, data: await greet(message.token) });
      else {
        if (session === null) throw new UndertoneError('unauthenticated', `say hello before ${type}`);
        outlet.send({ type: 'result', id, data: await carryOut(message, session) });
        afterAnswer(message, session);
      }
    } catch (thrown) {
      const error = asUndertoneError(thrown);
      if (error.code === 'internal') log.error({ connection, type, error: thrown }, 'a request failed unexpectedly');
      answerError(id, hidden(error));
      if (error.code === 'unauthenticated') end(CLOSE.unauthenticated, 'a valid hello must come first');
    }
  }

  async function greet(token: string): Promise<Results['hello']> {
    if (session !== null) throw new UndertoneError('bad-message', 'hello has been said: open another connection');
    const access = await deps.verify(token);
    if (!isOver()) {
      clearTimeout(expiry);
      const restMs = Math.min(access.expiresMs - Date.now(), MAX_DELAY_MS);
      expiry = setTimeout(() => end(CLOSE.unauthenticated, 'the token has expired'), restMs);
      log.info({ connection, role: access.role, subject: access.subject }, 'connection greeted');
    }
    session = openSession(access);
    // Called back while it was being checked: nobody has been told of this connection then.
    if (deps.revocations?.has(access.id) === true) revoke(access.id);
    return { ...deps.helloInfo, role: access.role, rooms: visibleRooms(access, rooms) };
  }

  function openSession(access: Access): Session {
    return {
      access,
      rooms,
      outlet,
      get seat() {
        return seat;
      },
      giveUp() {
        seat = null;
      },
      async take(request) {
        const hold = { valid: true };
        const taken = await rooms.join(request, {
          onReplaced() {
            hold.valid = false;
            seat = null;
            end(CLOSE.replaced, 'another connection has resumed this participant');
          },
          onFault(error) {
            hold.valid = false;
            seat = null;
            answerError(null, error);
          },
          onForbidden: (error) => answerError(null, error),
        });
        // Nobody will ever come back for a participant whose key was not delivered.
        if (isOver() && hold.valid) taken.leave();
        if (isOver() || !hold.valid)
          throw new UndertoneError('not-joined', 'the participant was lost while joining: join again');
        seat = taken;
        return taken;
      },
    };
  }

  function isOver(): boolean {
    return ended;
  }

  return { receive, flushed: () => outlet.flushed(), end, revoke, lost: finish };
}

/** The same request with consent as it stands since somebody withdrew it: a grant sent earlier must not undo that. */
function withoutGrant(message: ClientMessage): ClientMessage {
  if (message.type === 'join') return { ...message, consent: false };
  if (message.type === 'consent') return { ...message, granted: false };
  return message;
}

/** What is wrong inside the server is for its log, not for the peer. */
function hidden(error: UndertoneError): UndertoneError {
  return error.code === 'internal' ? new UndertoneError('internal', 'the server failed: see its log') : error;
}
