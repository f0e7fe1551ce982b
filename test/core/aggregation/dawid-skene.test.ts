import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, answersOf } from '../../../src/core/aggregation/answers.ts';
import { dawidSkene } from '../../../src/core/aggregation/dawid-skene.ts';
import { dawidSkenePerLabel } from '../../../src/core/aggregation/lift.ts';
import { randomStream } from '../../../src/core/random.ts';
import { parseManifest } from '../../../src/core/manifest.ts';

const someAnswers: fc.Arbitrary<readonly Answer<boolean>[]> = fc.array(
  fc.record({
    task: fc.integer({ min: 0, max: 9 }).map((n) => `task-${n}`),
    worker: fc.integer({ min: 0, max: 5 }).map((n) => `worker-${n}`),
    label: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);
const smoothing = fc.constantFrom(0, 0.5, 1);

/** Tasks of known truth, rated by raters of known error rates; each rater skips some. */
function simulated(seed: number, raters: readonly (readonly [sensitivity: number, specificity: number])[]) {
  const random = randomStream(seed, 'dawid-skene');
  const truth = new Map(Array.from({ length: 2000 }, (_, i) => [`task-${i}`, random() < 0.3]));
  const answers = [...truth].flatMap(([task, yes]) =>
    raters.flatMap(([sensitivity, specificity], rater) => {
      const label = random() < (yes ? sensitivity : 1 - specificity);
      return random() < 0.8 ? [{ task, worker: `worker-${rater}`, label }] : [];
    }),
  );
  return { truth, answers };
}

describe('dawidSkene', () => {
  it('never lets the log-likelihood fall', () => {
    fc.assert(
      fc.property(someAnswers, smoothing, (answers, smoothing) => {
        const { logLikelihood } = dawidSkene(answers, { smoothing, toleranceNats: 0, maxRounds: 60 });
        logLikelihood.slice(1).forEach((after, i) => {
          expect(after - (logLikelihood[i] ?? 0)).toBeGreaterThanOrEqual(-1e-9);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('gives probabilities and rates in [0, 1], for every task and every rater', () => {
    fc.assert(
      fc.property(someAnswers, smoothing, (answers, smoothing) => {
        const { probability, raters, prevalence } = dawidSkene(answers, { smoothing });
        expect(new Set(probability.keys())).toEqual(new Set(answers.map(({ task }) => task)));
        expect(new Set(raters.keys())).toEqual(new Set(answers.map(({ worker }) => worker)));
        const rates = [...raters.values()].flatMap(({ sensitivity, specificity }) => [sensitivity, specificity]);
        for (const p of [prevalence, ...probability.values(), ...rates]) expect(p >= 0 && p <= 1).toBe(true);
      }),
    );
  });

  it('does not depend on the order of answers', () => {
    fc.assert(
      fc.property(someAnswers, (answers) => {
        const [there, back] = [answers, answers.toReversed()].map((given) => dawidSkene(given, { maxRounds: 3 }));
        for (const [task, p] of there?.probability ?? []) expect(back?.probability.get(task) ?? NaN).toBeCloseTo(p, 6);
      }),
    );
  });

  it('exchanges what it says of yes and of no when all answers are turned round', () => {
    fc.assert(
      fc.property(someAnswers, smoothing, (answers, smoothing) => {
        const options = { smoothing, maxRounds: 3 };
        const turned = dawidSkene(
          answers.map((answer) => ({ ...answer, label: !answer.label })),
          options,
        );
        for (const [task, p] of dawidSkene(answers, options).probability)
          expect(turned.probability.get(task) ?? NaN).toBeCloseTo(1 - p, 6);
      }),
    );
  });

  it.each([1, 2, 3])('finds the planted error rates again (seed %i)', (seed) => {
    const planted = [
      [0.9, 0.95],
      [0.8, 0.85],
      [0.7, 0.9],
      [0.95, 0.7],
      [0.4, 0.55],
      [0.85, 0.99],
    ] as const;
    const { truth, answers } = simulated(seed, planted);
    const { probability, raters, prevalence } = dawidSkene(answers);
    planted.forEach(([sensitivity, specificity], rater) => {
      const found = raters.get(`worker-${rater}`);
      expect(Math.abs((found?.sensitivity ?? NaN) - sensitivity)).toBeLessThan(0.06);
      expect(Math.abs((found?.specificity ?? NaN) - specificity)).toBeLessThan(0.04);
    });
    expect(Math.abs(prevalence - 0.3)).toBeLessThan(0.04);

    const right = (isYes: (task: string) => boolean) =>
      [...truth].filter(([task, yes]) => isYes(task) === yes).length / truth.size;
    const shares = Map.groupBy(answers, ({ task }) => task);
    const byMajority = right((task) => {
      const given = shares.get(task) ?? [];
      return 2 * given.filter(({ label }) => label).length > given.length;
    });
    expect(right((task) => (probability.get(task) ?? 0) > 0.5)).toBeGreaterThan(byMajority + 0.01);
  });

  it('believes a rater with one answer less where others are added', () => {
    const answers = ['a', 'b', 'c'].map((worker) => ({ task: 'one', worker, label: true }));
    expect(dawidSkene(answers).raters.get('a')?.sensitivity).toBe(1);
    const { sensitivity = 1 } = dawidSkene(answers, { smoothing: 1 }).raters.get('a') ?? {};
    expect(sensitivity).toBeLessThan(0.7);
  });

  it('is refused where nobody has answered', () => {
    expect(() => dawidSkene([])).toThrow(RangeError);
  });
});

describe('dawidSkenePerLabel', () => {
  const { clips } = parseManifest(
    [
      '{"id":"a","ratings":[{"rater":"r1","stimulus":"av","labels":["anger","fear"]},{"rater":"r2","stimulus":"av","labels":["anger"]},{"rater":"r3","stimulus":"voice","labels":["fear"]}]}',
      '{"id":"b","ratings":[{"rater":"r1","stimulus":"av","labels":["fear"]},{"rater":"r2","stimulus":"av","labels":[]}]}',
    ].join('\n'),
    'corpus.jsonl',
  );

  it('has the answers of a corpus whose raters are known', () => {
    expect(answersOf(clips, 'av')).toEqual([
      { task: 'a', worker: 'r1', label: 'anger' },
      { task: 'a', worker: 'r1', label: 'fear' },
      { task: 'a', worker: 'r2', label: 'anger' },
      { task: 'b', worker: 'r1', label: 'fear' },
      { task: 'b', worker: 'r2', label: 'other' },
    ]);
  });

  it('asks of each label whether each rater chose it', () => {
    const learned = dawidSkenePerLabel(answersOf(clips, 'av'), ['anger', 'fear']);
    const asked = (label: 'anger' | 'fear') =>
      [
        ['a', 'r1', true],
        ['a', 'r2', label === 'anger'],
        ['b', 'r1', label === 'fear'],
        ['b', 'r2', false],
      ] as const;
    for (const label of ['anger', 'fear'] as const)
      expect(learned.get(label)).toEqual(
        dawidSkene(asked(label).map(([task, worker, label]) => ({ task, worker, label }))),
      );
  });

  it('lets labels be renamed', () => {
    const swap = { anger: 'fear', fear: 'anger' } as const;
    const answers = answersOf(clips, 'av');
    const renamed = answers.map((answer) =>
      answer.label === 'anger' || answer.label === 'fear' ? { ...answer, label: swap[answer.label] } : answer,
    );
    const [before, after] = [answers, renamed].map((given) => dawidSkenePerLabel(given, ['anger', 'fear']));
    expect(after?.get('fear')).toEqual(before?.get('anger'));
  });
});
