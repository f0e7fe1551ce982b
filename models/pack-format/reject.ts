/** Reject rules as `pack.json` writes them, in either format: what `undertone reject fit` writes and src/core/decision.ts applies. */
import { z } from 'zod';
import { DOUBT_SCORES } from '../../src/core/reject/doubt.ts';
import { LABELS } from '../../src/core/labels.ts';

const share = z.number().gt(0).lt(1);
const count = z.int().min(0);
/** Doubts begin at 0; no score of 8 labels reaches 3. */
const tooFar = { error: 'must be a doubt from 0 to 3' };
const threshold = z.number().min(0, tooFar).max(3, tooFar);

const promise = z
  .strictObject({
    risk: share.exactOptional(),
    coverage: share.exactOptional(),
    delta: share,
    per: z.string().min(1).max(64).exactOptional(),
    n: count,
    accepted: count,
    wrong: count,
    clips: z.string(),
  })
  .superRefine(({ risk, coverage, n, accepted, wrong }, context) => {
    const problem = (message: string) => {
      context.addIssue({ code: 'custom', message: `${message}; run reject fit on the pack` });
    };
    if (risk === undefined && coverage === undefined) problem('promises neither a risk nor a coverage');
    if (wrong > accepted || accepted > n) problem(`${wrong} wrong of ${accepted} accepted of ${n} clips cannot be`);
  });

const rule = z.strictObject({
  score: z.enum(DOUBT_SCORES, {
    error: (issue) => `unknown score '${String(issue.input)}'; known: ${DOUBT_SCORES.join(', ')}`,
  }),
  threshold: z.union([threshold, z.partialRecord(z.enum(LABELS), threshold)], {
    error: 'must be a doubt from 0 to 3, or one for each label that may be accepted',
  }),
  promise,
});

/** By the modalities that were judged; for what is not named `minTopProbability` decides. */
export const reject = z.strictObject({
  voice: rule.exactOptional(),
  face: rule.exactOptional(),
  both: rule.exactOptional(),
});
