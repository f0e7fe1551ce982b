import { expect, test } from 'vitest';
import { svgFile } from '../../../src/core/figures/drawing.ts';
import { recoveryScatter } from '../../../src/core/figures/recovery-scatter.ts';

test('a dot a rater in a plane a property, and in words how well they agree', () => {
  const drawing = recoveryScatter([
    { name: 'Leniency', planted: [-0.2, 0, 0.3], learned: [-0.1, 0.05, 0.2], agreement: 'r 0.97' },
    { name: 'Noise', planted: [0.3, 0.3, 0.3], learned: [1, 1, 1], agreement: 'rank r 0.10' },
  ]);
  expect(drawing.description).toBe('Leniency: r 0.97; Noise: rank r 0.10');
  expect(drawing.content.match(/<circle/g)).toHaveLength(6);
  // Values that are all the same still have a place.
  expect(svgFile(drawing)).not.toContain('NaN');
});
