import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WAIT_MS, busyHost, pass } from './busy-host.ts';

type Host = ReturnType<typeof busyHost>;
type Heard = Host['verdicts'];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** People who come one after the other within a hop, or all at once. Returns how each leaves. */
async function gather(host: Host, people: number, together = false): Promise<(() => void)[]> {
  const leave: (() => void)[] = [];
  for (let i = 0; i < people; i++) {
    leave.push(host.join(`p${i}`));
    if (!together) await pass(0.5 / people);
  }
  return leave;
}

const judged = (heard: Heard) => heard.filter(({ verdict: { reason } }) => reason !== 'overload' && reason !== 'stale');
const percentile = (values: readonly number[], p: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(p * (values.length - 1))] ?? NaN;
const byPerson = (heard: Heard, people: number) =>
  Array.from({ length: people }, (_, i) => heard.filter(({ participant }) => participant === `p${i}`));

/** Time of windows that go together: as many times one, or a run with a price of its own. */
const linear = (seconds: number) => (size: number) => size * seconds;
const fixed = (seconds: number, each: number) => (size: number) => seconds + size * each;

const HOSTS = [
  ['quick', 1, linear(0.01)],
  ['slow', 1, linear(0.06)],
  ['slow with two workers', 2, linear(0.4)],
  ['so slow that a window takes longer than it may wait', 1, linear(1.6)],
  ['one that takes many at a time', 1, fixed(0.02, 0.001)],
  ['slow, but one that takes many at a time', 1, fixed(0.12, 0.002)],
] as const;
const CASES = HOSTS.flatMap(([name, workers, secondsOf]) =>
  [1, 4, 32].map((people) => ({ name, workers, secondsOf, people })),
);

describe('a host without admission', () => {
  it('is too late with nearly everything once more is asked of it than it can do', async () => {
    const host = busyHost({ secondsOf: linear(0.06), admitting: false });
    await gather(host, 16);
    await pass(60);
    expect(
      percentile(
        host.verdicts.map(({ latencyMs }) => latencyMs),
        0.5,
      ),
    ).toBeGreaterThan(1000);
    await host.close();
  });
});

describe('a host with admission', () => {
  it.each(CASES)(
    'that is $name, with $people people: nobody waits long, all are judged alike',
    async ({ workers, secondsOf, people }) => {
      const host = busyHost({ workers, secondsOf });
      await gather(host, people);
      // The longest that workers are at one batch, of those that were run.
      const longestMs = () =>
        1000 * Math.max(0, ...host.pool.status().windows.batches.map(({ size }) => secondsOf(size)));
      await pass(180);
      const settled = host.verdicts.length;
      const changes = host.loads.length;
      await pass(240);
      const heard = judged(host.verdicts.slice(settled));

      // From the first window on, whatever was judged had not waited longer than it may, with a quarter second to see it.
      const latencies = judged(host.verdicts).map(({ latencyMs }) => latencyMs);
      expect(percentile(latencies, 1)).toBeLessThanOrEqual(WAIT_MS + 250 + longestMs());
      // Once settled, nothing but turns is skipped, what is judged is judged at once, and the rung hardly changes.
      const load = host.loads.at(-1);
      expect(heard.length).toBeGreaterThan(0);
      if (load?.oneIn === 1)
        expect(host.verdicts.slice(settled).some(({ verdict }) => verdict.reason === 'overload')).toBe(false);
      expect(
        percentile(
          heard.map(({ latencyMs }) => latencyMs),
          0.95,
        ),
      ).toBeLessThanOrEqual(WAIT_MS / 2 + longestMs());
      expect(host.loads.length - changes).toBeLessThanOrEqual(4);
      // Everybody alike.
      const counts = byPerson(heard, people).map(({ length }) => length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
      expect(Math.min(...counts)).toBeGreaterThan(0);
      await host.close();
    },
  );

  it('lengthens the hop before it skips, and one in two before one in four', async () => {
    const host = busyHost({ secondsOf: linear(0.06) });
    for (let i = 0; i < 64; i++) {
      host.join(`p${i}`);
      await pass(1);
    }
    await pass(60);
    const steps = host.loads.map(({ hopMs, oneIn }) => [hopMs, oneIn]);
    expect(steps[0]).toEqual([500, 1]);
    expect(steps.at(-1)).toEqual([3000, 2]);
    expect(steps.every(([hopMs, oneIn]) => oneIn === 1 || hopMs === 3000)).toBe(true);
    expect([...new Set(steps.map(String))]).toEqual(['500,1', '1000,1', '1500,1', '2000,1', '3000,1', '3000,2']);
    await host.close();
  });

  it('gives every window one verdict and numbers them without holes, whatever is skipped', async () => {
    const host = busyHost({ secondsOf: linear(0.3) });
    const leave = await gather(host, 24, true);
    await pass(60);
    for (const each of leave) each();
    await pass(5);
    for (const heard of byPerson(host.verdicts, 24)) {
      const seqs = heard.map(({ seq }) => seq).sort((a, b) => a - b);
      expect(seqs).toEqual(seqs.map((_, i) => i));
      expect(seqs.length).toBeGreaterThan(10);
    }
    await host.close();
  });

  it('judges everybody alike also where all came in the same moment, as after a restart', async () => {
    const host = busyHost({ secondsOf: linear(0.3) });
    await gather(host, 24, true);
    await pass(240);
    const counts = byPerson(judged(host.verdicts), 24).map(({ length }) => length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    await host.close();
  });

  it('is back at the configured hop when people have left, and does not swing on the way', async () => {
    const host = busyHost({ secondsOf: linear(0.06) });
    const leave = await gather(host, 32);
    await pass(60);
    expect(host.loads.at(-1)?.hopMs).toBeGreaterThan(500);
    for (const each of leave.slice(4)) each();
    const changes = host.loads.length;
    await pass(120);
    expect(host.loads.at(-1)).toEqual({ hopMs: 500, oneIn: 1 });
    const down = host.loads.slice(changes - 1).map(({ hopMs, oneIn }) => hopMs * oneIn);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    await host.close();
  });

  it('counts what it skips, and why', async () => {
    const host = busyHost({ secondsOf: linear(0.3) });
    await gather(host, 24);
    await pass(60);
    const skipped = host.verdicts.filter(({ verdict }) => verdict.reason === 'overload').length;
    const counted = ['turn', 'wait'].map(
      (reason) => host.meter.counts.get(`undertone_skipped_windows_total{reason=${reason}}`) ?? 0,
    );
    expect(counted.reduce((sum, count) => sum + count)).toBe(skipped);
    expect(counted[0]).toBeGreaterThan(counted[1] ?? 0);
    await host.close();
  });
});
