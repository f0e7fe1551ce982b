/** Where commands find the store of a server. */
import { join } from 'node:path';
import { readSettings } from '../config.ts';
import type { Actor } from '../domain/trust.ts';
import { openStore } from '../io/store/open.ts';
import type { Store } from '../ports/store.ts';
import type { Command, Invocation } from './command.ts';

/** As the help has it. */
export const STORE_OPTION = {
  store: {
    value: 'URL|DIR',
    help: 'postgres://... or the folder of the embedded database (default: DATABASE_URL, else UNDERTONE_DATA_DIR/store)',
  },
} as const satisfies Command['options'];

/** Who the audit log says did it: whoever may open the store may do everything. */
export function commandActor(command: string): Actor {
  return { role: 'admin', subject: `undertone ${command}` };
}

/**
 * Open the store that was given, do something with it, and close it.
 * @throws UndertoneError `store-unavailable`, as while a server has the folder open.
 */
export async function withStore<T>(
  { text, env }: Pick<Invocation, 'text' | 'env'>,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: url, UNDERTONE_DATA_DIR: dir } = readSettings(env);
  const given = text('store') ?? url ?? join(dir, 'store');
  const store = await openStore(
    /^postgres(ql)?:/.test(given) ? { at: 'postgres', url: given } : { at: 'folder', folder: given },
  );
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
