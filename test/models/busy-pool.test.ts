/** Admission on real worker threads that are too slow for what is asked of them. Compares counts and shares, not times. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInference } from '../../models/pool.ts';
import type { Inference } from '../../src/ports.ts';
import { SLOW_MS, STARTER, voice } from '../fixtures/inference.ts';
import { countingMeter, silentLog } from '../fixtures/telemetry.ts';
import { WAIT_MS, busyHost } from '../pipelines/busy-host.ts';

/** Five times what one worker of `SLOW_MS` a window can do. */
const PEOPLE = 12;
const HOP_MS = 100;
const LENGTH_MS = 600;

let inference: Inference;
beforeAll(async () => {
  const thread = { workerUrl: new URL('../fixtures/slow-worker.ts', import.meta.url) };
  inference = await startInference({ packDir: STARTER, thread, meter: countingMeter(), log: silentLog });
});
afterAll(() => inference.close());

const start = (admitting: boolean) =>
  busyHost({
    real: { inference, content: { voice: voice(1), face: null, missing: { face: 'off' } } },
    admitting,
    hopMs: HOP_MS,
    lengthMs: LENGTH_MS,
  });
type Heard = ReturnType<typeof start>['verdicts'];

const share = (heard: Heard, reason: string) =>
  heard.filter(({ verdict }) => verdict.reason === reason).length / heard.length;
const waitsOf = (heard: Heard) =>
  heard
    .filter(({ verdict }) => verdict.reason !== 'overload' && verdict.reason !== 'stale')
    .map(({ latencyMs }) => latencyMs);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

describe('slow workers of which five times too much is asked', () => {
  let before: Heard = [];

  it('are late with everything where everything is let in', async () => {
    const host = start(false);
    for (let i = 0; i < PEOPLE; i++) host.join(`p${i}`);
    await sleep(6000);
    await host.close();
    before = host.verdicts;
    expect(share(before, 'stale')).toBeGreaterThan(0.3);
    expect(median(waitsOf(before))).toBeGreaterThan(WAIT_MS + SLOW_MS);
  });

  it('judge less often where admission is at work: first the hop grows, then windows are skipped, and nothing is late', async () => {
    const host = start(true);
    const some = ['p0', 'p1', 'p2'].map(host.join);
    await expect.poll(() => host.loads.at(-1)?.hopMs, { timeout: 60_000 }).toBeGreaterThan(HOP_MS);
    expect(host.loads.every(({ oneIn }) => oneIn === 1)).toBe(true);
    const leave = [...some, ...Array.from({ length: PEOPLE - 3 }, (_, i) => host.join(`p${i + 3}`))];
    await expect.poll(() => host.loads.at(-1)?.oneIn, { timeout: 60_000 }).toBeGreaterThan(1);
    const settled = host.verdicts.length;
    await sleep(8000);
    const heard = host.verdicts.slice(settled);
    expect(share(heard, 'stale')).toBe(0);
    expect(median(waitsOf(heard))).toBeLessThan(median(waitsOf(before)) / 2);
    expect(host.loads.every(({ hopMs, oneIn }) => oneIn === 1 || hopMs === LENGTH_MS)).toBe(true);
    // What is skipped is skipped by turns, alike for all.
    const skipped = (reason: string) => host.meter.counts.get(`undertone_skipped_windows_total{reason=${reason}}`) ?? 0;
    expect(skipped('turn')).toBeGreaterThan(0);
    const counts = Array.from(
      { length: PEOPLE },
      (_, i) => waitsOf(heard.filter(({ participant }) => participant === `p${i}`)).length,
    );
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(2 * Math.min(...counts) + 2);

    // When people have left, everything is judged again.
    for (const each of leave.slice(1)) each();
    const last = host.loads.length;
    await expect.poll(() => host.loads.at(-1), { timeout: 90_000 }).toEqual({ hopMs: HOP_MS, oneIn: 1 });
    const down = host.loads.slice(last - 1).map(({ hopMs, oneIn }) => hopMs * oneIn);
    expect(down.at(-1)).toBeLessThan(down[0] ?? 0);
    await host.close();
  });
});
