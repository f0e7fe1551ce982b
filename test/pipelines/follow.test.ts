import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { follow } from '../../pipelines/follow.ts';
import type { Item } from '../../pipelines/ask-people.ts';
import type { Score } from '../../pipelines/keep-scores.ts';
import type { Evidence } from '../../src/domain/review.ts';
import type { RoomSettings } from '../../src/domain/trust.ts';
import { ref, verdictEvent } from './fakes.ts';

const settings: RoomSettings = {
  room: 'lobby',
  purpose: 'research',
  jurisdiction: 'other',
  justification: null,
  roles: { participant: 'other' },
  consentText: 'yes',
  keeping: 'segments',
  clips: true,
  retention: { clipsMs: 1e6, scoresMs: 1e6, reviewsMs: 1e6 },
  review: { reasons: [], rejectedShare: 1, auditShare: 1, informationShare: 0, raters: 3, reservationMs: 60_000 },
};

function stage(given: Partial<RoomSettings> = {}) {
  const consent = new BehaviorSubject(true);
  const held = { agreed: { ...settings, ...given } as RoomSettings | null };
  const scores: Score[] = [];
  const asked: { item: Item; evidence: Evidence | null; unwanted: AbortSignal }[] = [];
  const cut: number[] = [];
  let forgotten = 0;
  let id = 0;
  const follower = follow(
    {
      ref,
      consent,
      agreed: () => held.agreed,
      evidence: (startMs, endMs) => {
        cut.push(startMs);
        return { startMs, endMs, sound: new Int16Array(1), pictures: [] };
      },
    },
    {
      scores: {
        add: (score) => scores.push(score),
        forget: () => {
          forgotten++;
          return Promise.resolve();
        },
      },
      items: { ask: (item, evidence, unwanted) => asked.push({ item, evidence, unwanted }) },
      select: ({ verdict }, { auditShare }) =>
        verdict.status === 'accepted' && auditShare > 0 ? { causes: ['audit'], propensity: auditShare } : null,
      clock: { now: () => 77 },
      newId: () => `id${id++}`,
    },
  );
  /** Windows from `from` to before `to`. */
  const hear = (from: number, to: number, said: Parameters<typeof verdictEvent>[1] = {}) => {
    for (let seq = from; seq < to; seq++) follower.hear(verdictEvent(seq, { uncertainty: seq % 7, ...said }));
  };
  const rows = (kind: Score['kind']) => scores.filter((score) => score.kind === kind).map(({ row }) => row);
  const withdraw = () => {
    held.agreed = null;
    consent.next(false);
  };
  return { follower, hear, rows, asked, cut, consent, held, withdraw, forgotten: () => forgotten };
}

const angry = { labels: ['anger'] as const };

describe('following a participant', () => {
  it('keeps each segment that ends, and asks about its window of greatest doubt, with exactly that evidence', () => {
    const { hear, rows, asked, follower } = stage();
    hear(0, 10);
    hear(10, 14, angry);
    expect(rows('segment')).toMatchObject([
      { ...ref, id: 'id0', index: 0, startMs: 0, endMs: 7500, windows: 10, pack: 'test@1', calibration: null },
    ]);
    follower.end();
    expect(rows('segment')).toHaveLength(2);
    expect(asked.map(({ item }) => [item.segment, item.verdict.startMs])).toEqual([
      ['id0', 3000],
      ['id2', 6500],
    ]);
    expect(asked[0]).toMatchObject({
      item: {
        id: 'id1',
        createdMs: 77,
        causes: ['audit'],
        propensity: 1,
        raters: 3,
        packProbabilities: { happiness: 0.9 },
      },
      evidence: { startMs: 3000, endMs: 6000 },
    });
    expect(rows('verdict')).toEqual([]);
  });

  it('keeps a segment that does not end in pieces of a minute', () => {
    const { hear, rows } = stage();
    hear(0, 400);
    const pieces = rows('segment') as { startMs: number; endMs: number }[];
    expect(pieces.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 60_000],
      [60_000, 120_000],
      [120_000, 180_000],
    ]);
  });

  it.each([
    ['nothing', false, 0, 0],
    ['segments', false, 1, 0],
    ['segments', true, 1, 0],
    ['windows', true, 1, 5],
  ] as const)('keeps what the room chose: %s, clips %s', (keeping, clips, segments, verdicts) => {
    const { hear, rows, asked, cut, follower } = stage({ keeping, clips });
    hear(0, 5);
    follower.end();
    expect([rows('segment').length, rows('verdict').length]).toEqual([segments, verdicts]);
    expect([asked.length > 0, cut.length > 0]).toEqual([clips, clips]);
  });

  it('drops everything at once when consent is withdrawn, and begins anew when it is granted again', () => {
    const { hear, rows, asked, withdraw, forgotten, held, consent, follower } = stage();
    hear(0, 10);
    hear(10, 14, angry);
    withdraw();
    expect([asked[0]?.unwanted.aborted, forgotten()]).toEqual([true, 1]);
    hear(14, 20, { status: 'rejected', reason: 'not-consented', labels: [], uncertainty: null });
    held.agreed = settings;
    consent.next(true);
    hear(20, 24, angry);
    follower.end();
    const kept = rows('segment') as { startMs: number; index: number }[];
    expect(kept.map(({ index, startMs }) => [index, startMs])).toEqual([
      [0, 0],
      [2, 10_000],
    ]);
    expect(asked[1]?.unwanted.aborted).toBe(false);
    expect(asked[1]?.item.verdict.startMs).toBeGreaterThanOrEqual(10_000);
  });

  it('finishes when they leave, though leaving looks like a no, and once', () => {
    const { hear, rows, asked, consent, follower, forgotten } = stage();
    hear(0, 4);
    consent.next(false);
    consent.complete();
    follower.end();
    follower.end();
    expect([rows('segment').length, asked.length, forgotten()]).toEqual([1, 1, 0]);
    hear(4, 9);
    expect(rows('segment')).toHaveLength(1);
  });
});
