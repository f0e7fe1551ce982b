import { expect, test } from 'vitest';
import { mixVoices, type VoiceRow } from '../../../../models/toolkit/train/mix.ts';

const a: VoiceRow = { logMel: Float32Array.of(0, -2), shares: [1, 0], present: [1, 0] };
const b: VoiceRow = { logMel: Float32Array.of(-1, 1), shares: [0.2, 0.8], present: [0, 1] };

test('powers add up, and so does what raters said', () => {
  const mixed = mixVoices(a, b, 0.75);
  expect(mixed.logMel[0]).toBeCloseTo(Math.log(0.75 + 0.25 * Math.exp(-1)), 6);
  expect(mixed.logMel[1]).toBeCloseTo(Math.log(0.75 * Math.exp(-2) + 0.25 * Math.exp(1)), 6);
  expect(mixed.shares[0]).toBeCloseTo(0.8);
  expect(mixed.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  expect(mixed.present).toEqual([0.75, 0.25]);
});

test('all of one is that one', () => {
  const { logMel, shares, present } = mixVoices(a, b, 1);
  expect([...logMel]).toEqual([0, -2]);
  expect({ shares, present }).toEqual({ shares: a.shares, present: a.present });
});
