import type { ParticipantRef } from '../domain.ts';
import type { Actor, DeletionReceipt } from '../domain/trust.ts';
import { UndertoneError, asUndertoneError } from '../errors.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import type { PeopleStore } from '../ports/store.ts';
import { NOT_KEPT } from './owed-withdrawals.ts';
import type { OwedWithdrawals } from './owed-withdrawals.ts';

/** What a withdrawal reaches. */
export interface WithdrawalDeps {
  readonly store: { readonly people: Pick<PeopleStore, 'withdraw'> };
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  readonly onDeleted?: () => void;
  /** What is not done yet outlives the process here. Default: it does not. */
  readonly owed?: OwedWithdrawals;
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
  /** Whether it is written down. */
  isKept: boolean;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Withdrawals of one server, those first that an earlier process was asked for and could not carry out.
 * @throws UndertoneError `store-invalid` where those cannot be read.
 */
export function createWithdrawals(deps: WithdrawalDeps): Withdrawals {
  const { store, clock, meter, log, onDeleted, owed: file = NOT_KEPT } = deps;
  const owed = new Map<string, Owed>();
  /** Receipts of what was done later than asked for, until they are fetched. */
  const receipts = new Map<string, DeletionReceipt>();
  let closed = false;

  function attempt(key: string, one: Owed): Promise<DeletionReceipt> {
    clearTimeout(one.timer);
    one.attempt ??= store.people.withdraw(one.ref, one.atMs, one.actor).then(
      (receipt) => {
        owed.delete(key);
        if (one.isKept) keep();
        told();
        onDeleted?.();
        return receipt;
      },
      (cause: unknown) => {
        one.attempt = null;
        const { code } = asUndertoneError(cause);
        log.warn({ ...one.ref, code }, 'a withdrawal is not carried out yet; trying again');
        if (!one.isKept) {
          one.isKept = true;
          keep();
        }
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
    one.waitMs = Math.min(Math.max(one.waitMs * 2, FIRST_WAIT_MS), LONGEST_WAIT_MS);
    told();
  }

  /** Only what failed once: as a rule there is nothing to write. */
  function keep(): void {
    const failed = [...owed.values()].filter(({ isKept }) => isKept);
    try {
      file.write(failed.map(({ ref, atMs, actor }) => ({ ref, atMs, actor })));
    } catch (error) {
      log.error({ error, withdrawals: failed.length }, 'what is owed cannot be written down: it ends with the server');
    }
  }

  const told = (): void => meter.gauge('undertone_withdrawals_waiting', owed.size);

  for (const { ref, atMs, actor } of file.read()) {
    const one: Owed = { ref, atMs, actor, attempt: null, timer: undefined, waitMs: 0, isKept: true };
    owed.set(keyOf(ref), one);
    tryAgain(keyOf(ref), one);
  }

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
        isKept: false,
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
      if (owed.size > 0) log.error({ withdrawals: owed.size }, 'withdrawals wait for the next start, not carried out');
    },
  };
}

const keyOf = ({ room, participant }: ParticipantRef): string => `${room}/${participant}`;
