import { describe, expect, it } from 'vitest';
import { compareCalibrations } from '../../../src/core/calibrators/compare.ts';
import { sigmoid } from '../../../src/core/probability.ts';
import { planted, type Examples } from './examples.ts';

const rows = ({ p, present }: Examples) => [p.map((x) => [x]), present.map((y) => [y])] as const;
const labels = ['happiness'];

describe('comparing calibrations', () => {
  it('finds that a network which is right needs none, by no more than noise', () => {
    const { scores } = compareCalibrations(...rows(planted(3000, sigmoid)), { labels });
    const none = scores.uncalibrated.mean;
    expect(Math.abs(scores.temperature.mean.nll - none.nll)).toBeLessThan(0.005);
    expect(Math.abs(scores.platt.mean.nll - none.nll)).toBeLessThan(0.005);
  });

  it('finds temperature where the network is too sure, and that it lowers every score', () => {
    const { scores, best } = compareCalibrations(...rows(planted(3000, (z) => sigmoid(z / 3))), { labels });
    expect(['temperature', 'platt']).toContain(best);
    for (const key of ['nll', 'brier', 'ece'] as const)
      expect(scores.temperature.mean[key]).toBeLessThan(scores.uncalibrated.mean[key]);
  });

  it('finds Platt scaling where the network says a label too often', () => {
    expect(compareCalibrations(...rows(planted(3000, (z) => sigmoid(z - 2))), { labels }).best).toBe('platt');
  });

  it('finds isotonic scaling where the truth is a step', () => {
    expect(compareCalibrations(...rows(planted(3000, (z) => (z > 1 ? 0.7 : 0.2))), { labels }).best).toBe('isotonic');
  });

  it('holds each group out once, or deals groups into so many folds', () => {
    const [p, present] = rows(planted(60, sigmoid));
    const groups = p.map((_, i) => i % 6);
    expect(compareCalibrations(p, present, { labels, groups }).folds).toBe(6);
    expect(compareCalibrations(p, present, { labels, groups, folds: 3 }).folds).toBe(3);
    expect(compareCalibrations(p, present, { labels }).folds).toBe(10);
  });

  it('gives the same scores for the same seed', () => {
    const [p, present] = rows(planted(100, sigmoid));
    const once = compareCalibrations(p, present, { labels, seed: 3 });
    expect(compareCalibrations(p, present, { labels, seed: 3 })).toEqual(once);
    expect(compareCalibrations(p, present, { labels, seed: 4 })).not.toEqual(once);
  });
});
