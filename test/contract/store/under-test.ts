import type { Store } from '../../../src/ports/store.ts';

/** A store, and a way past it to its database. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Run a statement as the database's owner. */
  readonly sql: (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** Gives what `beforeAll` has opened; only for use inside of tests. */
export type Opened = () => StoreUnderTest;
