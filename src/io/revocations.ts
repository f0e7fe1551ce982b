import type { Actor } from '../domain/trust.ts';
import { asUndertoneError } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import type { TokenStore } from '../ports/store.ts';

/** What revocations need. */
export interface RevocationDeps {
  readonly store: TokenStore;
  readonly clock: Clock;
  readonly log: Log;
  /** How often what other processes have called back is read, ms. Default 3000. */
  readonly refreshMs?: number;
}

/** Tokens that were called back before their end. */
export interface Revocations {
  /** Whether a token was called back; costs nothing. */
  has(id: string): boolean;
  /** Whether the store did not answer when it was last read. */
  readonly away: boolean;
  /** On record when it resolves, and in force everywhere in this process. @throws UndertoneError `store-unavailable`. */
  revoke(id: string, expiresMs: number, actor: Actor): Promise<void>;
  /** Hear of every token that is called back, here or by another process; returns how to stop. */
  onRevoked(listener: (id: string) => void): () => void;
  close(): void;
}

/** Verifiers forgive clocks that differ: a revocation must outlive the token everywhere. */
const MARGIN_MS = 60_000;

/**
 * Read what is revoked and keep reading. While the store is away what is known stays in force.
 * @throws UndertoneError `store-unavailable` when it cannot be read at the beginning.
 */
export async function openRevocations(deps: RevocationDeps): Promise<Revocations> {
  const { store, clock, log, refreshMs = 3000 } = deps;
  const listeners = new Set<(id: string) => void>();
  let revoked: ReadonlySet<string> = await store.revoked(clock.now());
  let away = false;

  function add(ids: Iterable<string>): void {
    const fresh = [...ids].filter((id) => !revoked.has(id));
    if (fresh.length === 0) return;
    revoked = new Set([...revoked, ...fresh]);
    for (const id of fresh) for (const tell of listeners) tell(id);
  }

  async function refresh(): Promise<void> {
    try {
      const before = revoked;
      const stored = await store.revoked(clock.now());
      add(stored);
      // What has expired is forgotten, but nothing that was called back while this was being read.
      revoked = new Set([...revoked].filter((id) => stored.has(id) || !before.has(id)));
      away = false;
    } catch (error) {
      if (!away) log.warn({ code: asUndertoneError(error).code }, 'tokens that were called back cannot be read');
      away = true;
    }
  }

  let timer = setTimeout(again, refreshMs);
  let closed = false;
  function again(): void {
    void refresh().then(() => {
      if (!closed) timer = setTimeout(again, refreshMs);
    });
  }

  return {
    has: (id) => revoked.has(id),
    get away() {
      return away;
    },
    async revoke(id, expiresMs, actor) {
      await store.revoke(id, expiresMs + MARGIN_MS, actor, clock.now());
      add([id]);
    },
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
