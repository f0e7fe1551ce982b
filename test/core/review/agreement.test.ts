import { describe, expect, it } from 'vitest';
import { LABELS } from '../../../src/core/labels.ts';
import { agreementOf } from '../../../src/core/review/agreement.ts';
import { perceived, votesOf } from '../../../src/core/review/distribution.ts';
import type { Label } from '../../../src/domain.ts';
import { answer, reviewedItem } from './answers.ts';

const item = (i: number, ...annotations: Parameters<typeof reviewedItem>[1]) =>
  reviewedItem({ id: `i${i}`, packProbabilities: { fear: 0.5 } }, annotations);
const said: readonly Label[] = ['fear', 'anger', 'happiness', 'neutral'];

describe('agreement of reviewers', () => {
  const reviewed = Array.from({ length: 40 }, (_, i) => {
    const label = said[i % 4] ?? 'fear';
    const odd = said[(i * 7 + 1) % 4] ?? 'fear';
    const scored = (valence: number, tookMs: number) => ({ attributes: { valence, arousal: 0 }, tookMs });
    return item(
      i,
      answer('ada', [label], scored((i % 4) / 4, 3000)),
      answer('bob', [label], scored((i % 4) / 4 + 0.05, 5000)),
      answer('cyd', i % 5 === 0 ? 'cannot-tell' : [odd], { tookMs: 1000 + i }),
    );
  });
  const report = agreementOf(reviewed, LABELS, { seed: 1, resamples: 200 });

  it('tells who agrees with the rest and who does not, and how long each takes', () => {
    const [ada, , cyd] = ['ada', 'bob', 'cyd'].map((name) =>
      report.reviewers.find(({ reviewer }) => reviewer === name),
    );
    expect(ada).toMatchObject({ answers: 40, cannotTell: 0, shared: 40, medianTookMs: 3000 });
    expect(cyd).toMatchObject({ answers: 40, cannotTell: 8, shared: 32 });
    expect(ada?.withOthers ?? 0).toBeGreaterThan((cyd?.withOthers ?? 1) + 0.3);
  });

  it('has an interval about each alpha, and none where nobody was asked or nothing varied', () => {
    const { labels, perLabel, valence, arousal } = report;
    expect(labels.items).toBe(40);
    expect(labels.interval?.[0]).toBeLessThan(labels.alpha ?? 0);
    expect(perLabel.fear?.alpha).toBeGreaterThan(0.1);
    expect(perLabel.contempt).toEqual({ alpha: null, interval: null, items: 40 });
    expect(valence.alpha).toBeGreaterThan(0.9);
    expect(arousal.alpha).toBeNull();
    expect(agreementOf([], LABELS, { seed: 1 }).labels).toEqual({ alpha: null, interval: null, items: 0 });
  });

  it('is the same for the same seed', () => {
    expect(agreementOf(reviewed, LABELS, { seed: 1, resamples: 200 })).toEqual(report);
  });
});

describe('answers as a distribution', () => {
  it('counts each label that somebody names; who cannot tell, or knew the model, has no vote', () => {
    const answers = [answer('ada', ['fear', 'surprise']), answer('bob', ['fear']), answer('cyd', 'cannot-tell')];
    expect(votesOf(answers)).toEqual({ fear: 2, surprise: 1 });
    expect(votesOf([...answers, answer('dan', ['anger'], { informed: true })])).toEqual({ fear: 2, surprise: 1 });
    const labels: readonly Label[] = ['fear', 'surprise', 'anger', 'neutral'];
    expect(perceived(answers, labels)).toEqual({ shares: [2 / 3, 1 / 3, 0, 0], present: [1, 1, 0, 0], raters: 2 });
  });

  it('is none where nobody names a label that was judged', () => {
    expect(perceived([answer('ada', 'cannot-tell')], LABELS)).toBeNull();
    expect(perceived([answer('ada', ['contempt']), answer('bob', [])], ['fear', 'anger'])).toBeNull();
  });
});
