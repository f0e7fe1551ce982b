/** What the loop reports, as schemas: agreement of reviewers, and a calibration before and after. */
import { z } from 'zod';
import { label } from '../../protocol.ts';

const interval = z.tuple([z.number(), z.number()]).describe('from, to');
const number = z.number().nullable();

const agreed = z.object({
  alpha: number.describe('Krippendorff’s alpha: 1 is perfect, 0 is chance; null where nothing can be compared'),
  interval: interval.nullable().describe('95 %, over items'),
  items: z.int().describe('items with two answers or more'),
});

/** How far reviewers agree. */
export const agreementReport = z.object({
  labels: agreed.describe('whole answers as sets of labels, by MASI distance'),
  perLabel: z.partialRecord(label, agreed),
  valence: agreed,
  arousal: agreed,
  reviewers: z.array(
    z.object({
      reviewer: z.string(),
      answers: z.int(),
      cannotTell: z.int(),
      shared: z.int().describe('items that somebody else could tell about too'),
      withOthers: number.describe('alpha’s reading of this one against the rest'),
      medianTookMs: number,
    }),
  ),
});

const change = z.object({
  before: number,
  after: number,
  difference: interval.nullable().describe('95 % of after - before, over persons'),
});
const comparison = z.object({
  ece: change,
  brier: change,
  macroF1: change,
  coverage: change,
  risk: change,
  aurc: change,
});

/** Why nothing is proposed, and the least that would do. */
const refusal = z.object({ reason: z.string(), have: number, need: number, why: z.string() });

/** What a calibration would change, judged on persons that it was not fitted on. */
export const recalibrationReport = z.object({
  pack: z.string(),
  current: z.string().nullable().describe('what `before` stands for; null: the pack alone'),
  seed: z.number(),
  items: z.object({ used: z.int(), unjudged: z.int(), ofOtherPacks: z.int(), withoutVotes: z.int() }),
  subsets: z.array(
    z.object({
      subset: z.enum(['voice', 'face', 'both']),
      items: z.int(),
      participants: z.int(),
      effectiveItems: z.number(),
      audited: z.int(),
      refusal: refusal.nullable(),
      all: comparison.nullable().describe('all answers, weighed by inverse propensity'),
      audit: comparison.nullable().describe('accepted segments that were drawn whatever they said'),
      labels: z.array(
        z.object({
          label,
          present: z.int(),
          changed: z.boolean().describe('calibrated anew; otherwise left as it was, for want of a clear gain'),
          a: z.number(),
          b: z.number(),
          thresholdBefore: z.number(),
          thresholdAfter: z.number(),
          ece: change,
          brier: change,
        }),
      ),
      groups: z.array(
        z.object({
          by: z.enum(['room', 'role']),
          group: z.string(),
          items: z.int(),
          participants: z.int(),
          figures: comparison,
        }),
      ),
      rule: z
        .object({
          risk: z.number(),
          delta: z.number(),
          found: z.boolean(),
          rows: z.int().describe('evenly drawn items that some threshold accepts'),
          why: z.string().nullable(),
        })
        .nullable()
        .describe('the reject rule that can be promised, or why none can'),
    }),
  ),
  refusal: refusal.nullable(),
});

/** A calibration before and after. */
export type RecalibrationJson = z.infer<typeof recalibrationReport>;
