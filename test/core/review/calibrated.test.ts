import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/decision.ts';
import { decisionUnder, subsetCalibration, underCalibration } from '../../../src/core/review/calibrated.ts';
import { calibrationInForce } from '../../../src/core/review/in-force.ts';
import { LABELS } from '../../../src/core/labels.ts';
import type { PackDecision, RejectRule } from '../../../src/domain.ts';
import type { ReviewCalibration } from '../../../src/domain/review.ts';
import { calibration, prediction } from './arbitraries.ts';

const DECISION: PackDecision = {
  thresholds: Object.fromEntries(LABELS.map((label) => [label, 0.5])),
  minTopProbability: 0.6,
};
const RULE: RejectRule = {
  score: 'confidence',
  threshold: 0.3,
  promise: { risk: 0.2, delta: 0.1, n: 100, accepted: 50, wrong: 3, clips: 'tests' },
};
const FACE: ReviewCalibration = {
  id: 'c1',
  createdMs: 0,
  pack: 'test@1',
  subsets: {
    face: { labels: { fear: { method: 'platt', a: 1, b: 2 } }, thresholds: { fear: 0.4 }, reject: RULE },
  },
};

describe('a calibration by reviewers', () => {
  it('keeps the order of any two windows in each label, and everything that is no probability', () => {
    fc.assert(
      fc.property(prediction, prediction, calibration, (one, other, calibrated) => {
        const same = { ...other, modalities: one.modalities };
        const [x, y] = [underCalibration(one, calibrated), underCalibration(same, calibrated)];
        for (const label of LABELS) {
          const before = (one.probabilities[label] ?? 0) - (same.probabilities[label] ?? 0);
          const after = (x.probabilities[label] ?? 0) - (y.probabilities[label] ?? 0);
          if (before > 0) expect(after).toBeGreaterThanOrEqual(-1e-12);
        }
        expect({ ...x, probabilities: null }).toEqual({ ...one, probabilities: null });
      }),
    );
  });

  it('changes nothing of a subset of modalities that it does not name, nor where there is none', () => {
    fc.assert(
      fc.property(prediction, calibration, (said, calibrated) => {
        if (subsetCalibration(calibrated, said.modalities) === null) {
          expect(underCalibration(said, calibrated)).toBe(said);
          expect(decisionUnder(DECISION, calibrated, said.modalities)).toBe(DECISION);
        }
        expect(underCalibration(said, null)).toBe(said);
      }),
    );
  });

  it('decides by its own thresholds and rule, and the verdict says which they were', () => {
    const said = { probabilities: { fear: 0.3, anger: 0.2 }, shares: { fear: 0.6, anger: 0.4 }, uncertainty: 0.6 };
    const face = { ...said, modalities: ['face'] as const };
    const window = { startMs: 0, lengthMs: 3000, missing: {}, consented: true };
    const verdict = decide(window, underCalibration(face, FACE), {
      decision: decisionUnder(DECISION, FACE, ['face']),
      require: 'any',
      pack: 'test@1',
      calibration: FACE,
    });
    // logit(0.3) + 2 is the logit of 0.76
    expect(verdict).toMatchObject({ status: 'accepted', labels: ['fear'], calibration: 'c1' });
    expect(verdict.probabilities.fear).toBeCloseTo(0.76, 2);
    expect(verdict.thresholds).toMatchObject({ fear: 0.4, anger: 0.5 });
    expect(verdict.doubt).toMatchObject({ score: 'confidence', limit: 0.3 });
    expect(decisionUnder(DECISION, FACE, ['voice'])).toBe(DECISION);
  });
});

describe('what is in force', () => {
  it('is what was swapped in last, and rolls back by swapping the one before', () => {
    const holder = calibrationInForce('test@1');
    expect(holder.current()).toBeNull();
    const before = holder.swap(FACE);
    expect([before, holder.current()]).toEqual([null, FACE]);
    expect(holder.swap(before)).toBe(FACE);
    expect(holder.current()).toBeNull();
  });

  it('refuses a calibration of another pack, and stays as it was', () => {
    const holder = calibrationInForce('test@1', FACE);
    expect(() => holder.swap({ ...FACE, id: 'c2', pack: 'test@2' })).toThrow(/c2 was fitted on what test@2 said/);
    expect(holder.current()).toBe(FACE);
    expect(() => calibrationInForce('test@2', FACE)).toThrow(expect.objectContaining({ code: 'conflict' }));
  });
});
