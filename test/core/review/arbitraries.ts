/** Predictions and calibrations for tests of review. */
import fc from 'fast-check';
import { LABELS } from '../../../src/core/labels.ts';
import type { Label, Modality, PerLabel, Prediction } from '../../../src/domain.ts';
import type { ReviewCalibration, SubsetCalibration } from '../../../src/domain/review.ts';

export const perLabel = (value: fc.Arbitrary<number>): fc.Arbitrary<PerLabel> =>
  fc.tuple(...LABELS.map(() => value)).map((all) => Object.fromEntries(LABELS.map((label, k) => [label, all[k] ?? 0])));

const probability = fc.double({ min: 0.001, max: 0.999, noNaN: true });

export const modalities: fc.Arbitrary<readonly Modality[]> = fc.constantFrom(['voice'], ['face'], ['voice', 'face']);

export const prediction: fc.Arbitrary<Prediction> = fc.record({
  probabilities: perLabel(probability),
  shares: fc.constant(Object.fromEntries(LABELS.map((label) => [label, 1 / LABELS.length]))),
  modalities,
  uncertainty: fc.constant(Math.log(LABELS.length)),
});

const platt = fc.record({
  method: fc.constant('platt' as const),
  a: fc.double({ min: 0.2, max: 3, noNaN: true }),
  b: fc.double({ min: -2, max: 2, noNaN: true }),
});

const subset: fc.Arbitrary<SubsetCalibration> = fc.record({
  labels: fc.dictionary(fc.constantFrom<Label>(...LABELS), platt),
  thresholds: perLabel(fc.double({ min: 0.1, max: 0.9, noNaN: true })),
  reject: fc.constant(null),
});

export const calibration: fc.Arbitrary<ReviewCalibration> = fc.record({
  id: fc.constant('c1'),
  createdMs: fc.constant(0),
  pack: fc.constant('test@1'),
  subsets: fc.record({ voice: subset, face: subset, both: subset }, { requiredKeys: [] }),
});
