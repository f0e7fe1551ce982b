import type { Label } from '../domain.ts';

/** All labels a pack may use, in the product's order. */
export const LABELS = [
  'neutral',
  'happiness',
  'surprise',
  'sadness',
  'anger',
  'disgust',
  'fear',
  'contempt',
] as const satisfies readonly Label[];
