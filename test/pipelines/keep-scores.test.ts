import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepScores } from '../../pipelines/keep-scores.ts';
import type { Score } from '../../pipelines/keep-scores.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { ScoreStore } from '../../src/ports/store.ts';
import { silentLog } from '../fixtures/telemetry.ts';
import { meter, verdictEvent } from './fakes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const away = () => new UndertoneError('store-unavailable', 'away');

/** A store that is there, away, or refuses everything. */
function stage(options = {}) {
  const store = { state: 'there' as 'there' | 'away' | 'refuses', rows: [] as number[], batches: [] as number[] };
  let held: Promise<unknown> = Promise.resolve();
  const scores: Pick<ScoreStore, 'add'> = {
    async add({ verdicts }) {
      await held;
      if (store.state === 'away') throw away();
      if (store.state === 'refuses') throw new UndertoneError('bad-message', 'no');
      store.batches.push(verdicts.length);
      store.rows.push(...verdicts.map(({ seq }) => seq));
    },
  };
  const counted = meter();
  const keeper = keepScores({ scores, meter: counted, log: silentLog, ...options });
  const lost = (reason: string) => counted.counts.get(`undertone_discarded_total{queue=scores,reason=${reason}}`) ?? 0;
  const hold = () => {
    const release = Promise.withResolvers<undefined>();
    held = release.promise;
    return () => {
      release.resolve(undefined);
    };
  };
  return { store, keeper, lost, hold };
}

const row = (seq: number, participant = 'p1'): Score => {
  const { room, verdict } = verdictEvent(seq);
  return { kind: 'verdict', row: { room, participant, seq, verdict } };
};

describe('keeping scores', () => {
  it('writes what has gathered in one batch, oldest first', async () => {
    const { store, keeper } = stage({ batch: 3 });
    for (let seq = 0; seq < 7; seq++) keeper.add(row(seq));
    expect(store.rows).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(store).toMatchObject({ rows: [0, 1, 2, 3, 4, 5, 6], batches: [3, 3, 1] });
  });

  it('keeps or counts every row, in order, whatever the store does', async () => {
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ state: fc.constantFrom('there' as const, 'away' as const, 'refuses' as const) }),
      fc.record({ waitMs: fc.integer({ min: 1, max: 40_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { store, keeper, lost } = stage({ waiting: 40, batch: 8 });
        let sent = 0;
        for (const each of steps) {
          if ('add' in each) for (let i = 0; i < each.add; i++) keeper.add(row(sent++));
          else if ('state' in each) store.state = each.state;
          else await vi.advanceTimersByTimeAsync(each.waitMs);
        }
        store.state = 'there';
        await vi.advanceTimersByTimeAsync(60_000);
        expect(store.rows).toEqual([...store.rows].sort((a, b) => a - b));
        expect(store.rows.length + lost('store-unavailable') + lost('refused')).toBe(sent);
      }),
      { numRuns: 40 },
    );
  });

  it('loses the oldest of what waits too long, and nothing else', async () => {
    const { store, keeper, lost } = stage({ waiting: 10 });
    store.state = 'away';
    for (let seq = 0; seq < 25; seq++) keeper.add(row(seq));
    await vi.advanceTimersByTimeAsync(5000);
    store.state = 'there';
    await vi.advanceTimersByTimeAsync(60_000);
    expect(store.rows).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    expect(lost('store-unavailable')).toBe(15);
  });

  it('forgets a person, and says when nothing of them is under way', async () => {
    const { store, keeper, hold } = stage();
    const release = hold();
    keeper.add(row(0));
    await vi.advanceTimersByTimeAsync(1000);
    keeper.add(row(1));
    keeper.add(row(2, 'p2'));
    let isForgotten = false;
    const forgotten = keeper.forget({ room: 'lobby', participant: 'p1' }).then(() => {
      isForgotten = true;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(isForgotten).toBe(false);
    release();
    await forgotten;
    await vi.advanceTimersByTimeAsync(2000);
    expect(store.rows).toEqual([0, 2]);
  });

  it('is flushed at once, and counts what it loses when it is closed', async () => {
    const { store, keeper, lost } = stage();
    keeper.add(row(0));
    await keeper.flush();
    expect(store.rows).toEqual([0]);
    store.state = 'away';
    keeper.add(row(1));
    await vi.advanceTimersByTimeAsync(1100);
    await keeper.close();
    keeper.add(row(2));
    expect([store.rows, lost('draining')]).toEqual([[0], 2]);
  });
});
