import { describe, expect, it, vi } from 'vitest';
import { askPeople } from '../../pipelines/ask-people.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { ReviewItem } from '../../src/domain/review.ts';
import { silentLog } from '../fixtures/telemetry.ts';
import { meter, ref, verdictEvent } from './fakes.ts';

const CLIP = 'c'.repeat(64);
const evidence = { startMs: 0, endMs: 3000, sound: new Int16Array(48_000), pictures: [] };
const item = (id = 'i1') => {
  const { verdict, packProbabilities } = verdictEvent(0);
  const drawn = { causes: ['rejected'] as const, propensity: 1, raters: 2 };
  return { ...ref, id, segment: 's1', createdMs: 0, verdict, packProbabilities, ...drawn };
};

function stage(overrides: Partial<Parameters<typeof askPeople>[0]> = {}) {
  const items: ReviewItem[] = [];
  const counted = meter();
  const deps = {
    reviews: { add: (added: ReviewItem) => Promise.resolve(void items.push(added)) },
    clips: {
      put: async (_bytes: Uint8Array, refer?: (name: string) => Promise<void>) => {
        await refer?.(CLIP);
        return CLIP;
      },
    },
    cutter: { cut: () => Promise.resolve(new Uint8Array(8)) },
    meter: counted,
    log: silentLog,
    ...overrides,
  };
  const count = (name: string) => counted.counts.get(name) ?? 0;
  return { ...deps, items, count, asking: askPeople(deps), wanted: new AbortController() };
}

const fails = (code: UndertoneError['code']) => () => Promise.reject(new UndertoneError(code, 'no'));

describe('putting questions to people', () => {
  it('puts an item on record when its clip is kept', async () => {
    const { asking, items, wanted, count } = stage();
    asking.ask(item(), evidence, wanted.signal);
    expect(items).toEqual([]);
    await asking.settled();
    expect(items).toEqual([{ ...item(), clip: CLIP }]);
    expect(count('undertone_review_items_total{cause=rejected}')).toBe(1);
  });

  it.each([
    ['made', { cutter: { cut: fails('internal') } }, 'internal'],
    ['kept: the disk is full', { clips: { put: fails('disk-full') } }, 'disk-full'],
  ])('asks without a clip that cannot be %s, and counts it', async (_, overrides, reason) => {
    const { asking, items, wanted, count } = stage(overrides);
    asking.ask(item(), evidence, wanted.signal);
    await asking.settled();
    expect(items).toEqual([{ ...item(), clip: null }]);
    expect(count(`undertone_clips_lost_total{reason=${reason}}`)).toBe(1);
  });

  it('tries again while the store is away, and gives up what it refuses', async () => {
    vi.useFakeTimers();
    let attempts = 0;
    const add = () => (++attempts < 3 ? fails('store-unavailable')() : Promise.resolve());
    const { asking, wanted } = stage({ reviews: { add } });
    asking.ask(item(), evidence, wanted.signal);
    await vi.advanceTimersByTimeAsync(5000);
    expect(attempts).toBe(3);
    vi.useRealTimers();
    const refused = stage({ reviews: { add: fails('bad-message') } });
    refused.asking.ask(item(), evidence, wanted.signal);
    await refused.asking.settled();
    expect(refused.count('undertone_discarded_total{queue=reviews,reason=bad-message}')).toBe(1);
    expect(refused.count('undertone_clips_lost_total{reason=bad-message}')).toBe(0);
  });

  it.each(['cut', 'put'] as const)(
    'puts nothing on record that is not wanted any more, wherever it is: %s',
    async (step) => {
      const reached = Promise.withResolvers<undefined>();
      const goOn = Promise.withResolvers<undefined>();
      const gate = async () => {
        reached.resolve(undefined);
        await goOn.promise;
      };
      const { asking, items, wanted, count } = stage({
        ...(step === 'cut' && { cutter: { cut: () => gate().then(() => new Uint8Array(8)) } }),
        ...(step === 'put' && {
          clips: {
            put: (_: Uint8Array, refer?: (name: string) => Promise<void>) =>
              gate()
                .then(() => refer?.(CLIP))
                .then(() => CLIP),
          },
        }),
      });
      asking.ask(item(), evidence, wanted.signal);
      await reached.promise;
      wanted.abort();
      goOn.resolve(undefined);
      await asking.settled();
      expect(items).toEqual([]);
      expect(count('undertone_discarded_total{queue=reviews,reason=draining}')).toBe(0);
    },
  );

  it('has at most so many on their way, and counts the rest', async () => {
    const { asking, items, wanted, count } = stage({ most: 2 });
    for (const id of ['a', 'b', 'c']) asking.ask(item(id), evidence, wanted.signal);
    await asking.settled();
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(count('undertone_discarded_total{queue=reviews,reason=limit-reached}')).toBe(1);
  });

  it('drops and counts what is on its way when it is closed', async () => {
    const { asking, items, wanted, count } = stage({ reviews: { add: fails('store-unavailable') } });
    asking.ask(item(), evidence, wanted.signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await asking.close();
    asking.ask(item(), evidence, wanted.signal);
    expect(items).toEqual([]);
    expect(count('undertone_discarded_total{queue=reviews,reason=draining}')).toBe(2);
  });
});
