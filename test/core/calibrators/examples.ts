/** Random examples of one label: probabilities and whether the label was present. */
import fc from 'fast-check';
import { sigmoid } from '../../../src/core/probability.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';

/** What a method is fitted on. */
export interface Examples {
  readonly p: number[];
  readonly present: number[];
}

/** Probabilities anywhere in [0, 1], ends and ties included. */
export const probability = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.5, 1, 0.5 + Number.EPSILON / 2, 0.5 - Number.EPSILON / 4),
);

/** Up to forty examples with at least one of each kind. */
export const examples: fc.Arbitrary<Examples> = fc
  .array(fc.tuple(probability, fc.constantFrom(0, 1)), { maxLength: 38 })
  .chain((some) => fc.tuple(fc.constant(some), probability, probability))
  .map(([some, p0, p1]) => [...some, [p0, 0] as const, [p1, 1] as const])
  .map((pairs) => ({ p: pairs.map(([p]) => p), present: pairs.map(([, y]) => y) }));

/** n examples whose logit z is normal with deviation 3 and whose presence has the probability `truth(z)`. */
export function planted(n: number, truth: (z: number) => number, seed = 1): Examples {
  const random = randomStream(seed, 'planted');
  const z = Array.from({ length: n }, () => 3 * gaussian(random));
  return { p: z.map((x) => sigmoid(x)), present: z.map((x) => (random() < truth(x) ? 1 : 0)) };
}
