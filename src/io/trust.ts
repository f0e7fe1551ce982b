/** What is kept and who may: the store, people, tokens and the clocks of retention, opened together and closed in order. */
import type { Clock, Log, Meter } from '../ports.ts';
import type { ClipStore, Store } from '../ports/store.ts';
import { identityProvider } from './identity-provider.ts';
import type { IdentityProviderOptions } from './identity-provider.ts';
import { openPeople } from './people.ts';
import type { OwedWithdrawals } from './owed-withdrawals.ts';
import type { People } from './people.ts';
import { startRetention } from './retention.ts';
import type { RetentionRunner } from './retention.ts';
import { openRevocations } from './revocations.ts';
import type { Revocations } from './revocations.ts';
import { openStore } from './store/open.ts';
import type { StoreOptions } from './store/open.ts';
import type { Access } from './tokens.ts';
import { createVerifier } from './verifier.ts';

/** Where it is kept, and what it serves. */
export interface TrustOptions {
  readonly store: StoreOptions;
  /** The rooms that exist. */
  readonly rooms: readonly string[];
  /** Signs this server's own tokens. */
  readonly secret: string;
  readonly provider?: IdentityProviderOptions;
  /** Withdrawals that could not be carried out yet outlive the process here. */
  readonly owed?: OwedWithdrawals;
  /** Swept of what nothing refers to. */
  readonly clips: ClipStore;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
}

/** Everything that decides what may be kept and who may see it. */
export interface Trust {
  readonly store: Store;
  readonly clips: ClipStore;
  readonly people: People;
  readonly revocations: Revocations;
  readonly retention: RetentionRunner;
  /** Checks a token of this server or of its identity provider. @throws UndertoneError `unauthenticated` */
  readonly verify: (token: string) => Promise<Access>;
  close(): Promise<void>;
}

/**
 * Open the store and what stands on it.
 * @throws UndertoneError `store-unavailable`, `store-invalid`.
 * @example const trust = await openTrust({ store: { at: 'memory' }, clips, rooms: ['lobby'], secret, clock, meter, log });
 */
export async function openTrust(options: TrustOptions): Promise<Trust> {
  const { rooms, secret, provider, clips, owed, clock, meter, log } = options;
  const store = await openStore(options.store);
  try {
    const revocations = await openRevocations({ store: store.tokens, clock, log });
    const onDeleted = (): void => void retention.run();
    const people = await openPeople({ rooms, store, clock, meter, log, onDeleted, ...(owed && { owed }) });
    const retention = startRetention({ scores: store.scores, clips, clock, meter, log });
    return {
      store,
      clips,
      people,
      revocations,
      retention,
      verify: createVerifier({ secret, revocations, ...(provider && { provider: identityProvider(provider) }) }),
      async close() {
        revocations.close();
        people.close();
        await retention.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
