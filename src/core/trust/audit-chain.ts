/**
 * The hash chain of the audit log: each entry covers what happened, its place and the hash before it, so that an entry which
 * was changed, removed or put in shows at the first place where the chain no longer fits (the linked time-stamping of
 * Haber and Stornetta 1991, Section 5.1). What was cut off the end does not show from inside: compare `head` with one that was
 * written down elsewhere.
 */
import type { AuditEntry, AuditEvent } from '../../domain/trust.ts';

/** SHA-256 of a text's UTF-8 bytes, in hex; passed in, as the core has no hash of its own. */
export type HashText = (text: string) => string;

/** What stands before the first entry: 64 zeros. */
export const GENESIS = '0'.repeat(64);

/** The end of a chain, all that is needed to go on with it. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Where an empty chain ends. */
export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: GENESIS };

/**
 * The entry that follows `head`.
 * @param event what happened; `details` is taken as JSON keeps it.
 * @example const first = chainEntry(EMPTY_CHAIN, event, sha256);
 */
export function chainEntry(head: ChainHead, event: AuditEvent, hash: HashText): AuditEntry {
  const linked = { ...plainEvent(event), seq: head.seq + 1, previous: head.hash };
  return { ...linked, hash: hash(canonicalJson(linked)) };
}

/**
 * Follow the chain over one more entry.
 * @returns the new head, or null when `entry` is not what follows `head`: it, or one just before it, was changed, removed or
 *   put in.
 */
export function followChain(head: ChainHead, entry: AuditEntry, hash: HashText): ChainHead | null {
  const { hash: claimed, ...linked } = entry;
  if (linked.seq !== head.seq + 1 || linked.previous !== head.hash) return null;
  const { seq, previous } = linked;
  if (hash(canonicalJson({ ...plainEvent(linked), seq, previous })) !== claimed) return null;
  return { seq, hash: claimed };
}

/**
 * JSON in one form: members sorted by their names' UTF-16 units, no spaces, numbers and strings as `JSON.stringify` writes them
 * (RFC 8785, Section 3.2). Members that are undefined are left out.
 * @param value what `JSON.parse` may give.
 * @example canonicalJson({ b: 1, a: [true] }) // '{"a":[true],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** The event alone, whatever else came with it. */
function plainEvent({ atMs, kind, action, actor, room, details }: AuditEvent): AuditEvent {
  return { atMs, kind, action, actor: { role: actor.role, subject: actor.subject }, room, details: plain(details) };
}

/** As it will be read back. */
function plain(details: AuditEvent['details']): AuditEvent['details'] {
  return JSON.parse(JSON.stringify(details)) as AuditEvent['details'];
}
