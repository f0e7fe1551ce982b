/** Random votes for property tests. */
import fc from 'fast-check';
import { LABELS } from '../../../src/core/labels.ts';
import type { Votes } from '../../../src/core/manifest-votes.ts';
import type { Tally } from '../../../src/core/aggregation/votes.ts';

const few = fc.integer({ min: 0, max: 6 });

/** Votes of a clip that someone has rated; ties, gaps and `other` are frequent. */
export const someVotes: fc.Arbitrary<Votes> = fc
  .array(few, { minLength: LABELS.length + 1, maxLength: LABELS.length + 1 })
  .filter((counts) => counts.some((count) => count > 0))
  .map((counts) => Object.fromEntries([...LABELS, 'other' as const].map((choice, k) => [choice, counts[k] ?? 0])));

/** The same, as a list of C labels sees it, 2 to 8. */
export const someTally: fc.Arbitrary<Tally> = fc
  .record({ counts: fc.array(few, { minLength: 2, maxLength: 8 }), other: few })
  .map(({ counts, other }) => ({ counts, total: counts.reduce((sum, count) => sum + count, other) }))
  .filter(({ total }) => total > 0);

/** Some clips under one list of C labels. */
export const someTallies: fc.Arbitrary<readonly Tally[]> = fc.integer({ min: 2, max: 8 }).chain((classes) =>
  fc.array(
    fc
      .record({ counts: fc.array(few, { minLength: classes, maxLength: classes }), other: few })
      .map(({ counts, other }) => ({ counts, total: counts.reduce((sum, count) => sum + count, other) }))
      .filter(({ total }) => total > 0),
    { minLength: 1, maxLength: 20 },
  ),
);

/** A tally with its labels in another order: `order[k]` is the label that comes to stand at k. */
export function reordered({ counts, total }: Tally, order: readonly number[]): Tally {
  return { counts: order.map((k) => counts[k] ?? 0), total };
}
