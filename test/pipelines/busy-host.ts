/** A host on a virtual clock: people who send windows on their turns, and workers that take their time. For simulations. */
import { vi } from 'vitest';
import { createAdmission } from '../../pipelines/admission.ts';
import { analyse, dismiss } from '../../pipelines/analyse.ts';
import { hopNumber, nextCut } from '../../src/core/admission/ladder.ts';
import type { Turn } from '../../src/core/admission/ladder.ts';
import type { HostLoad, Logits, VerdictEvent, Window } from '../../src/domain.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import type { Inference } from '../../src/ports.ts';
import { silentLog } from '../fixtures/telemetry.ts';
import { inference, meter, window } from './fakes.ts';

/** How a host is made. */
export interface BusyHostOptions {
  readonly workers?: number;
  /** How long a worker takes for windows that go together, s. */
  readonly secondsOf?: (size: number) => number;
  /** Real workers in place of modelled ones, and what they are given. */
  readonly real?: { readonly inference: Inference; readonly content: Partial<Window> };
  /** Default 500. */
  readonly hopMs?: number;
  /** Default 3000. */
  readonly lengthMs?: number;
  /** Whether admission is at work. Default true. */
  readonly admitting?: boolean;
}

const STALE_MS = 1000;
/** How long a window may wait. */
export const WAIT_MS = 500;

/** Start a host. With modelled workers time must be under vitest's control. */
export function busyHost(options: BusyHostOptions) {
  const { workers = 1, secondsOf = () => 0, real, admitting = true, hopMs = 500, lengthMs = 3000 } = options;
  const clock = { now: () => Date.now() };
  const measured = meter();
  const pool = slowPool(workers, secondsOf);
  const judging = { inference: real?.inference ?? inference(pool), clock, meter: measured, require: 'any' as const };
  const broker = memoryBroker({
    capacity: 256,
    meter: measured,
    onDiscard: (each) => broker.publishVerdict(dismiss(each, 'overload', judging)),
  });
  const admission = createAdmission({
    ...judging,
    log: silentLog,
    hopMs,
    maxHopMs: lengthMs,
    waitMs: WAIT_MS,
  });
  const loads: HostLoad[] = [];
  admission.load.subscribe((load) => loads.push(load));
  const verdicts: (VerdictEvent & { readonly atMs: number })[] = [];
  broker.onVerdict((event) => verdicts.push({ ...event, atMs: clock.now() }));
  const analysis = analyse({ broker, ...(admitting && { admission }), ...judging }).subscribe();

  /** Somebody who sends from now on; returns how to leave. */
  const join = (participant: string): (() => void) => {
    const originMs = clock.now();
    const ref = { room: 'lobby', participant };
    let turn: Turn = { stride: 1, oneIn: 1, offset: 0 };
    const turns = admission.turns(ref).subscribe((next) => (turn = admitting ? next : turn));
    let seq = 0;
    const timer = setInterval(() => {
      const closedMs = clock.now();
      const startMs = closedMs - lengthMs;
      const hop = hopNumber(startMs, hopMs);
      if (startMs < originMs || nextCut(hop, turn) !== hop) return;
      broker.publishWindow(
        window(seq++, { ...ref, ...real?.content, startMs, lengthMs, closedMs, deadlineMs: closedMs + STALE_MS }),
      );
    }, hopMs);
    return () => {
      clearInterval(timer);
      turns.unsubscribe();
    };
  };

  return {
    meter: measured,
    pool,
    loads,
    verdicts,
    admission,
    join,
    async close() {
      analysis.unsubscribe();
      admission.close();
      await broker.close();
    },
  };
}

/** Workers that take `secondsOf` for what waits, at most sixteen at a time. */
function slowPool(workers: number, secondsOf: (size: number) => number) {
  const waiting: ((logits: Logits) => void)[] = [];
  const sums = new Map<number, { size: number; count: number; seconds: number }>();
  let idle = workers;
  let busySeconds = 0;
  const pump = (): void => {
    while (idle > 0 && waiting.length > 0) {
      const batch = waiting.splice(0, Math.min(16, Math.ceil(waiting.length / idle)));
      const seconds = secondsOf(batch.length);
      idle--;
      setTimeout(() => {
        idle++;
        busySeconds += seconds;
        const before = sums.get(batch.length) ?? { size: batch.length, count: 0, seconds: 0 };
        sums.set(batch.length, { size: batch.length, count: before.count + 1, seconds: before.seconds + seconds });
        const head = { shareLogits: new Float32Array(8), presenceLogits: new Float32Array(8) };
        for (const resolve of batch) resolve({ voice: null, face: head, fusion: null });
        pump();
      }, seconds * 1000);
    }
  };
  return {
    infer: () =>
      new Promise<Logits>((resolve) => {
        waiting.push(resolve);
        queueMicrotask(pump);
      }),
    status: () => ({
      ready: true,
      workers,
      workersAlive: workers,
      provider: 'cpu',
      depth: waiting.length + workers - idle,
      windows: { workers, batches: [...sums.values()], otherSeconds: 0 },
    }),
    get busySeconds() {
      return busySeconds;
    },
  };
}

/** Let virtual time pass, s. */
export function pass(seconds: number): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(seconds * 1000);
}
