/** What the HTTP API says of rooms, consent and the audit log, as schemas; the nouns are in `src/domain/trust.ts`. */
import { z } from 'zod';
import { rejectReason } from '../../protocol.ts';
import { ms, name } from '../nouns.ts';
import { jurisdiction, keeping, purpose, roleKind } from '../trust.ts';

const duration = z.number().min(0).max(3_155_760_000_000).describe('ms');
const chance = z.number().min(0).max(1);
/** A short text without control characters. */
export const line = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^[^\p{C}]+$/u);

/** Settings of a room, as an admin reads and writes them. */
export const roomSettings = z.strictObject({
  room: name,
  purpose,
  jurisdiction,
  justification: z.string().trim().min(1).max(2000).nullable().describe('required for purposes medical and safety'),
  roles: z.record(line, roleKind).describe('the parts that people may have in the room'),
  consentText: z.string().trim().min(20).max(20_000).describe('what people agree to'),
  keeping,
  clips: z.boolean().describe('whether a clip is kept of what reviewers are asked about'),
  retention: z.strictObject({ clipsMs: duration, scoresMs: duration, reviewsMs: duration }),
  review: z.strictObject({
    reasons: z.array(rejectReason).max(10),
    rejectedShare: chance.describe('chance that a rejected segment is asked about'),
    auditShare: chance.describe('chance that an accepted segment is asked about'),
    informationShare: chance.describe('greatest chance that a segment is asked about for what it would teach'),
    raters: z.int().min(1).max(16),
    reservationMs: z.number().min(10_000).max(3_600_000),
  }),
});

const participant = { room: name, participant: z.string() };

/** One entry in the history of somebody's consent. */
export const consentRecord = z.object({
  ...participant,
  granted: z.boolean(),
  atMs: ms,
  role: z.string(),
  textVersion: z.string(),
  text: z.string(),
});

/** What an audit entry is about. */
export const auditKind = z.enum(['consent', 'access', 'configuration', 'model', 'review', 'deletion']);

/** One link of the audit chain. */
export const auditEntry = z.object({
  seq: z.int().min(1),
  atMs: ms,
  kind: auditKind,
  action: z.string(),
  actor: z.object({ role: z.enum(['publisher', 'viewer', 'reviewer', 'admin', 'server']), subject: z.string() }),
  room: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
  previous: z.string(),
  hash: z.string().describe('SHA-256 of this entry and `previous`'),
});

/** Where the audit log is delivered to, without the key that signs. */
export const webhook = z.object({
  id: z.string(),
  url: z.string(),
  kinds: z.array(auditKind),
  rooms: z.array(name).nullable().describe('null: all, and what concerns no room'),
  deliveredSeq: z.int().describe('audit entries up to this one were delivered, or are not for it'),
  failures: z.int().describe('failed deliveries of the next entry, one after another'),
  problem: z.string().nullable().describe('why the latest delivery failed'),
});
