import { BehaviorSubject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { Verdict } from '../domain.ts';
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

/** One participant's agreement to be analysed, and what follows from it. */
export interface Consent {
  /** The present answer at once, then every change; completes with `end`. */
  readonly changes: Observable<boolean>;
  /**
   * A withdrawal holds at once, before the promise settles; a grant once the media server has carried it out, unless
   * it was withdrawn in the meantime.
   * @throws what `Peer.setConsent` throws when a grant cannot be carried out.
   */
  set(granted: boolean): Promise<void>;
  /** The verdict if consent stood throughout; otherwise `rejected: not-consented`, and its numbers are gone. */
  screen(verdict: Verdict): Verdict;
  end(): void;
}

/** Begin with an answer that the media server already knows of. */
export function createConsent(granted: boolean, deps: ConsentDeps): Consent {
  const { clock, peer, onChange, onStuck } = deps;
  const changes = new BehaviorSubject(granted);
  let wanted = granted;
  let sinceMs = Number.NEGATIVE_INFINITY;

  function become(next: boolean): void {
    if (changes.value === next) return;
    sinceMs = clock.now();
    changes.next(next);
    onChange(next);
  }

  async function grant(): Promise<void> {
    wanted = true;
    if (changes.value) return;
    await peer?.setConsent(true);
    // Whoever withdrew in the meantime has the last word.
    if (isWanted()) become(true);
    else await withdraw();
  }

  async function withdraw(): Promise<void> {
    wanted = false;
    become(false);
    try {
      await peer?.setConsent(false);
    } catch (error) {
      onStuck(error);
    }
  }

  const isWanted = () => wanted;

  return {
    changes: changes.asObservable(),
    set: (next) => (next ? grant() : withdraw()),
    screen(verdict) {
      const stood = changes.value && verdict.endMs > sinceMs;
      return stood ? verdict : withoutConsent(verdict);
    },
    end() {
      wanted = false;
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
