import fc from 'fast-check';
import { NEVER, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { analyse, dismiss, judge } from '../../pipelines/analyse.ts';
import { logit } from '../../src/core/probability.ts';
import { calibrationInForce } from '../../src/core/review/in-force.ts';
import type { VerdictEvent } from '../../src/domain.ts';
import type { ReviewCalibration } from '../../src/domain/review.ts';
import { UndertoneError } from '../../src/errors.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import { headLogits } from '../core/arbitraries.ts';
import { inference, meter, window } from './fakes.ts';

const clock = { now: () => 1000 };
const deps = (overrides = {}) => ({
  inference: inference(),
  clock,
  meter: meter(),
  require: 'any' as const,
  ...overrides,
});

describe('judging in turn', () => {
  it.each([
    ['judged', 900],
    ['skipped', 0],
  ])('ends with what telling of a window that was %s throws', async (_, closedMs) => {
    const broker = memoryBroker({ capacity: 4, onDiscard: () => undefined, meter: meter() });
    const plan = { capacity: 4, lane: 1, batch: 1, workers: 1, waitMs: 500, gatherMs: 0 };
    const admission = { admits: () => true, plan, told: () => undefined, ticks: NEVER };
    const deaf = {
      ...broker,
      publishVerdict: () => {
        throw new Error('nobody can be told');
      },
    };
    const analysing = lastValueFrom(analyse({ ...deps(), broker: deaf, admission }));
    broker.publishWindow(window(0, { closedMs, missing: {} }));
    await expect(analysing).rejects.toThrow('nobody can be told');
  });
});

describe('judging a window', () => {
  it('accepts what the networks are sure of', async () => {
    const event = await judge(window(3, { closedMs: 900 }), deps());
    expect(event).toMatchObject({ room: 'lobby', participant: 'p1', seq: 3, latencyMs: 100 });
    expect(event.verdict).toMatchObject({ status: 'accepted', labels: ['happiness'], pack: 'test@1' });
  });

  it('believes the shared layers of a pack about both modalities', async () => {
    const said = headLogits([0, 6, 0, 0, 0, 0, 0, 0]);
    const fake = inference({
      infer: () => Promise.resolve({ voice: null, face: null, fusion: { subset: 'both', ...said } }),
    });
    const { labels, calibration } = fake.pack.networks.voice;
    const pack = { ...fake.pack, fusion: { labels, calibration: { both: calibration } } };
    const event = await judge(window(0, { missing: {} }), deps({ inference: { ...fake, pack }, require: 'both' }));
    expect(event.verdict).toMatchObject({ status: 'accepted', labels: ['happiness'], modalities: ['voice', 'face'] });
  });

  it('does not infer a window past its deadline, and says so', async () => {
    let calls = 0;
    const counting = inference({
      infer: () => {
        calls++;
        return Promise.reject(new Error('not reached'));
      },
    });
    const event = await judge(window(0, { deadlineMs: 999 }), deps({ inference: counting }));
    expect(event.verdict).toMatchObject({ status: 'rejected', reason: 'stale' });
    expect(calls).toBe(0);
  });

  it.each([
    [new UndertoneError('limit-reached', 'full'), 'overload'],
    [new UndertoneError('worker-crashed', 'gone'), 'inference-failed'],
    [new Error('anything'), 'inference-failed'],
  ])('turns %s into the reason %s', async (error, reason) => {
    const failing = inference({ infer: () => Promise.reject(error) });
    const counted = meter();
    const event = await judge(window(0), deps({ inference: failing, meter: counted }));
    expect(event.verdict).toMatchObject({ status: 'rejected', reason, probabilities: {} });
    expect(counted.counts.get(`undertone_windows_total{status=rejected,reason=${reason}}`)).toBe(1);
  });

  it('never asks the networks about someone who did not consent', async () => {
    const forbidden = inference({ infer: () => Promise.reject(new Error('asked')) });
    const event = await judge(window(0, { consented: false, face: null }), deps({ inference: forbidden }));
    expect(event.verdict.reason).toBe('not-consented');
  });
});

describe('analyse', () => {
  it('gives every window exactly one verdict, whatever fails, is late or is discarded', async () => {
    const fate = fc.constantFrom('good', 'crash', 'full', 'stale', 'empty');
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), async (fates, capacity) => {
        const verdicts: VerdictEvent[] = [];
        const flaky = inference({
          infer: async ({ face }) => {
            await Promise.resolve();
            const kind = fates[face?.n ?? 0];
            if (kind === 'crash') throw new UndertoneError('worker-crashed', 'gone');
            if (kind === 'full') throw new UndertoneError('limit-reached', 'full');
            return { voice: null, face, fusion: null };
          },
        });
        const judging = deps({ inference: flaky });
        const broker = memoryBroker({
          capacity,
          meter: meter(),
          onDiscard: (discarded) => verdicts.push(dismiss(discarded, 'overload', judging)),
        });
        broker.onVerdict((event) => verdicts.push(event));
        const done = lastValueFrom(analyse({ broker, ...judging, batch: 3 }), { defaultValue: null });
        for (const [seq, kind] of fates.entries()) {
          const face =
            kind === 'empty'
              ? null
              : { ...headLogits(Array<number>(8).fill(0)), embeddings: null, n: seq, visibleShare: 1 };
          broker.publishWindow(window(seq, { face, deadlineMs: kind === 'stale' ? 0 : Infinity }));
          if (seq % 7 === 0) await Promise.resolve();
        }
        await expect.poll(() => verdicts.length).toBe(fates.length);
        await broker.close();
        await done;
        expect(verdicts.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(fates.map((_, i) => i));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a calibration by reviewers', () => {
  const calibration = (id: string, b: number): ReviewCalibration => ({
    id,
    createdMs: 0,
    pack: 'test@1',
    subsets: { face: { labels: { happiness: { method: 'platt', a: 1, b } }, thresholds: {}, reject: null } },
  });

  it('is applied after the pack, whose own probabilities go along for review', async () => {
    const holder = calibrationInForce('test@1', calibration('c1', -10));
    const { verdict, packProbabilities } = await judge(window(0), deps({ calibration: holder }));
    expect(verdict).toMatchObject({ status: 'rejected', reason: 'low-confidence', calibration: 'c1' });
    expect(packProbabilities.happiness).toBeGreaterThan(0.98);
    expect(verdict.probabilities.happiness).toBeLessThan(0.03);
    const plain = await judge(window(0), deps());
    expect(plain.verdict).toMatchObject({ status: 'accepted', calibration: null });
    expect(plain.packProbabilities).toEqual(plain.verdict.probabilities);
  });

  it('is swapped and rolled back in mid-stream without losing a window, and each verdict names what judged it', async () => {
    const step = fc.constantFrom('window', 'window', 'window', 'c1', 'c2', 'none');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const holder = calibrationInForce('test@1');
        const known = { c1: calibration('c1', -10), c2: calibration('c2', -2), none: null };
        const broker = memoryBroker({ capacity: 100, meter: meter(), onDiscard: () => undefined });
        const verdicts: VerdictEvent[] = [];
        broker.onVerdict((event) => verdicts.push(event));
        const slow = inference({
          infer: async ({ face }) => {
            await Promise.resolve();
            return { voice: null, face, fusion: null };
          },
        });
        const judging = deps({ inference: slow, calibration: holder });
        const done = lastValueFrom(analyse({ broker, ...judging, batch: 2 }), { defaultValue: null });
        let seq = 0;
        for (const each of steps) {
          if (each === 'window') broker.publishWindow(window(seq++));
          else holder.swap(known[each]);
          if (seq % 3 === 0) await Promise.resolve();
        }
        await expect.poll(() => verdicts.length).toBe(seq);
        await broker.close();
        await done;
        expect(new Set(verdicts.map((event) => event.seq)).size).toBe(seq);
        const shifts = { none: 0, c1: -10, c2: -2 };
        for (const { verdict, packProbabilities } of verdicts) {
          const judgedBy = (verdict.calibration ?? 'none') as keyof typeof shifts;
          const expected = logit(packProbabilities.happiness ?? NaN) + shifts[judgedBy];
          expect(logit(verdict.probabilities.happiness ?? NaN)).toBeCloseTo(expected, 6);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of another pack is refused before anything is judged', () => {
    const other = calibrationInForce('test@2');
    const broker = memoryBroker({ capacity: 1, meter: meter(), onDiscard: () => undefined });
    expect(() => analyse({ broker, ...deps({ calibration: other }) })).toThrow(/cannot judge with test@1/);
  });
});
