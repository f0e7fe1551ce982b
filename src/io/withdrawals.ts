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
  /** The person has agreed anew: a receipt that they did not ask for is none of theirs any more. */
  forget(ref: ParticipantRef): void;
  close(): void;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Withdrawals of one server. What was asked for and not done when the process ends is named in its log. */
export function createWithdrawals({ store, clock, meter, log, onDeleted }: WithdrawalDeps): Withdrawals {
  const waiting = new Map<string, NodeJS.Timeout>();
  /** Receipts of what was done later than asked for, until they are fetched. */
  const receipts = new Map<string, DeletionReceipt>();
  let closed = false;

  async function attempt(ref: ParticipantRef, atMs: number, actor: Actor): Promise<DeletionReceipt> {
    const receipt = await store.people.withdraw(ref, atMs, actor);
    clearTimeout(waiting.get(keyOf(ref)));
    waiting.delete(keyOf(ref));
    meter.gauge('undertone_withdrawals_waiting', waiting.size);
    onDeleted?.();
    return receipt;
  }

  function tryAgain(ref: ParticipantRef, atMs: number, actor: Actor, waitMs: number): void {
    const key = keyOf(ref);
    if (closed || waiting.has(key)) return;
    const timer = setTimeout(() => {
      attempt(ref, atMs, actor).then(
        (receipt) => receipts.set(key, receipt),
        (error: unknown) => {
          log.warn({ ...ref, code: asUndertoneError(error).code }, 'a withdrawal is not carried out yet; trying again');
          waiting.delete(key);
          tryAgain(ref, atMs, actor, Math.min(waitMs * 2, LONGEST_WAIT_MS));
        },
      );
    }, waitMs);
    waiting.set(key, timer);
    meter.gauge('undertone_withdrawals_waiting', waiting.size);
  }

  return {
    async carryOut(ref, actor) {
      const done = receipts.get(keyOf(ref));
      receipts.delete(keyOf(ref));
      if (done !== undefined) return done;
      const atMs = clock.now();
      try {
        return await attempt(ref, atMs, actor);
      } catch (cause) {
        log.error(
          { ...ref, code: asUndertoneError(cause).code },
          'a withdrawal could not be carried out; trying again',
        );
        tryAgain(ref, atMs, actor, FIRST_WAIT_MS);
        throw new UndertoneError(
          'store-unavailable',
          'analysis has stopped; what is kept is deleted as soon as the store answers again: ask again for the receipt',
          { cause },
        );
      }
    },
    forget: (ref) => receipts.delete(keyOf(ref)),
    close() {
      closed = true;
      for (const timer of waiting.values()) clearTimeout(timer);
      if (waiting.size > 0)
        log.error({ withdrawals: waiting.size }, 'withdrawals end with the server, not carried out');
    },
  };
}

const keyOf = ({ room, participant }: ParticipantRef): string => `${room}/${participant}`;
