import { describe, expect, it } from 'vitest';
import type { Missing, Prediction } from '../../src/domain.ts';
import { decide } from '../../src/core/decision.ts';
import type { Requirement } from '../../src/core/decision.ts';

const decision = { thresholds: { happiness: 0.5, surprise: 0.3, sadness: 0.5 }, minTopProbability: 0.6 };
const options = (require: Requirement = 'any') => ({ decision, require, pack: 'test@1' });
const window = (missing: Missing = {}, consented = true) => ({ startMs: 1000, lengthMs: 3000, missing, consented });
const prediction = (probabilities: Prediction['probabilities']): Prediction => ({
  probabilities,
  shares: probabilities,
  modalities: ['voice', 'face'],
  uncertainty: 0.4,
});
const happy = prediction({ surprise: 0.34, sadness: 0.1, happiness: 0.81 });

describe('the verdict', () => {
  it('names every label above its own threshold, most probable first', () => {
    const verdict = decide(window(), happy, options());
    expect(verdict).toMatchObject({ status: 'accepted', reason: null, labels: ['happiness', 'surprise'] });
    expect(verdict).toMatchObject({ startMs: 1000, endMs: 4000, pack: 'test@1', uncertainty: 0.4 });
  });

  it('abstains when the best label is not sure enough, and keeps the numbers', () => {
    const verdict = decide(window(), prediction({ happiness: 0.55 }), options());
    expect(verdict).toMatchObject({ status: 'rejected', reason: 'low-confidence', labels: [] });
    expect(verdict.probabilities).toEqual({ happiness: 0.55 });
  });

  it('abstains when no label passes its threshold', () => {
    expect(decide(window(), prediction({ happiness: 0.2 }), options()).reason).toBe('low-confidence');
  });

  it('says nothing about someone who did not consent', () => {
    const verdict = decide(window({}, false), null, options());
    expect(verdict).toMatchObject({ status: 'rejected', reason: 'not-consented', probabilities: {}, shares: {} });
  });

  it.each([
    [{ voice: 'off', face: 'no-face' }, 'no-face'],
    [{ voice: 'no-speech', face: 'off' }, 'no-speech'],
    [{ voice: 'no-speech', face: 'muted' }, 'no-speech'],
    [{ voice: 'no-speech', face: 'poor-face' }, 'poor-face'],
    [{ voice: 'no-speech', face: 'no-face' }, 'no-face'],
    [{ voice: 'muted', face: 'off' }, 'no-media'],
    [{ voice: 'no-media', face: 'no-media' }, 'no-media'],
  ] as const)('with nothing to judge because of %j gives %s', (missing, reason) => {
    expect(decide(window(missing), null, options())).toMatchObject({ status: 'rejected', reason });
  });

  it.each([
    ['both', { face: 'no-face' }, 'no-face'],
    ['both', { voice: 'no-speech' }, 'no-speech'],
    ['voice', { voice: 'no-speech' }, 'no-speech'],
    ['face', { face: 'poor-face' }, 'poor-face'],
  ] as const)('under the policy %s rejects %j as %s and keeps the numbers', (policy, missing, reason) => {
    const verdict = decide(window(missing), happy, options(policy));
    expect(verdict).toMatchObject({ status: 'rejected', reason });
    expect(verdict.probabilities.happiness).toBe(0.81);
  });

  it('under the policy voice does not mind a missing face', () => {
    expect(decide(window({ face: 'no-face' }), happy, options('voice')).status).toBe('accepted');
  });
});

describe('a reject rule of the pack', () => {
  const promise = { risk: 0.1, delta: 0.1, n: 500, accepted: 300, wrong: 20, clips: 'a corpus' };
  const judged = (
    threshold: number | Readonly<Record<string, number>>,
    said: Prediction,
    modalities = said.modalities,
  ) =>
    decide(
      window(),
      { ...said, modalities },
      {
        ...options(),
        decision: { ...decision, minTopProbability: 0.99, reject: { face: { score: 'entropy', threshold, promise } } },
      },
    );
  const unsure = { ...prediction({ happiness: 0.52, surprise: 0.31, sadness: 0.1 }), uncertainty: 0.9 };

  it('stands in place of the least probability, for the modalities that it is about', () => {
    expect(judged(0.9, unsure, ['face'])).toMatchObject({ status: 'accepted', labels: ['happiness', 'surprise'] });
    expect(judged(0.89, unsure, ['face'])).toMatchObject({ status: 'rejected', reason: 'low-confidence' });
    expect(judged(0.9, unsure, ['voice']).status).toBe('rejected');
    expect(judged(0.9, unsure, ['voice', 'face']).status).toBe('rejected');
  });

  it('tells on reject what would have been said, how far it was doubted, and how far it might have been', () => {
    expect(judged(0.5, unsure, ['face'])).toMatchObject({
      labels: [],
      withheld: ['happiness', 'surprise'],
      uncertainty: 0.9,
      doubt: { score: 'entropy', value: 0.9, limit: 0.5 },
    });
    expect(judged(0.9, unsure, ['face'])).not.toHaveProperty('withheld');
    const bare = decide(window(), null, options());
    expect(bare).not.toHaveProperty('withheld');
    expect(bare).not.toHaveProperty('doubt');
  });

  it('may have a threshold for each first label, and accepts no label without one', () => {
    expect(judged({ happiness: 1 }, unsure, ['face']).status).toBe('accepted');
    expect(judged({ surprise: 1 }, unsure, ['face'])).toMatchObject({ status: 'rejected', doubt: { limit: null } });
  });

  it('accepts nothing whose most probable label is not present: the promise is about that label', () => {
    const other = { ...prediction({ sadness: 0.45, surprise: 0.4 }), uncertainty: 0.1 };
    expect(judged(2, other, ['face'])).toMatchObject({ status: 'rejected', withheld: ['surprise'] });
  });

  it('has its doubt told also where there is none', () => {
    const verdict = decide(window(), unsure, options());
    expect(verdict.doubt?.score).toBe('confidence');
    expect(verdict.doubt?.value).toBeCloseTo(0.48, 12);
    expect(verdict.doubt?.limit).toBeCloseTo(0.4, 12);
  });
});
