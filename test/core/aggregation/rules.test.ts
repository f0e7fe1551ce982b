import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allInclusive } from '../../../src/core/aggregation/all-inclusive.ts';
import { RULES } from '../../../src/core/aggregation/loss.ts';
import { majority } from '../../../src/core/aggregation/majority.ts';
import { plurality } from '../../../src/core/aggregation/plurality.ts';
import { presence } from '../../../src/core/aggregation/presence.ts';
import { leaders, singleLabel } from '../../../src/core/aggregation/single-label.ts';
import { listed, tally } from '../../../src/core/aggregation/votes.ts';
import { LABELS } from '../../../src/core/labels.ts';
import { reordered, someTally, someVotes } from './arbitrary-votes.ts';

const rules = Object.entries(RULES);
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

describe('every rule', () => {
  it.each(rules)('%s: shares are in [0, 1] and sum to 1', (_, rule) => {
    fc.assert(
      fc.property(someTally, (clip) => {
        const label = rule(clip);
        if (label === null) return;
        expect(label).toHaveLength(clip.counts.length);
        expect(sum(label)).toBeCloseTo(1, 12);
        for (const share of label) expect(share >= 0 && share <= 1).toBe(true);
      }),
    );
  });

  it.each(rules)('%s: labels can be renamed', (_, rule) => {
    const renamed = someTally.chain((clip) =>
      fc.tuple(
        fc.constant(clip),
        fc.shuffledSubarray([...clip.counts.keys()], { minLength: clip.counts.length, maxLength: clip.counts.length }),
      ),
    );
    fc.assert(
      fc.property(renamed, ([clip, order]) => {
        const label = rule(clip);
        expect(rule(reordered(clip, order))).toEqual(label && order.map((k) => label[k]));
      }),
    );
  });

  it.each(rules)('%s: asking every rater several times changes nothing', (_, rule) => {
    fc.assert(
      fc.property(someTally, fc.integer({ min: 2, max: 9 }), ({ counts, total }, times) => {
        const more = { counts: counts.map((count) => count * times), total: total * times };
        expect(rule(more)).toEqual(rule({ counts, total }));
      }),
    );
  });

  it.each(rules)('%s: a share goes only to what someone chose', (_, rule) => {
    fc.assert(
      fc.property(someTally, (clip) => {
        rule(clip)?.forEach((share, k) => {
          if (share > 0) expect(clip.counts[k]).toBeGreaterThan(0);
        });
      }),
    );
  });
});

describe('the all-inclusive rule', () => {
  it('loses no rater: the counts come back from the shares', () => {
    fc.assert(
      fc.property(someTally, (clip) => {
        const label = allInclusive(clip);
        clip.counts.forEach((count, k) => {
          expect((label?.[k] ?? 0) * listed(clip)).toBeCloseTo(count, 9);
        });
      }),
    );
  });

  it('loses a clip only where the list has no vote', () => {
    fc.assert(
      fc.property(someTally, (clip) => {
        expect(allInclusive(clip) === null).toBe(listed(clip) === 0);
      }),
    );
  });
});

describe('majority and plurality', () => {
  it('what has the majority has the plurality', () => {
    fc.assert(
      fc.property(someTally, (clip) => {
        const winner = majority(clip);
        if (winner !== null) expect(plurality(clip)).toEqual(winner);
      }),
    );
  });

  it('the plurality is the single label of the all-inclusive distribution', () => {
    fc.assert(
      fc.property(someVotes, (votes) => {
        const clip = tally(votes, LABELS);
        const winner = plurality(clip);
        const label = singleLabel(allInclusive(clip) ?? [], LABELS);
        expect(winner === null ? null : LABELS[winner.indexOf(1)]).toBe(label);
      }),
    );
  });

  it('exactly half is no majority', () => {
    expect(majority({ counts: [2, 1, 1], total: 4 })).toBeNull();
    expect(plurality({ counts: [2, 1, 1], total: 4 })).toEqual([1, 0, 0]);
  });

  it('choices outside the list count towards the half and do not compete for the most', () => {
    const clip = tally({ anger: 2, fear: 1, other: 5 }, ['anger', 'fear']);
    expect(clip).toEqual({ counts: [2, 1], total: 8 });
    expect([majority(clip), plurality(clip)]).toEqual([null, [1, 0]]);
  });

  it('a list that nobody voted for has no winner', () => {
    const clip = tally({ other: 3, contempt: 1 }, ['anger', 'fear']);
    expect(rules.map(([, rule]) => rule(clip))).toEqual([null, null, null]);
  });
});

describe('presence', () => {
  it('takes every label that the majority takes', () => {
    fc.assert(
      fc.property(someTally, (clip) => {
        const winner = majority(clip);
        if (winner !== null) expect(presence(allInclusive(clip) ?? [])[winner.indexOf(1)]).toBe(1);
      }),
    );
  });

  it('is that C times the votes for a label are more than all, in whole numbers', () => {
    fc.assert(
      fc.property(someTally, (clip) => {
        const label = allInclusive(clip);
        if (label === null) return;
        const exact = clip.counts.map((count) => (count * clip.counts.length > listed(clip) ? 1 : 0));
        expect(presence(label)).toEqual(exact);
      }),
    );
  });

  it('is strict: exactly 1/C is not present, so the uniform distribution has none', () => {
    for (let classes = 2; classes <= 12; classes++)
      expect(presence(Array.from({ length: classes }, () => 1 / classes))).toEqual(Array(classes).fill(0));
  });
});

describe('leaders', () => {
  it('names all that tie, and none of nothing', () => {
    expect([leaders([1, 3, 3]), leaders([0, 0]), leaders([])]).toEqual([[1, 2], [], []]);
  });
});

// Paper 3, Table 2: five ratings of four emotions, in the order N, A, S, H (the paper prints case 3 as N, N, H, A, S).
describe('the three cases of paper 3', () => {
  it.each([
    { said: 'A,A,A,S,S', counts: [0, 3, 2, 0], mr: [0, 1, 0, 0], pr: [0, 1, 0, 0], ar: [0, 0.6, 0.4, 0] },
    { said: 'N,A,A,S,S', counts: [1, 2, 2, 0], mr: null, pr: null, ar: [0.2, 0.4, 0.4, 0] },
    { said: 'N,N,H,A,S', counts: [2, 1, 1, 1], mr: null, pr: [1, 0, 0, 0], ar: [0.4, 0.2, 0.2, 0.2] },
  ])('$said', ({ counts, mr, pr, ar }) => {
    const clip = { counts, total: 5 };
    expect([majority(clip), plurality(clip), allInclusive(clip)]).toEqual([mr, pr, ar]);
  });

  it('at test time', () => {
    expect(
      [
        [0, 0.6, 0.4, 0],
        [0.2, 0.4, 0.4, 0],
        [0.4, 0.2, 0.2, 0.2],
      ].map(presence),
    ).toEqual([
      [0, 1, 1, 0],
      [0, 1, 1, 0],
      [1, 0, 0, 0],
    ]);
  });
});
