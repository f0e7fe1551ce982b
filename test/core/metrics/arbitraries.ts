/** Random clips, and the reference clips of scikit-learn, SciPy and Fairlearn. */
import fc from 'fast-check';
import reference from '../../fixtures/metrics.json' with { type: 'json' };
import type { Matrix } from '../../../src/core/metrics/matrix.ts';

const LABELS = 4;

/** Votes of a clip as shares; ties are frequent. */
const votes: fc.Arbitrary<readonly number[]> = fc
  .array(fc.nat(5), { minLength: LABELS, maxLength: LABELS })
  .filter((row) => row.some((n) => n > 0))
  .map((row) => row.map((n) => n / row.reduce((sum, m) => sum + m, 0)));

const distribution: fc.Arbitrary<readonly number[]> = fc
  .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: LABELS, maxLength: LABELS })
  .map((row) => row.map((x) => x / row.reduce((sum, y) => sum + y, 0)));

const probabilities: fc.Arbitrary<readonly number[]> = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: LABELS,
  maxLength: LABELS,
});

const multiHot: fc.Arbitrary<readonly number[]> = fc.array(fc.constantFrom(0, 1), {
  minLength: LABELS,
  maxLength: LABELS,
});

export interface Clip {
  readonly truth: readonly number[];
  readonly shares: readonly number[];
  readonly probabilities: readonly number[];
  readonly uncalibrated: readonly number[];
  readonly present: readonly number[];
  readonly said: readonly number[];
  readonly accepted: boolean;
  readonly group: string;
}

export const clips: fc.Arbitrary<readonly Clip[]> = fc.array(
  fc.record({
    truth: votes,
    shares: distribution,
    probabilities,
    uncalibrated: probabilities,
    present: multiHot,
    said: multiHot,
    accepted: fc.boolean(),
    group: fc.constantFrom('a', 'b', 'c'),
  }),
  { minLength: 1, maxLength: 40 },
);

export const column = <Key extends keyof Clip>(list: readonly Clip[], key: Key): Clip[Key][] =>
  list.map((clip) => clip[key]);

const voteShares: Matrix = reference.votes.map((row) => row.map((n) => n / row.reduce((sum, m) => sum + m, 0)));

/** 120 clips with six labels, and what the reference libraries make of them. */
export const REFERENCE = {
  truth: voteShares,
  shares: reference.predShare as Matrix,
  probabilities: reference.probability as Matrix,
  groups: reference.group.map(String),
  attributeTrue: reference.attributeTrue,
  attributePred: reference.attributePred,
  expected: reference.expected,
};
