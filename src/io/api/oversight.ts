/** Operations of an admin: the audit log, where it is delivered to, and tokens. */
import { randomBytes } from 'node:crypto';
import { UndertoneError } from '../../errors.ts';
import type { Store } from '../../ports/store.ts';
import type { Actor } from '../../domain/trust.ts';
import type { Clock } from '../../ports.ts';
import type { OperationRequest } from '../../protocol/api.ts';
import { checkAddress } from '../webhooks/address.ts';
import type { Handlers } from './handlers.ts';

/** A token that was made, and what it can be called back by. */
export interface MadeToken {
  readonly id: string;
  readonly token: string;
  readonly expiresMs: number;
}

/** What the admin's operations need. */
export interface OversightDeps {
  readonly store: Pick<Store, 'audit' | 'webhooks'>;
  /** Hosts that webhooks may reach though they are private. */
  readonly webhookHosts: readonly string[];
  readonly clock: Clock;
  readonly tokens: {
    make(wanted: OperationRequest<'makeToken'>['body']): Promise<MadeToken>;
    /** Call a token back, on record and live. */
    revoke(id: string, expiresMs: number, actor: Actor): Promise<void>;
  };
}

type OversightOperation =
  'audit' | 'verifyAudit' | 'webhooks' | 'addWebhook' | 'removeWebhook' | 'makeToken' | 'revokeToken';

/** Handlers of the audit log, of webhooks and of tokens. */
export function oversightHandlers({
  store: { audit, webhooks },
  webhookHosts,
  clock,
  tokens,
}: OversightDeps): Handlers<OversightOperation> {
  return {
    async audit({ caller, query: { after, kind, room, limit } }) {
      if (caller.rooms !== null && (room === undefined || !caller.rooms.includes(room)))
        throw new UndertoneError('forbidden', `name one of the rooms of this token: ${caller.rooms.join(', ')}`);
      const narrowed = { ...(kind && { kinds: [kind] }), ...(room !== undefined && { room }) };
      return { entries: await audit.entries({ afterSeq: after, limit, ...narrowed }) };
    },
    verifyAudit: () => audit.verify(),
    async webhooks() {
      return { webhooks: await webhooks.all() };
    },
    async addWebhook({ caller, body: { url, kinds, rooms } }) {
      const { href } = checkAddress(url, webhookHosts);
      if ((await webhooks.all()).some((known) => known.url === href))
        throw new UndertoneError(
          'conflict',
          `${new URL(href).host} is told at this address already: remove that first`,
        );
      const [id, secret] = [randomBytes(9).toString('base64url'), randomBytes(32).toString('base64')];
      await webhooks.add({ id, url: href, kinds, rooms, secret }, caller.actor, clock.now());
      return { id, secret };
    },
    async removeWebhook({ caller, params: { id } }) {
      await webhooks.remove(id, caller.actor, clock.now());
      return null;
    },
    async makeToken({ caller, body }) {
      const made = await tokens.make(body);
      const { role, subject, rooms = null } = body;
      const details = { token: made.id, role, subject, rooms, expiresMs: made.expiresMs };
      const atMs = clock.now();
      await audit.append({
        atMs,
        kind: 'access',
        action: 'access.token-made',
        actor: caller.actor,
        room: null,
        details,
      });
      return made;
    },
    async revokeToken({ caller, body: { id, expiresMs } }) {
      await tokens.revoke(id, expiresMs, caller.actor);
      return null;
    },
  };
}
