import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, UNCUT } from '../../clients/dashboard/cut.ts';
import { lensOf, under } from '../../clients/dashboard/lens.ts';
import { keepPlace, keptPlace } from '../../clients/dashboard/limit-place.ts';
import { limitsOf, nameAt, stepWords } from '../../clients/dashboard/limits.ts';
import { limitFor as pageLimitFor } from '../../clients/dashboard/rule-limits.ts';
import { EMPTY_ROOM, receive } from '../../clients/dashboard/store.ts';
import { countBy, coverage, NOTHING, plus } from '../../clients/dashboard/tally.ts';
import { decide } from '../../src/core/decision.ts';
import { entropy } from '../../src/core/probability.ts';
import { LABELS } from '../../src/core/labels.ts';
import { limitFor } from '../../src/core/reject/ladder.ts';
import { DOUBT_SCORES } from '../../src/core/reject/doubt.ts';
import { NO_SEGMENT, segment } from '../../src/core/segments.ts';
import { verdicts } from '../core/arbitraries.ts';
import type { Modality, PackDecision, Segment, Prediction, RejectRule } from '../../src/domain.ts';
import { verdict as verdictSchema } from '../../src/protocol.ts';
import type { VerdictJson } from '../../src/protocol.ts';
import { participant, said, snapshot, verdict } from './dashboard-events.ts';
import { LADDERS } from './stage.ts';

const ladders = limitsOf({ reject: LADDERS });
const thresholds = Object.fromEntries(LABELS.map((label) => [label, 0.3]));
const both = LADDERS.both as RejectRule;
/** Strictest first; 2 is the room's. */
const [AT_3, AT_5, ROOM, AT_15, AT_20] = [0, 1, 2, 3, 4];

const predictions: fc.Arbitrary<Prediction> = fc
  .record({
    p: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
    modalities: fc.constantFrom<readonly Modality[]>(['voice'], ['face'], ['voice', 'face']),
  })
  .map(({ p, modalities }) => {
    const sum = p.reduce((total, one) => total + one, 1e-9);
    const shares = p.map((one) => one / sum);
    const byLabel = (row: readonly number[]) => Object.fromEntries(LABELS.map((label, k) => [label, row[k] ?? 0]));
    return { probabilities: byLabel(p), shares: byLabel(shares), modalities, uncertainty: entropy(shares) };
  });
const decided = (prediction: Prediction, decision: PackDecision): VerdictJson =>
  verdictSchema.parse(
    JSON.parse(
      JSON.stringify(
        decide({ startMs: 0, lengthMs: 3000, missing: {}, consented: true }, prediction, {
          decision,
          require: 'any',
          pack: 'a@1.0.0',
        }),
      ),
    ),
  );

describe('the steps', () => {
  it('are the risks of all ladders and the room’s own rule, strictest first', () => {
    expect(ladders.steps.map((_, place) => nameAt(ladders, place))).toEqual(['3 %', '5 %', '10 %', '15 %', '20 %']);
    expect(ladders).toMatchObject({ room: ROOM, without: ['voice'] });
    expect(ladders.steps.map(stepWords).slice(1, 3)).toEqual([
      'at most 5 % of accepted verdicts wrong',
      'at most 10 % of accepted verdicts wrong, the room’s own rule',
    ]);
  });

  it('are the room’s own alone where no rule has a ladder', () => {
    expect(limitsOf({}).steps).toEqual([{ risk: null, isRoom: true }]);
    expect(limitsOf({ reject: { face: both } }).steps.length).toBe(5);
    const { ladder: _, ...bare } = both;
    expect(limitsOf({ reject: { face: bare } }).steps).toEqual([{ risk: 0.1, isRoom: true }]);
  });

  it('have no one risk for the room where its rules promise several', () => {
    const face = { ...both, promise: { ...both.promise, risk: 0.07 } };
    const { steps, room } = limitsOf({ reject: { both, face } });
    expect(steps[room]).toEqual({ risk: null, isRoom: true });
    expect(stepWords({ risk: null, isRoom: true })).toBe('the room’s own rule');
  });
});

describe('what a step accepts', () => {
  it('is what the server would have decided by that limit, whatever rule it did decide by', () => {
    const limit = fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.dictionary(fc.constantFrom(...LABELS), fc.double({ min: 0, max: 1, noNaN: true })),
    );
    fc.assert(
      fc.property(predictions, fc.constantFrom(...DOUBT_SCORES), limit, limit, (prediction, score, own, other) => {
        const rule: RejectRule = {
          ...{ score, threshold: own, promise: both.promise },
          ladder: { delta: 0.1, rungs: [{ risk: 0.03, threshold: other, accepted: 1, wrong: 0 }] },
        };
        const reject = { voice: rule, face: rule, both: rule };
        const decision = { thresholds, minTopProbability: 0.5 };
        const room = decided(prediction, { ...decision, reject });
        const limits = limitsOf({ reject });
        const strict = limits.steps.findIndex(({ risk }) => risk === 0.03);
        const otherwise = { score, threshold: other, promise: both.promise };
        const wanted = decided(prediction, {
          ...decision,
          reject: { voice: otherwise, face: otherwise, both: otherwise },
        });
        expect(limits.accepts(room, strict)).toBe(wanted.status === 'accepted');
        expect(limits.accepts(room, limits.room)).toBe(room.status === 'accepted');
        const { doubt: _, ...shown } = under(room, limits.accepts(room, strict));
        const { doubt: __, ...same } = wanted;
        expect(shown).toEqual(same);
      }),
    );
  });

  it('grows with the risk', () => {
    fc.assert(
      fc.property(predictions, (prediction) => {
        const one = decided(prediction, {
          thresholds,
          minTopProbability: 0.5,
          reject: LADDERS,
        });
        const accepted = ladders.steps.map((_, place) => ladders.accepts(one, place));
        expect(accepted).toEqual(accepted.toSorted((a, b) => Number(a) - Number(b)));
      }),
    );
  });

  it('is nothing where no promise is as strict', () => {
    expect(limitFor(LADDERS.face as RejectRule, 0.05)).toBeNull();
    const sure = decided(
      { probabilities: { happiness: 1 }, shares: { happiness: 1 }, modalities: ['face'], uncertainty: 0 },
      { thresholds, minTopProbability: 0.5, reject: LADDERS },
    );
    expect([AT_5, ROOM, AT_20].map((place) => ladders.accepts(sure, place))).toEqual([false, true, true]);
  });

  it.each<[string, Partial<VerdictJson>, boolean]>([
    ['a voice alone, which has no rule', { modalities: ['voice'] }, true],
    ['a calibration by reviewers', { thresholds: { happiness: 0.4 } }, true],
    ['another score than the rule’s', { doubt: { score: 'entropy', value: 0.1, limit: 1 } }, true],
    ['a reason other than doubt', { status: 'rejected', reason: 'out-of-distribution', labels: [] }, false],
    ['a window without doubt', { doubt: undefined } as never, false],
  ])('has no say in %s', (_, change, unruled) => {
    const { verdict: one } = verdict('ada', 0, { doubt: { score: 'confidence', value: 0.2, limit: 0.4 }, ...change });
    expect(ladders.steps.map((__, place) => ladders.accepts(one, place))).toEqual([null, null, null, null, null]);
    expect(ladders.isUnruled(one)).toBe(unruled);
    expect(countBy(ladders)(one)).toEqual({ ...NOTHING, unruled: Number(unruled) });
    expect(under(one, null)).toBe(one);
  });
});

const doubted = (seq: number, value: number) =>
  verdict('ada', seq, {
    doubt: { score: 'confidence', value, limit: 0.4 },
    probabilities: { happiness: 1 - value },
    ...(value <= 0.4
      ? { status: 'accepted', reason: null, labels: ['happiness'] }
      : { status: 'rejected', reason: 'low-confidence', labels: [], withheld: ['happiness'] }),
  });

describe('the tally', () => {
  it('is the same in whatever order and however often verdicts come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 60 }),
        (seen) => {
          const firsts = new Map(seen.toReversed());
          const told = seen.map(([seq]) => said(doubted(seq, firsts.get(seq) ?? 0)));
          const start = receive(EMPTY_ROOM, snapshot({ participants: [participant('ada')] }), 0);
          const count = countBy(ladders);
          const view = told.reduce((before, event) => receive(before, event, 1, count), start);
          const wanted = [...firsts.values()].map((value) => count(doubted(0, value).verdict)).reduce(plus, NOTHING);
          expect(view.participants.get('ada')?.seen).toEqual(wanted);
        },
      ),
    );
  });

  it('tells the share that each step accepts', () => {
    const seen = [0.05, 0.15, 0.15, 0.5]
      .map((value) => countBy(ladders)(doubted(0, value).verdict))
      .reduce(plus, NOTHING);
    expect([AT_3, AT_5, ROOM, AT_15, AT_20].map((place) => coverage(seen, place))).toEqual([0.25, 0.75, 0.75, 1, 1]);
    expect(coverage(NOTHING, AT_3)).toBeNull();
  });
});

describe('the lens', () => {
  const view = [0.05, 0.05, 0.05, 0.3, 0.3, 0.3, 0.05].reduce(
    (before, value, seq) => receive(before, said(doubted(seq, value)), 1),
    receive(EMPTY_ROOM, snapshot({ participants: [participant('ada')] }), 0),
  );
  const ada = view.participants.get('ada');
  if (ada === undefined) throw new Error('ada is not there');

  it('of the room shows participants as they are', () => {
    const lens = lensOf(ladders, ROOM);
    expect([lens.name, lens.show(ada)]).toEqual([null, ada]);
    expect(lens.show(ada)).toBe(ada);
  });

  it('of a stricter step hatches what that would reject, and cuts segments by it', () => {
    const lens = lensOf(ladders, AT_5);
    const shown = lens.show(ada);
    expect(lens.name).toBe('5 %');
    expect(lens.show(ada)).toBe(shown);
    expect(shown.verdicts.map((one) => one.verdict.reason === null)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
    ]);
    expect(shown.segments.map(({ reason, open }) => [reason, open])).toEqual([
      [null, false],
      ['low-confidence', true],
    ]);
    expect(ada.verdicts.every((one) => one.verdict.reason === null)).toBe(true);
  });

  it('goes on where it was as verdicts come, as if all had come at once', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (values) => {
        const [going, whole] = [lensOf(ladders, AT_5), lensOf(ladders, AT_5)];
        let room = receive(EMPTY_ROOM, snapshot({ participants: [participant('ada')] }), 0);
        values.forEach((value, seq) => {
          room = receive(room, said(doubted(seq, value)), 1);
          const one = room.participants.get('ada');
          if (one !== undefined) going.show(one);
        });
        const last = room.participants.get('ada');
        if (last === undefined) throw new Error('ada is not there');
        expect(going.show(last)).toEqual(whole.show(last));
      }),
    );
  });
});

it('is found where it was left, by room and risk, and at the room’s rule where the pack has it no more', () => {
  const kept = new Map<string, string>();
  const sessionStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  expect(keptPlace({ sessionStorage }, 'lobby', ladders)).toBe(ROOM);
  keepPlace({ sessionStorage }, 'lobby', ladders, AT_15);
  expect(keptPlace({ sessionStorage }, 'lobby', ladders)).toBe(AT_15);
  expect(keptPlace({ sessionStorage }, 'office', ladders)).toBe(ROOM);
  expect(keptPlace({ sessionStorage }, 'lobby', limitsOf({}))).toBe(0);
});

describe('what the page says again of the server’s laws', () => {
  it('cuts segments where the server does', () => {
    fc.assert(
      fc.property(verdicts, (told) => {
        let state = NO_SEGMENT;
        const wanted = new Map<number, Segment>();
        for (const one of told) {
          const [next, changed] = segment(state, one);
          state = next;
          for (const each of changed) wanted.set(each.index, { ...each, probabilities: {} });
        }
        const page = told.reduce((before, one) => cut(before, one as unknown as VerdictJson, 1000), UNCUT);
        expect(page.segments).toEqual([...wanted.values()]);
      }),
    );
  });

  it('finds the limit for a risk as the server’s law has it', () => {
    for (const rule of [LADDERS.face, LADDERS.both])
      for (const risk of [0.01, 0.03, 0.04, 0.05, 0.1, 0.12, 0.15, 0.2, 0.5])
        if (rule !== undefined) expect(pageLimitFor(rule, risk)).toEqual(limitFor(rule, risk));
  });
});
