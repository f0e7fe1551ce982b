/**
 * What is kept as JSON, as schemas: a row is checked on its way out, so that a database that somebody edited, or that another
 * version wrote, is named in place of what would fail later.
 */
import { z } from 'zod';
import type { Verdict } from '../../domain.ts';
import type { ReviewCalibration, ReviewCause } from '../../domain/review.ts';
import type { RoomSettings } from '../../domain/trust.ts';
import { UndertoneError } from '../../errors.ts';
import { label, rejectReason, rejectRule, verdict as verdictJson } from '../../protocol.ts';

const ratio = z.number().min(0).max(1);
const platt = z.object({ method: z.literal('platt'), a: z.number().positive(), b: z.number() });

/** Labels, in order. */
export const labels: z.ZodType<readonly z.infer<typeof label>[]> = z.array(label);

/** A number for some labels. */
export const perLabel = z.partialRecord(label, z.number());

/** Why an item is asked about. */
export const causes: z.ZodType<readonly ReviewCause[]> = z.array(z.enum(['rejected', 'audit', 'information']));

/** A window's verdict. */
export const verdict: z.ZodType<Verdict> = verdictJson
  .refine(({ status, reason }) => (status === 'accepted') === (reason === null), 'only what is rejected has a reason')
  .transform((checked) => checked as Verdict);

const retention = z.object({ clipsMs: z.number(), scoresMs: z.number(), reviewsMs: z.number() });

/** A room's settings. */
export const roomSettings: z.ZodType<RoomSettings> = z.object({
  room: z.string(),
  purpose: z.enum(['demonstration', 'meeting', 'customer-call', 'research', 'medical', 'safety']),
  jurisdiction: z.enum(['eu', 'other']),
  justification: z.string().nullable(),
  roles: z.record(z.string(), z.enum(['customer', 'patient', 'employee', 'student', 'candidate', 'other'])),
  consentText: z.string(),
  keeping: z.enum(['nothing', 'segments', 'windows']),
  clips: z.boolean(),
  retention,
  review: z.object({
    reasons: z.array(rejectReason),
    rejectedShare: ratio,
    auditShare: ratio,
    informationShare: ratio,
    raters: z.int().min(1),
    reservationMs: z.number().positive(),
  }),
});

/** What the audit log says of a change of settings; of it only how long things are kept. */
export const settingsChange = z.object({ changed: z.object({ retention: retention.exactOptional() }) });

/** A calibration by reviewers. */
export const reviewCalibration: z.ZodType<ReviewCalibration> = z.object({
  id: z.string(),
  createdMs: z.number(),
  pack: z.string(),
  subsets: z.partialRecord(
    z.enum(['voice', 'face', 'both']),
    z.object({ labels: z.partialRecord(label, platt), thresholds: perLabel, reject: rejectRule.nullable() }),
  ),
});

/** Any object. */
export const record: z.ZodType<Readonly<Record<string, unknown>>> = z.record(z.string(), z.unknown());

/**
 * A document out of a row.
 * @param what the row, for the message, as `item 3f2a`.
 * @throws UndertoneError `store-invalid`, naming the row and what is wrong with it.
 */
export function readDocument<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UndertoneError(
    'store-invalid',
    `${what} in the database is not as this version writes it (${z.prettifyError(parsed.error)}): restore a backup, or ` +
      'start the version that wrote it',
  );
}
