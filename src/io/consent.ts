import { BehaviorSubject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Verdict } from '../domain.ts';
import type { DeletionReceipt, RoomSettings } from '../domain/trust.ts';
import type { Clock, Peer } from '../ports.ts';

/** What a participant's consent reaches. */
export interface ConsentDeps {
  readonly clock: Clock;
  /** Whose media it switches; null for media that needs no signalling. */
  readonly peer: Pick<Peer, 'setConsent'> | null;
  readonly onChange: (granted: boolean) => void;
  /** The media could not be told to stop. */
  readonly onStuck: (error: unknown) => void;
}

/** Puts a grant on record; resolves to the settings that were agreed to. */
export type RecordGrant = () => Promise<RoomSettings>;
/** Puts a withdrawal on record and deletes what is kept. */
export type RecordWithdrawal = () => Promise<DeletionReceipt>;

/** One participant's agreement to be analysed, and what follows from it. Nobody agrees until a grant is on record. */
export interface Consent {
  /** The present answer at once, then every change; completes with `end`. */
  readonly changes: Observable<boolean>;
  /** What was agreed to; null where nothing of the person may be kept. Stays when they leave. */
  readonly agreed: RoomSettings | null;
  /**
   * Holds once it is on record and the media server has carried it out, unless it was withdrawn in the meantime.
   * @throws what `record` and `Peer.setConsent` throw: then it does not hold.
   */
  grant(record: RecordGrant): Promise<void>;
  /**
   * Holds at once, before the promise settles; what is kept is deleted then. Null where no grant was ever recorded.
   * Repeating it gives the same receipt.
   * @throws what `record` throws; nothing is analysed all the same.
   */
  withdraw(record: RecordWithdrawal): Promise<DeletionReceipt | null>;
  /** Stop analysis at once though nobody withdrew: it has become forbidden. What is kept stays. */
  halt(): Promise<void>;
  /** The verdict if consent stood throughout; otherwise `rejected: not-consented`, and its numbers are gone. */
  screen(verdict: Verdict): Verdict;
  end(): void;
}

/** Begin without consent. */
export function createConsent({ clock, peer, onChange, onStuck }: ConsentDeps): Consent {
  const changes = new BehaviorSubject(false);
  let agreed: RoomSettings | null = null;
  let sinceMs = Number.NEGATIVE_INFINITY;
  /** Each grant, withdrawal and halt is a turn: a grant that is overtaken does not hold. */
  let turn = 0;
  /** Whether a grant may be on record; one that failed may be all the same. */
  let recorded = false;
  let receipt: Promise<DeletionReceipt> | null = null;
  let ledger: Promise<unknown> = Promise.resolve();

  function become(next: boolean): void {
    if (changes.value === next) return;
    sinceMs = clock.now();
    changes.next(next);
    onChange(next);
  }

  const isGranted = () => changes.value;

  /** Grants and withdrawals go on record in the order in which they were made. */
  function inTurn<T>(write: () => Promise<T>): Promise<T> {
    const written = ledger.then(write);
    ledger = written.catch(() => undefined);
    return written;
  }

  async function grant(record: RecordGrant): Promise<void> {
    if (changes.value) return;
    const mine = ++turn;
    recorded = true;
    receipt = null;
    const settings = await inTurn(record);
    if (turn !== mine) return;
    await peer?.setConsent(true);
    if (turn !== mine) {
      if (!isGranted()) await silence();
      return;
    }
    agreed = settings;
    become(true);
  }

  async function halt(): Promise<void> {
    turn++;
    agreed = null;
    become(false);
    await silence();
  }

  async function silence(): Promise<void> {
    try {
      await peer?.setConsent(false);
    } catch (error) {
      onStuck(error);
    }
  }

  async function withdraw(record: RecordWithdrawal): Promise<DeletionReceipt | null> {
    const halted = halt();
    if (!recorded) {
      await halted;
      return null;
    }
    const writing = (receipt ??= inTurn(record));
    writing.catch(() => {
      if (receipt === writing) receipt = null;
    });
    await halted;
    return writing;
  }

  return {
    changes: changes.asObservable(),
    get agreed() {
      return agreed;
    },
    grant,
    withdraw,
    halt,
    screen(verdict) {
      const stood = changes.value && verdict.endMs > sinceMs;
      return stood ? verdict : withoutConsent(verdict);
    },
    end() {
      turn++;
      changes.next(false);
      changes.complete();
    },
  };
}

function withoutConsent(verdict: Verdict): Verdict {
  const { startMs, endMs, missing, pack, calibration } = verdict;
  const nothing = { labels: [], probabilities: {}, shares: {}, modalities: [], uncertainty: null };
  return { startMs, endMs, missing, pack, calibration, ...nothing, status: 'rejected', reason: 'not-consented' };
}
