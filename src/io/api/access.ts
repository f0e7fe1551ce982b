/** Who calls: told from the request's `Authorization`, and what they may. */
import { createHash } from 'node:crypto';
import { UndertoneError } from '../../errors.ts';
import type { ApiRole, Operation } from '../../protocol/api.ts';
import type { PeopleStore } from '../../ports/store.ts';
import type { Actor } from '../../domain/trust.ts';
import type { Access } from '../tokens.ts';

/** Somebody whose token or key was found good. */
export interface Caller {
  /** For the audit log. */
  readonly actor: Actor;
  /** Whom the token was made for; null where it does not say. */
  readonly subject: string | null;
  /** Tells callers apart for their rates. */
  readonly key: string;
  readonly role: ApiRole;
  /** Rooms that the token is good for; null: all. */
  readonly rooms: readonly string[] | null;
  readonly expiresMs: number;
}

/** What telling a caller needs. */
export interface AccessDeps {
  readonly verify: (token: string) => Promise<Access>;
  readonly people: Pick<PeopleStore, 'opens'>;
}

/** What of a request tells who calls, and whom it is about. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly room: string | undefined;
  readonly participant: string | undefined;
}

/**
 * The caller, if they may. A room that the token is not good for is answered like one that does not exist.
 * @throws UndertoneError `unauthenticated`, `forbidden`, `room-not-found`.
 */
export async function admit(operation: Operation, credentials: Credentials, deps: AccessDeps): Promise<Caller> {
  const [scheme, secret] = (credentials.authorization ?? '').split(' ', 2);
  if (operation.subject && scheme?.toLowerCase() === 'participant') return subject(secret ?? '', credentials, deps);
  if (scheme?.toLowerCase() !== 'bearer' || secret === undefined || secret === '')
    throw new UndertoneError('unauthenticated', 'send a token as `Authorization: Bearer TOKEN`');
  const { id, role, rooms, subject: name = null, expiresMs } = await deps.verify(secret);
  if (operation.roles !== 'anyone' && !operation.roles.includes(role))
    throw new UndertoneError(
      'forbidden',
      `a ${role}'s token may not do this: it takes ${operation.roles.join(' or ')}`,
    );
  if (operation.scope === 'server' && rooms !== undefined)
    throw new UndertoneError(
      'forbidden',
      `this concerns every room, and this token is good for ${rooms.join(', ')}: it takes one for all rooms`,
    );
  const { room } = credentials;
  if (room !== undefined && rooms?.includes(room) === false)
    throw new UndertoneError('room-not-found', `there is no room ${room}: this token is good for ${rooms.join(', ')}`);
  const actor = { role, subject: name ?? 'unnamed' };
  return { actor, subject: name, key: `token ${id}`, role, rooms: rooms ?? null, expiresMs };
}

/** Whoever holds the participant's own key speaks for them, and for nobody else. */
async function subject(key: string, { room, participant }: Credentials, { people }: AccessDeps): Promise<Caller> {
  if (room === undefined || participant === undefined || !(await people.opens({ room, participant }, keyHash(key))))
    throw new UndertoneError('unauthenticated', 'this is not the key of that participant');
  const actor = { role: 'publisher', subject: participant } as const;
  const whose = { subject: participant, key: `participant ${room}/${participant}` };
  return { actor, ...whose, role: 'publisher', rooms: [room], expiresMs: Infinity };
}

/** What is kept of a participant's key: enough to know it again. */
function keyHash(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
