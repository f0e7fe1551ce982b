/** Reservations of the items on a desk: renewed in time, as long as somebody is there. */
import { asUndertoneError } from '../../src/errors.ts';
import type { ApiClient } from '../api.ts';

/** What holds need. */
export interface HoldsOptions {
  readonly api: ApiClient;
  /** Whether somebody is at the page; who has gone to lunch holds nothing up. */
  readonly attended: () => boolean;
  /** Told when a reservation was lost: its time was up and somebody else took the place. */
  readonly onLost: (reservation: string) => void;
}

/** Reservations that are renewed until they are let go. */
export interface Holds {
  /** @param leftMs how long it is held from now, ms. */
  keep(reservation: string, leftMs: number): void;
  letGo(reservation: string): void;
  close(): void;
}

/** A reservation is renewed when this share of it has passed. */
const RENEW_AT = 1 / 3;
/** When a renewal is tried again that did not reach the server, or that nobody was there for, ms. */
const AGAIN_MS = 3000;

/** Hold nothing yet. */
export function createHolds({ api, attended, onLost }: HoldsOptions): Holds {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  async function renew(reservation: string): Promise<void> {
    if (!attended()) {
      renewIn(reservation, AGAIN_MS);
      return;
    }
    try {
      const { leftMs } = await api.call('renewClaim', { params: { reservation } });
      if (timers.has(reservation)) renewIn(reservation, leftMs * RENEW_AT);
    } catch (thrown) {
      if (!timers.has(reservation)) return;
      if (asUndertoneError(thrown).code !== 'reservation-lost') renewIn(reservation, AGAIN_MS);
      else {
        letGo(reservation);
        onLost(reservation);
      }
    }
  }

  function renewIn(reservation: string, afterMs: number): void {
    clearTimeout(timers.get(reservation));
    timers.set(
      reservation,
      setTimeout(() => void renew(reservation), Math.max(1000, afterMs)),
    );
  }

  function letGo(reservation: string): void {
    clearTimeout(timers.get(reservation));
    timers.delete(reservation);
  }

  return {
    keep: (reservation, leftMs) => renewIn(reservation, leftMs * RENEW_AT),
    letGo,
    close() {
      for (const reservation of [...timers.keys()]) letGo(reservation);
    },
  };
}
