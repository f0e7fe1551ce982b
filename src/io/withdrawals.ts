import type { ParticipantRef } from '../domain.ts';
import type { Actor, DeletionReceipt } from '../domain/trust.ts';
import { UndertoneError, asUndertoneError } from '../errors.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import type { PeopleStore } from '../ports/store.ts';

/** What a withdrawal reaches. */
export interface WithdrawalDeps {
  readonly store: { readonly people: Pick<PeopleStore, 'withdraw'> };
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly onDeleted?: () => void;
}

/** Withdrawals that are tried until they are done: a person must not have to ask twice because a database was away. */
export interface Withdrawals {
  /** @throws UndertoneError `store-unavailable`: it is tried again until it is done; asking again gives the receipt. */
  carryOut(ref: ParticipantRef, actor: Actor): Promise<DeletionReceipt>;
  /**
   * The person agrees anew: what they have withdrawn before must be done first, or it would undo what they agree to now.
   * @throws UndertoneError `store-unavailable`.
   */
  settle(ref: ParticipantRef): Promise<void>;
  close(): void;
}

/** A withdrawal that was asked for and is not done. */
interface Owed {
  readonly ref: ParticipantRef;
  readonly atMs: number;
  readonly actor: Actor;
  /** One attempt at a time; whoever asks meanwhile shares it. */
  attempt: Promise<DeletionReceipt> | null;
  timer: NodeJS.Timeout | undefined;
  waitMs: number;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Withdrawals of one server. What was asked for and not done when the process ends is named in its log. */
export function createWithdrawals({ store, clock, meter, log, onDeleted }: WithdrawalDeps): Withdrawals {
  const owed = new Map<string, Owed>();
  /** Receipts of what was done later than asked for, until they are fetched. */
  const receipts = new Map<string, DeletionReceipt>();
  let closed = false;

  function attempt(key: string, one: Owed): Promise<DeletionReceipt> {
    clearTimeout(one.timer);
    one.attempt ??= store.people.withdraw(one.ref, one.atMs, one.actor).then(
      (receipt) => {
        owed.delete(key);
        told();
        onDeleted?.();
        return receipt;
      },
      (cause: unknown) => {
        one.attempt = null;
        const { code } = asUndertoneError(cause);
        log.warn({ ...one.ref, code }, 'a withdrawal is not carried out yet; trying again');
        tryAgain(key, one);
        throw new UndertoneError(
          'store-unavailable',
          'analysis has stopped; what is kept is deleted as soon as the store answers again: ask again for the receipt',
          { cause },
        );
      },
    );
    return one.attempt;
  }

  function tryAgain(key: string, one: Owed): void {
    if (closed) return;
    one.timer = setTimeout(() => {
      attempt(key, one).then(
        (receipt) => receipts.set(key, receipt),
        () => undefined,
      );
    }, one.waitMs);
    one.waitMs = Math.min(one.waitMs * 2, LONGEST_WAIT_MS);
    told();
  }

  const told = (): void => meter.gauge('undertone_withdrawals_waiting', owed.size);

  return {
    async carryOut(ref, actor) {
      const key = keyOf(ref);
      const done = receipts.get(key);
      receipts.delete(key);
      if (done !== undefined) return done;
      const one = owed.get(key) ?? {
        ref,
        atMs: clock.now(),
        actor,
        attempt: null,
        timer: undefined,
        waitMs: FIRST_WAIT_MS,
      };
      owed.set(key, one);
      return attempt(key, one);
    },
    async settle(ref) {
      const one = owed.get(keyOf(ref));
      if (one !== undefined) await attempt(keyOf(ref), one);
      receipts.delete(keyOf(ref));
    },
    close() {
      closed = true;
      for (const { timer } of owed.values()) clearTimeout(timer);
      if (owed.size > 0) log.error({ withdrawals: owed.size }, 'withdrawals end with the server, not carried out');
    },
  };
}

const keyOf = ({ room, participant }: ParticipantRef): string => `${room}/${participant}`;
