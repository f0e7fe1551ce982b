import { asUndertoneError, UndertoneError } from '../../errors.ts';

/** What Postgres says in SQLSTATE that is not a mistake of ours (Appendix A of its manual), with what to do. */
const REMEDIES: readonly (readonly [RegExp, UndertoneError['code'], string])[] = [
  [/^53100$/, 'store-unavailable', 'the disk of the database is full: make room; nothing of this was stored'],
  [/^53/, 'store-unavailable', 'the database has no room for more connections or memory: raise its limits'],
  [/^57014$/, 'store-unavailable', 'the database took too long: try again, or see what keeps it busy'],
  [
    /^25006$/,
    'store-unavailable',
    'the database takes no writes: it is a standby or read-only; connect to the primary',
  ],
  [/^28/, 'store-unavailable', 'the database refuses the user or the password in DATABASE_URL: correct them'],
  [/^3D000$/, 'store-unavailable', 'the database that DATABASE_URL names does not exist: create it with createdb'],
  [/^42501$/, 'store-unavailable', 'the user in DATABASE_URL may not do this: make it the owner of the database'],
  [/^22021$/, 'bad-message', 'a text has a NUL character or is not well-formed: it cannot be kept'],
  [/^(08|57P|58|F0|XX)/, 'store-unavailable', 'the database has failed or is stopping: it is tried again'],
  [
    /^(ECONN|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|EPIPE|CONNECT)/,
    'store-unavailable',
    'the database does not answer at DATABASE_URL: start it or correct the address; it is tried again by itself',
  ],
];

/** How `pg` says, in words alone, that there is no connection. */
const LOST = /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** What a database driver threw, as the one error class: what was lost, and the remedy. */
export function storeFailure(thrown: unknown): UndertoneError {
  if (thrown instanceof UndertoneError) return thrown;
  const [, errorCode, remedy] = REMEDIES.find(([pattern]) => pattern.test(sqlState(thrown))) ?? [];
  if (errorCode !== undefined) return new UndertoneError(errorCode, remedy ?? '', { cause: thrown });
  if (thrown instanceof Error && LOST.test(thrown.message))
    return new UndertoneError('store-unavailable', 'the database went away: it is tried again by itself', {
      cause: thrown,
    });
  return asUndertoneError(thrown);
}

/** Whether the same transaction may succeed when it is tried again: a deadlock, or another's was first (40P01, 40001). */
export function isConflict(thrown: unknown): boolean {
  return /^40(P01|001)$/.test(sqlState(thrown));
}

/** SQLSTATE, or Node's code of a socket or a file; empty where there is neither. */
function sqlState(thrown: unknown): string {
  if (thrown instanceof AggregateError) return sqlState(thrown.errors[0]);
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
