/** What the HTTP API says of review and calibration, as schemas; the nouns are in `src/domain/review.ts`. */
import { z } from 'zod';
import { label, perLabel, rejectReason, rejectRule, verdict } from '../../protocol.ts';
import { ms, name } from '../nouns.ts';

const status = z.enum(['accepted', 'rejected']);
const score = z.number().min(-1).max(1);
/** An id that the server made. */
export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** What a reviewer says of an item. */
export const answer = z
  .strictObject({
    labels: z.array(label).max(8),
    cannotTell: z.boolean(),
    attributes: z.strictObject({ valence: score, arousal: score }).nullable(),
    tookMs: z.number().min(0).max(86_400_000).describe('from being shown to being answered'),
  })
  .refine(({ labels, cannotTell }) => cannotTell === (labels.length === 0), {
    error: 'name at least one label, or say that nothing can be told: one of the two',
  })
  .refine(({ labels }) => new Set(labels).size === labels.length, { error: 'a label is named twice' });

/** An item as the queue lists it: without the model's guess, and what it was rejected for only once it is done. */
export const reviewListing = z.object({
  id,
  room: name,
  participant: z.string(),
  createdMs: ms,
  startMs: ms,
  endMs: ms,
  status: status
    .nullable()
    .describe('null until the item is done, as is `reason`: who lists the queue may answer it blind'),
  reason: rejectReason.nullable(),
  answers: z.int(),
  raters: z.int(),
  state: z.enum(['open', 'held', 'done']),
});

/** Until when an item is held: as an instant, and as what is left of it, for whoever's clock is another. */
export const term = { expiresMs: ms, leftMs: z.number().describe('ms from now until `expiresMs`') };

/** An item held for a reviewer: what they see before they answer. */
export const claimedItem = z.object({
  reservation: id,
  ...term,
  item: z.object({
    id,
    room: name,
    participant: z.string(),
    startMs: ms,
    endMs: ms,
    modalities: z.array(z.enum(['voice', 'face'])),
    clip: z.boolean().describe('whether there is a clip to play'),
    answers: z.int().describe('answers that others have given'),
    raters: z.int(),
  }),
});

/** An answer on record. */
export const annotation = z.object({
  id,
  item: id,
  reviewer: z.string(),
  atMs: ms,
  tookMs: z.number(),
  informed: z
    .boolean()
    .describe(
      'given after the verdict had been seen: an earlier answer was taken back, or an admin had read or exported the item',
    ),
  labels: z.array(label),
  cannotTell: z.boolean(),
  attributes: z.object({ valence: score, arousal: score }).nullable(),
});

/** What is shown once an answer is given: what the model said. */
export const answered = z.object({ annotation, verdict });

/** An item with everything, for those who may see it all. */
export const reviewedItem = z.object({
  item: z.object({
    id,
    room: name,
    participant: z.string(),
    segment: z.string(),
    createdMs: ms,
    causes: z.array(z.enum(['rejected', 'audit', 'information'])),
    propensity: z.number().describe('the chance with which it was drawn'),
    verdict,
    packProbabilities: perLabel,
    clip: z.string().nullable(),
    raters: z.int(),
  }),
  annotations: z.array(annotation),
});

/** How review is going. */
export const reviewProgress = z.object({
  open: z.int(),
  held: z.int(),
  done: z.int(),
  reviewers: z.array(
    z.object({
      reviewer: z.string(),
      answers: z.int(),
      cannotTell: z.int(),
      skips: z.int(),
      medianTookMs: z.number().nullable(),
      labels: z.partialRecord(label, z.int()),
    }),
  ),
});

/** A segment that was kept. */
export const segmentRecord = z.object({
  id: z.string(),
  room: name,
  participant: z.string(),
  index: z.int(),
  startMs: ms,
  endMs: ms,
  status,
  labels: z.array(label),
  reason: rejectReason.nullable(),
  probabilities: perLabel,
  windows: z.int(),
  pack: z.string(),
  calibration: z.string().nullable(),
});

const subset = z.object({
  labels: z.partialRecord(label, z.object({ method: z.literal('platt'), a: z.number(), b: z.number() })),
  thresholds: perLabel,
  reject: rejectRule.nullable(),
});

/** A calibration by reviewers' answers, with its place and report. */
export const calibrationRecord = z.object({
  calibration: z.object({
    id,
    createdMs: ms,
    pack: z.string(),
    subsets: z.object({
      voice: subset.exactOptional(),
      face: subset.exactOptional(),
      both: subset.exactOptional(),
    }),
  }),
  status: z.enum(['proposed', 'active', 'retired', 'dismissed']),
  report: z.record(z.string(), z.unknown()).describe('before and after, by group, with intervals'),
});
