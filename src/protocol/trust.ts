/** What people are told and given, as schemas for WebSocket and HTTP alike; the nouns are in `src/domain/trust.ts`. */
import { z } from 'zod';
import { ms, name } from './nouns.ts';

/** What a room is for. */
export const purpose = z.enum(['demonstration', 'meeting', 'customer-call', 'research', 'medical', 'safety']);
/** Whose law holds. */
export const jurisdiction = z.enum(['eu', 'other']);
/** What a room's part means for the law. */
export const roleKind = z.enum(['customer', 'patient', 'employee', 'student', 'candidate', 'other']);
/** What a room keeps of its scores. */
export const keeping = z.enum(['nothing', 'segments', 'windows']);

const count = z.int().min(0);

/** What was deleted of somebody, and what was kept. */
export const deletionReceipt = z.object({
  room: name,
  participant: z.string(),
  id: z.string(),
  atMs: ms,
  deleted: z.object({
    clips: count,
    segments: count,
    verdicts: count,
    reviewItems: count,
    annotations: count,
  }),
  kept: z.array(z.string()).describe('what stays, each with the reason'),
});

const agreement = z.object({
  text: z.string().describe('paragraphs, parted by an empty line'),
  version: z.string().describe('names exactly this text; a grant repeats it as `textVersion`'),
});

/** What people are told before they join, and agree to. */
export const roomTerms = z.object({
  room: name,
  purpose,
  jurisdiction,
  justification: z.string().nullable().describe('why analysis is medical or a matter of safety'),
  roles: z
    .array(
      z.object({
        role: z.string(),
        kind: roleKind,
        analysed: z.boolean().describe('whether people of this role may be analysed if they agree'),
        because: z.string().nullable().describe('why not, in a sentence; null where they may be'),
      }),
    )
    .describe('the parts that people may have in the room'),
  consent: agreement.describe('what a person agrees to'),
  sample: agreement.describe('what goes on record of the sample clip, which is nobody: role `sample`'),
  keeping,
  clips: z.boolean().describe('whether short clips are kept of what reviewers are asked about'),
  retention: z.object({ clipsMs: z.number(), scoresMs: z.number(), reviewsMs: z.number() }),
  words: z
    .object({ purpose: z.string(), kept: z.string() })
    .describe('for a notice: what the room is for, and what it keeps for how long, as the end of a sentence'),
});
