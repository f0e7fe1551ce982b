import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eceTally } from '../../../src/core/metrics/ece.ts';
import { meanTally, only, total, weighted } from '../../../src/core/metrics/tally.ts';
import { sigmoid } from '../../../src/core/probability.ts';
import { gaussian, randomStream } from '../../../src/core/random.ts';
import { type Information, learn, leverage, NOTHING_LEARNT, together } from '../../../src/core/review/information.ts';
import { type Candidate, chancesOf, learnFrom, propensityOf, select } from '../../../src/core/review/selection.ts';
import type { Modality, PerLabel, Verdict } from '../../../src/domain.ts';
import type { ReviewPolicy } from '../../../src/domain/trust.ts';
import { modalities, perLabel } from './arbitraries.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const probabilities = perLabel(fc.double({ min: 0.001, max: 0.999, noNaN: true }));

const POLICY: ReviewPolicy = {
  reasons: ['low-confidence', 'out-of-distribution', 'poor-face'],
  rejectedShare: 1,
  auditShare: 0.05,
  informationShare: 0.1,
  raters: 2,
  reservationMs: 120_000,
};
const policy = fc
  .record({ rejectedShare: share, auditShare: share, informationShare: share })
  .map((shares) => ({ ...POLICY, ...shares }));

function candidateOf(said: PerLabel, judged: readonly Modality[], status: Verdict['status']): Candidate {
  const base = { startMs: 0, endMs: 3000, labels: [], probabilities: said, shares: {}, missing: {}, uncertainty: 1 };
  const more = { ...base, modalities: judged, pack: 'test@1', calibration: null };
  const verdict: Verdict =
    status === 'accepted' ? { ...more, status, reason: null } : { ...more, status, reason: 'low-confidence' };
  return { verdict, packProbabilities: said };
}
const candidate = fc
  .tuple(probabilities, modalities, fc.constantFrom('accepted' as const, 'rejected' as const))
  .map((parts) => candidateOf(...parts));
/** Its numbers by name. */
const flat = (known: Information): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(known).flatMap(([subset, labels]) =>
      Object.entries(labels).flatMap(([label, line]) =>
        Object.entries(line).map(([key, value]) => [`${subset} ${label} ${key}`, value as number] as const),
      ),
    ),
  );
/** What was learnt from some windows before. */
const information = fc
  .array(fc.tuple(probabilities, fc.constantFrom('voice' as const, 'face' as const, 'both' as const)), { maxLength: 8 })
  .map((windows) =>
    windows.reduce(
      (known, [said, subset]) => learn(known, { subset, packProbabilities: said, probabilities: said }),
      NOTHING_LEARNT,
    ),
  );

describe('what was learnt', () => {
  it('is the same whether windows are learnt one after the other, or in parts that are put together', () => {
    const windows = fc.array(candidate, { maxLength: 8 });
    fc.assert(
      fc.property(windows, windows, (some, others) => {
        const [one, other] = [some, others].map((each) => each.reduce(learnFrom, NOTHING_LEARNT)) as [
          Information,
          Information,
        ];
        const all = flat([...some, ...others].reduce(learnFrom, NOTHING_LEARNT));
        for (const sum of [flat(together(one, other)), flat(together(other, one))]) {
          expect([...sum.keys()].sort()).toEqual([...all.keys()].sort());
          for (const [name, value] of all) expect(sum.get(name)).toBeCloseTo(value, 9);
        }
      }),
    );
  });
});

describe('leverage', () => {
  it('lies in (0, 1) and never rises with what is already known', () => {
    fc.assert(
      fc.property(information, probabilities, probabilities, (known, said, other) => {
        const window = { subset: 'face', packProbabilities: said, probabilities: said } as const;
        const before = leverage(known, window);
        const after = leverage(
          learn(known, { subset: 'face', packProbabilities: other, probabilities: other }),
          window,
        );
        expect(before).toBeGreaterThan(0);
        expect(before).toBeLessThan(1);
        expect(after).toBeLessThanOrEqual(before + 1e-12);
      }),
    );
  });

  it('is greater where the answer is open than where it is sure', () => {
    const at = (p: number) =>
      leverage(NOTHING_LEARNT, { subset: 'face', packProbabilities: { fear: p }, probabilities: { fear: p } });
    expect(at(0.3)).toBeGreaterThan(at(0.01));
  });

  it('is that of regression: weight x squared standard error, after the answer', () => {
    // prior precisions 4 and 1: s = q (1 - q) (z^2 / 4 + 1)
    const p = sigmoid(1);
    const s = p * (1 - p) * (1 / 4 + 1);
    const window = { subset: 'voice', packProbabilities: { fear: p }, probabilities: { fear: p } } as const;
    expect(leverage(NOTHING_LEARNT, window)).toBeCloseTo(s / (1 + s), 9);
  });
});

describe('the propensity', () => {
  it('of what is drawn lies in (0, 1]', () => {
    fc.assert(
      fc.property(information, candidate, policy, fc.integer(), (known, one, shares, seed) => {
        const [next, selection] = select(known, one, shares, randomStream(seed));
        if (selection === null) {
          expect(next).toBe(known);
          return;
        }
        expect(selection.propensity).toBeGreaterThan(0);
        expect(selection.propensity).toBeLessThanOrEqual(1);
        expect(selection.causes.length).toBeGreaterThan(0);
      }),
    );
  });

  it('never falls when a share is raised', () => {
    fc.assert(
      fc.property(
        information,
        candidate,
        policy,
        fc.constantFrom('rejectedShare', 'auditShare', 'informationShare'),
        share,
        (known, one, shares, raised, to) => {
          const more = { ...shares, [raised]: Math.max(shares[raised], to) };
          expect(propensityOf(chancesOf(known, one, more))).toBeGreaterThanOrEqual(
            propensityOf(chancesOf(known, one, shares)) - 1e-12,
          );
        },
      ),
    );
  });

  it('is the share in which such a segment is drawn', () => {
    const one = candidateOf({ fear: 0.4, anger: 0.7 }, ['face'], 'accepted');
    const chance = propensityOf(chancesOf(NOTHING_LEARNT, one, POLICY));
    const random = randomStream(3, 'draws');
    const n = 20_000;
    const drawn = Array.from({ length: n }, () => select(NOTHING_LEARNT, one, POLICY, random)[1]).filter(
      (selection) => selection !== null,
    ).length;
    expect(Math.abs(drawn / n - chance)).toBeLessThan(4 * Math.sqrt((chance * (1 - chance)) / n));
  });

  it('is 0 for what nobody is ever asked about, and 1 where every rejected segment is', () => {
    const unseen = candidateOf({}, [], 'rejected');
    const noFace = { ...unseen, verdict: { ...unseen.verdict, status: 'rejected', reason: 'no-face' } as const };
    expect(propensityOf(chancesOf(NOTHING_LEARNT, noFace, POLICY))).toBe(0);
    expect(propensityOf(chancesOf(NOTHING_LEARNT, candidateOf({ fear: 0.4 }, ['face'], 'rejected'), POLICY))).toBe(1);
  });
});

it('weighing by inverse propensity recovers the calibration error and risk of all segments, where plain means do not', () => {
  const random = randomStream(11, 'population');
  // a pack with two labels that is right where it is unsure, and too sure where it is sure
  const all = Array.from({ length: 30_000 }, () => {
    const z = [gaussian(random) * 2, gaussian(random) * 2];
    const said = z.map((x) => sigmoid(x));
    const present = z.map((x) => (random() < sigmoid(Math.max(-0.5, Math.min(0.5, x))) ? 1 : 0));
    const accepted = Math.max(...said) > 0.85;
    const wrong = present[said.indexOf(Math.max(...said))] === 1 ? 0 : 1;
    return { said, present, accepted, wrong };
  });
  let known = NOTHING_LEARNT;
  const weights = Float64Array.from(all, ({ said: [fear = 0, anger = 0], accepted }) => {
    const one = candidateOf({ fear, anger }, ['face'], accepted ? 'accepted' : 'rejected');
    const [next, selection] = select(known, one, { ...POLICY, rejectedShare: 0.8 }, random);
    known = next;
    return selection === null ? 0 : 1 / selection.propensity;
  });
  const asked = weights.map((weight) => Math.sign(weight));
  const error = eceTally(
    all.map(({ present }) => present),
    all.map(({ said }) => said),
  );
  const coverage = meanTally(all.map(({ accepted }) => Number(accepted)));
  const risk = only(
    meanTally(all.map(({ wrong }) => wrong)),
    all.map(({ accepted }) => accepted),
  );
  const truth = total(error).mean;
  expect(Math.abs(weighted(error, weights).mean - truth)).toBeLessThan(0.01);
  expect(Math.abs(weighted(error, asked).mean - truth)).toBeGreaterThan(0.03);
  expect(weighted(coverage, weights)).toBeCloseTo(total(coverage), 1);
  expect(weighted(coverage, asked)).toBeLessThan(total(coverage) / 2);
  expect(Math.abs(weighted(risk, weights) - total(risk))).toBeLessThan(0.03);
});
