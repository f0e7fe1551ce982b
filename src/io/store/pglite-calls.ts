/** What travels between a store and the thread that runs its embedded database. */

/** To the thread: open first, then queries one after another, close last. */
export type ToThread =
  | { readonly type: 'open'; readonly folder: string | null }
  | { readonly type: 'query'; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly type: 'close' };

/** From the thread: one for each that went in, in order. */
export type FromThread =
  | { readonly type: 'opened' }
  | { readonly type: 'closed' }
  | { readonly type: 'rows'; readonly rows: readonly unknown[]; readonly affected: number }
  /** `code` is SQLSTATE; `fatal`: the database is of no use any more and has to be opened again. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly fatal: boolean };
