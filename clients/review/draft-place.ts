/** Where a page's drafts are kept: with its tab, and, for the first tab, with the browser, which survives a crash of it. */
import type { DraftPlace } from './draft.ts';

/** The parts of a browser window that keep drafts; `window` fits. */
export interface DraftWindow {
  readonly sessionStorage: DraftPlace;
  readonly localStorage: DraftPlace;
  readonly navigator: { readonly locks?: Pick<LockManager, 'request'> | undefined };
}

/**
 * The place of this page's drafts. One page at a time is the browser's first: two that shared a place would look at one item.
 * @example const storage = await draftPlace(window);
 */
export async function draftPlace({ sessionStorage, localStorage, navigator }: DraftWindow): Promise<DraftPlace> {
  if (!(await isFirst(navigator.locks))) return sessionStorage;
  return {
    getItem: (key) => sessionStorage.getItem(key) ?? localStorage.getItem(key),
    setItem(key, value) {
      sessionStorage.setItem(key, value);
      localStorage.setItem(key, value);
    },
    removeItem(key) {
      sessionStorage.removeItem(key);
      localStorage.removeItem(key);
    },
  };
}

/** Whether no other page of this browser holds the lock; it is held until this page ends. */
function isFirst(locks: DraftWindow['navigator']['locks']): Promise<boolean> {
  // Pages that were not loaded over HTTPS or from this machine have no locks.
  if (locks === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asked = locks.request('undertone.desk', { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => undefined);
    });
    asked.catch(() => resolve(false));
  });
}
