/** Reject rules as `pack.json` writes them, in either format: what `undertone reject fit` writes and src/core/decision.ts applies. */
import { z } from 'zod';
import { DOUBT_SCORES } from '../../src/core/reject/doubt.ts';
import { LABELS } from '../../src/core/labels.ts';
import { acceptsMore } from '../../src/core/reject/ladder.ts';

const share = z.number().gt(0).lt(1);
const count = z.int().min(0);
/** Doubts begin at 0; no score of 8 labels reaches 3. */
const tooFar = { error: 'must be a doubt from 0 to 3' };
const doubt = z.number().min(0, tooFar).max(3, tooFar);
const limit = z.union([doubt, z.partialRecord(z.enum(LABELS), doubt)], {
  error: 'must be a doubt from 0 to 3, or one for each label that may be accepted',
});

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

const ladder = z.strictObject({
  delta: share,
  rungs: z
    .array(z.strictObject({ risk: share, threshold: limit, accepted: count, wrong: count }))
    .min(1)
    .max(32),
});

const rule = z
  .strictObject({
    score: z.enum(DOUBT_SCORES, {
      error: (issue) => `unknown score '${String(issue.input)}'; known: ${DOUBT_SCORES.join(', ')}`,
    }),
    threshold: limit,
    promise,
    ladder: ladder.exactOptional(),
  })
  .superRefine(({ threshold, promise: { risk, n }, ladder: { rungs } = { rungs: [] } }, context) => {
    const problem = (i: number, message: string) => {
      context.addIssue({
        code: 'custom',
        path: ['ladder', 'rungs', i],
        message: `${message}; run reject fit on the pack`,
      });
    };
    rungs.forEach((rung, i) => {
      if (rung.wrong > rung.accepted || rung.accepted > n)
        problem(i, `${rung.wrong} wrong of ${rung.accepted} accepted of ${n} clips cannot be`);
      if (rung.risk === risk) problem(i, `the rule itself promises a risk of ${risk}`);
      const own = risk !== undefined && risk < rung.risk ? [{ risk, threshold }] : [];
      const before = [...rungs.slice(0, i), ...own];
      if (before.some((other) => other.risk >= rung.risk || !acceptsMore(rung.threshold, other.threshold)))
        problem(i, `a risk of ${rung.risk} must stand after lesser ones and accept more than they do`);
    });
  });

/** By the modalities that were judged; for what is not named `minTopProbability` decides. */
export const reject = z.strictObject({
  voice: rule.exactOptional(),
  face: rule.exactOptional(),
  both: rule.exactOptional(),
});
