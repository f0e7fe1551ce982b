import { describe, expect, it } from 'vitest';
import { meaningOf, sentenceOf } from '../../clients/dashboard/perception-words.ts';
import { perceive } from '../../src/core/perception.ts';
import type { AttributeScore, Perception } from '../../src/domain.ts';

const shares = { happiness: 0.7, neutral: 0.3 };
const score: AttributeScore = {
  consensus: 0.42,
  low: 0.31,
  high: 0.53,
  bins: [0, 0, 0, 0.25, 0.25, 0.25, 0.25],
  uncertainty: 1.386,
};
const json = (perception: Perception) => ({ ...perception, grid: [...perception.grid] });
const derived = json(perceive(shares));
const said = json(perceive(shares, { valence: score, arousal: score, dominance: score }));

describe('the panel of valence and arousal', () => {
  it('says of each number its ends, its uncertainty, and who says so', () => {
    expect(meaningOf(said).split('\n').slice(1)).toEqual([
      'valence +0.42, likely +0.31 to +0.53; nine of ten raters from −0.09 to +0.94; uncertainty 1.39 of 1.95 nats',
      'arousal +0.42, likely +0.31 to +0.53; nine of ten raters from −0.09 to +0.94; uncertainty 1.39 of 1.95 nats',
      'dominance +0.42, likely +0.31 to +0.53; nine of ten raters from −0.09 to +0.94; uncertainty 1.39 of 1.95 nats',
      'Said by a network from the voice or the face alone. It learned scores that were derived from raters’ votes; nobody was asked for them.',
    ]);
    expect(meaningOf(derived)).toMatch(
      /valence \+0\.41; nine of ten raters .*\n.*\n.*\nDerived from the shares of lab/,
    );
  });

  it('keeps the word derived, whoever says it', () => {
    expect(sentenceOf(derived)).toMatch(/^Derived: valence \+0\.41, from /);
    expect(sentenceOf(said)).toMatch(
      /^Network-derived: valence \+0\.42, from −0\.09 to \+0\.94; .*raters split 0\.42$/,
    );
  });
});
