import { describe, expect, it } from 'vitest';
import { bootstrap } from '../../../src/core/metrics/bootstrap.ts';
import { eceTally } from '../../../src/core/metrics/ece.ts';
import { join, reread } from '../../../src/core/metrics/tally.ts';
import { randomStream } from '../../../src/core/random.ts';
import { binomialCdf } from '../../../src/core/reject/binomial.ts';
import { LEAST, recalibrate } from '../../../src/core/review/recalibrate.ts';
import { samplesOf } from '../../../src/core/review/sample.ts';
import type { ReviewCalibration, ReviewedItem } from '../../../src/domain/review.ts';
import { answer, reviewedItem } from './answers.ts';
import { DECISION, DISTORTED, type Distortion, heldOut, NO_DISTORTION, PACK, review, simulateWindow } from './world.ts';

const fit = (
  reviewed: readonly ReviewedItem[],
  seed: number,
  current: ReviewCalibration | null = null,
  resamples = 100,
) =>
  recalibrate(reviewed, {
    id: `c${seed}`,
    createdMs: 0,
    pack: PACK,
    decision: DECISION,
    current,
    seed,
    resamples,
    roleOf: (_room, participant) => (participant.endsWith('1') ? 'agent' : 'customer'),
  });

function unseen(seed: number, distortion: Distortion, n = 6000) {
  const random = randomStream(seed, 'unseen');
  return Array.from({ length: n }, () => simulateWindow(random, distortion));
}

/** Rounds of review and recalibration, each proposal approved. */
function loop(seed: number, distortion: Distortion, rounds: number, segments = 1500) {
  let calibration: ReviewCalibration | null = null;
  let answers: readonly ReviewedItem[] = [];
  const reports = [];
  let known = {};
  for (let round = 0; round < rounds; round++) {
    const gathered = review(randomStream(seed, round), { segments, distortion, calibration, known });
    known = gathered.known;
    answers = [...answers, ...gathered.reviewed];
    const outcome = fit(answers, seed, calibration);
    reports.push(outcome.report);
    calibration = outcome.calibration ?? calibration;
  }
  return { calibration, reports, answers };
}

/** 95 % interval of the fall in calibration error on windows that nobody was asked about. */
function fall(seed: number, distortion: Distortion, calibration: ReviewCalibration | null) {
  const windows = unseen(seed, distortion);
  const [before, after] = [heldOut(windows, null), heldOut(windows, calibration)];
  const both = join({
    before: eceTally(before.present, before.probabilities),
    after: eceTally(after.present, after.probabilities),
  });
  const change = reread(both, (all) => ({ change: all.after.mean - all.before.mean }));
  const { change: ends } = bootstrap(change, { random: randomStream(seed, 'ci'), resamples: 200 });
  return { before, after, low: ends?.[0] ?? NaN, high: ends?.[1] ?? NaN };
}

describe('the loop, on a pack that misjudges every label', () => {
  const { calibration, reports, answers } = loop(1, DISTORTED, 3);

  it('lowers the calibration error on windows that nobody was asked about to less than half', () => {
    const { before, after, high } = fall(1, DISTORTED, calibration);
    expect(before.ece).toBeGreaterThan(0.05);
    expect(after.ece).toBeLessThan(before.ece / 2);
    expect(high).toBeLessThan(0);
  });

  it('says so beforehand: before and after, with intervals, by label and by group', () => {
    const [first] = reports;
    const [face] = first?.subsets ?? [];
    expect(face).toMatchObject({ subset: 'face', refusal: null });
    expect(face?.all?.ece.difference?.[1]).toBeLessThan(0);
    expect(face?.all?.brier.after).toBeLessThan(face?.all?.brier.before ?? 0);
    expect(face?.labels.map(({ changed }) => changed)).toEqual(Array(8).fill(true));
    expect(face?.groups.map(({ by, group }) => `${by} ${group}`).sort()).toEqual([
      'role agent',
      'role customer',
      'room room-0',
      'room room-1',
      'room room-2',
      'room room-3',
    ]);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });

  it('gives the same proposal for the same answers and seed', () => {
    expect(fit(answers, 5)).toEqual(fit(answers, 5));
  });
});

it('keeps the risk of what is accepted within the promise, but for the promised share of samples', () => {
  const runs = Array.from({ length: 8 }, (_, i) => {
    const seed = 100 + i;
    const { reviewed } = review(randomStream(seed), { segments: 4500, distortion: DISTORTED, calibration: null });
    const { calibration } = fit(reviewed, seed, null, 10);
    const rule = calibration?.subsets.face?.reject;
    const after = heldOut(unseen(seed, DISTORTED), calibration);
    return { promised: rule?.promise.risk, delta: rule?.promise.delta ?? NaN, risk: after.risk };
  }).filter(({ promised }) => promised !== undefined);
  expect(runs.length).toBeGreaterThan(4);
  const broken = runs.filter(({ promised = 1, risk }) => risk > promised).length;
  // as many as would still happen once in a hundred at the promised rate
  expect(binomialCdf(runs.length, broken - 1, runs[0]?.delta ?? NaN)).toBeLessThan(0.99);
});

it('proposes nothing that makes a pack worse that is right already', () => {
  for (const seed of [1, 2, 3]) {
    const { calibration } = loop(seed, NO_DISTORTION, 2);
    const { before, after, low } = fall(seed, NO_DISTORTION, calibration);
    expect(low).toBeLessThanOrEqual(0);
    expect(after.risk).toBeLessThanOrEqual(before.risk + 0.01);
  }
});

describe('a proposal is refused', () => {
  const { reviewed } = review(randomStream(9), { segments: 1500, distortion: DISTORTED, calibration: null });

  it('where answers, participants or audited segments are too few, with the least number that would do', () => {
    const few = fit(reviewed.slice(0, LEAST.answers - 1), 1);
    expect(few.calibration).toBeNull();
    expect(few.report.refusal).toMatchObject({ reason: 'too-few-answers', have: 59, need: 60 });
    const two = reviewed.map((each, i) => ({
      ...each,
      item: { ...each.item, room: 'one', participant: i % 2 === 0 ? 'ada' : 'bob' },
    }));
    expect(fit(two, 1).report.refusal).toMatchObject({ reason: 'too-few-participants', have: 2, need: 5 });
    const unaudited = reviewed.map((each) => ({ ...each, item: { ...each.item, causes: ['information'] as const } }));
    expect(fit(unaudited, 1).report.refusal).toMatchObject({ reason: 'too-few-audited', have: 0, need: 20 });
    expect(fit([], 1).report.refusal).toMatchObject({ reason: 'too-few-answers', have: 0 });
  });

  it('where the audit share says that it would get worse', () => {
    // on all that was not audited reviewers see the opposite of what they see on the audit share
    const right = review(randomStream(9), { segments: 1500, distortion: NO_DISTORTION, calibration: null });
    const audited = right.reviewed.map((each) => {
      const { item, annotations } = each;
      if (item.causes.includes('audit')) return each;
      const opposite = annotations.map((given) => answer(given.reviewer, ['contempt', 'disgust', 'fear']));
      return { item: { ...item, propensity: 0.02 }, annotations: opposite };
    });
    const { calibration, report } = fit(audited, 1);
    expect(report.refusal?.reason).toBe('worse');
    expect(report.refusal?.why).toContain('on the audit share');
    expect(calibration).toBeNull();
  });

  it('and what is in force for other modalities stays', () => {
    const line = { method: 'platt', a: 1, b: 0.3 } as const;
    const voice = { labels: { fear: line }, thresholds: {}, reject: null };
    const current = { id: 'c0', createdMs: 0, pack: PACK, subsets: { voice } };
    expect(fit(reviewed, 1, current).calibration?.subsets).toMatchObject({ voice, face: {} });
    expect(fit(reviewed, 1, { ...current, pack: 'other@1' }).calibration?.subsets.voice).toBeUndefined();
  });
});

it('uses only what the pack judged and reviewers voted on', () => {
  const said = { fear: 0.5, anger: 0.2 };
  const good = reviewedItem({ id: 'a', packProbabilities: said, pack: PACK }, [answer('ada', ['fear'])]);
  const other = reviewedItem({ id: 'b', packProbabilities: said }, [answer('ada', ['fear'])]);
  const empty = reviewedItem({ id: 'c', packProbabilities: {}, modalities: [], pack: PACK }, [answer('ada', ['fear'])]);
  const silent = reviewedItem({ id: 'd', packProbabilities: said, pack: PACK }, [answer('ada', 'cannot-tell')]);
  const { samples, ...unused } = samplesOf([good, other, empty, silent], PACK);
  expect(samples.map(({ rows }) => rows.map(({ item }) => item))).toEqual([['a']]);
  expect(unused).toEqual({ ofOtherPacks: 1, unjudged: 1, withoutVotes: 1 });
});
