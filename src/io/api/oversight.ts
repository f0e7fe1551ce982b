/** Operations of an admin: the audit log and tokens. */
import type { Store } from '../../ports/store.ts';
import type { Actor } from '../../domain/trust.ts';
import type { Clock } from '../../ports.ts';
import type { OperationRequest } from '../../protocol/api.ts';
import type { Handlers } from './handlers.ts';

/** A token that was made, and what it can be called back by. */
export interface MadeToken {
  readonly id: string;
  readonly token: string;
  readonly expiresMs: number;
}

/** What the admin's operations need. */
export interface OversightDeps {
  readonly audit: Store['audit'];
  readonly clock: Clock;
  readonly tokens: {
    make(wanted: OperationRequest<'makeToken'>['body']): Promise<MadeToken>;
    /** Call a token back, on record and live. */
    revoke(id: string, expiresMs: number, actor: Actor): Promise<void>;
  };
}

/** Handlers of the audit log and of tokens. */
export function oversightHandlers({
  audit,
  clock,
  tokens,
}: OversightDeps): Handlers<'audit' | 'verifyAudit' | 'makeToken' | 'revokeToken'> {
  return {
    async audit({ query: { after, kind, room, limit } }) {
      const narrowed = { ...(kind && { kinds: [kind] }), ...(room !== undefined && { room }) };
      return { entries: await audit.entries({ afterSeq: after, limit, ...narrowed }) };
    },
    verifyAudit: () => audit.verify(),
    async makeToken({ caller, body }) {
      const made = await tokens.make(body);
      const { role, subject, rooms = null } = body;
      const details = { token: made.id, role, subject, rooms, expiresMs: made.expiresMs };
      const atMs = clock.now();
      await audit.append({ atMs, kind: 'access', action: 'token.made', actor: caller.actor, room: null, details });
      return made;
    },
    async revokeToken({ caller, body: { id, expiresMs } }) {
      await tokens.revoke(id, expiresMs, caller.actor);
      return null;
    },
  };
}
