/**
 * `npm run bench overload`: what happens when more is asked of inference than it can do, without admission and with it.
 * Windows are made at once and not from media, so that nothing but inference is busy; how many people are asked for is told in
 * multiples of what one worker can do on this machine, as measured first.
 */
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startInference } from '../../models/pool.ts';
import { createAdmission } from '../../pipelines/admission.ts';
import { analyse, dismiss } from '../../pipelines/analyse.ts';
import { hopNumber, nextCut, turnOf } from '../../src/core/admission/ladder.ts';
import type { HostLoad, VerdictEvent, Window } from '../../src/domain.ts';
import { systemClock } from '../../src/io/clock.ts';
import { memoryBroker } from '../../src/io/memory-broker.ts';
import type { Inference } from '../../src/ports.ts';
import { markdownTable, writeBetween } from '../generated.ts';
import { createTally, silent } from './quiet.ts';
import { quantile } from './statistics.ts';

const PACK = 'models/packs/default';
const HOP_MS = 500;
const LENGTH_MS = 3000;
const STALE_MS = 1000;
const WAIT_MS = 500;
const SETTLE_S = 5;

const voice = {
  logMel: Float32Array.from({ length: 300 * 64 }, (_, i) => 4 * Math.sin(i / 7) - 8),
  frames: 300,
  bands: 64,
  speechShare: 1,
} as const;

/** Measure and print; with `--docs` also into docs/performance.md. */
export async function benchOverload(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      times: { type: 'string', default: '0.5,1,2,8' },
      seconds: { type: 'string', default: '10' },
      docs: { type: 'boolean', default: false },
    },
  });
  const inference = await startInference({ packDir: PACK, meter: createTally(), log: silent });
  const rows = [['Asked, of what it can do', 'Admission', 'p50', 'p95', 'Judged a second', 'In time', 'Hop, judged']];
  try {
    const people = await capacityOf(inference);
    for (const times of values.times.split(',').map(Number))
      for (const admitting of [false, true]) {
        signal.throwIfAborted();
        const heard = await overload(
          inference,
          Math.max(1, Math.round(times * people)),
          Number(values.seconds),
          admitting,
        );
        const row = [times.toString(), admitting ? 'yes' : 'no', ...rowOf(heard, Number(values.seconds))];
        rows.push(row);
        process.stdout.write(`${row.join('  ')}\n`);
      }
  } finally {
    await inference.close();
  }
  if (!values.docs) return;
  const where = `${cpus()[0]?.model ?? ''}, ${cpus().length.toString()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}:`;
  const page = new URL('../../docs/performance.md', import.meta.url);
  writeBetween(page, 'overload', [where, markdownTable(rows)].join('\n\n'));
}

/** People at two windows a second whom one worker can judge, one window after the other. */
async function capacityOf(inference: Inference): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < 200; i++) {
    const begunMs = performance.now();
    await inference.infer({ voice, face: null });
    took.push(performance.now() - begunMs);
  }
  return HOP_MS / quantile(took, 0.5);
}

interface Heard {
  readonly verdicts: readonly VerdictEvent[];
  readonly load: HostLoad;
}

/** So many people for so long, the first seconds left out. */
async function overload(inference: Inference, people: number, seconds: number, admitting: boolean): Promise<Heard> {
  const clock = systemClock();
  const meter = createTally();
  const judging = { inference, clock, meter, require: 'any' as const };
  const broker = memoryBroker({
    capacity: 256,
    onDiscard: (window) => broker.publishVerdict(dismiss(window, 'overload', judging)),
    meter,
  });
  const bounds = { hopMs: HOP_MS, maxHopMs: LENGTH_MS, waitMs: WAIT_MS };
  const admission = createAdmission({ inference, clock, meter, log: silent, ...bounds });
  let load: HostLoad = { hopMs: HOP_MS, oneIn: 1 };
  admission.load.subscribe((next) => (load = next));
  const analysis = analyse({ broker, ...(admitting && { admission }), ...judging }).subscribe();
  const verdicts: VerdictEvent[] = [];
  broker.onVerdict((event) => verdicts.push(event));

  const crowd = Array.from({ length: people }, (_, i) => {
    const ref = { room: 'bench', participant: `p${i.toString()}` };
    const person = {
      ref,
      turn: turnOf(i, { stride: 1, oneIn: 1 }),
      nextMs: clock.now() + (i * HOP_MS) / people,
      seq: 0,
    };
    const turns = admission.turns(ref).subscribe((turn) => {
      if (admitting) person.turn = turn;
    });
    return { person, turns };
  });
  const pump = setInterval(() => {
    const nowMs = clock.now();
    for (const { person } of crowd)
      for (; person.nextMs <= nowMs; person.nextMs += HOP_MS) {
        const hop = hopNumber(person.nextMs - LENGTH_MS, HOP_MS);
        if (nextCut(hop, person.turn) === hop) broker.publishWindow(windowOf(person, nowMs));
      }
  }, 10);

  await wait(SETTLE_S * 1000);
  verdicts.length = 0;
  await wait(seconds * 1000);
  clearInterval(pump);
  const heard = { verdicts: [...verdicts], load };
  for (const { turns } of crowd) turns.unsubscribe();
  analysis.unsubscribe();
  admission.close();
  await broker.close();
  // What the workers were left with must not be in the way of the next.
  while (inference.status().depth > 0) await wait(50);
  return heard;
}

function windowOf(
  person: { readonly ref: Pick<Window, 'room' | 'participant'>; readonly nextMs: number; seq: number },
  nowMs: number,
): Window {
  return {
    ...person.ref,
    seq: person.seq++,
    startMs: person.nextMs - LENGTH_MS,
    lengthMs: LENGTH_MS,
    closedMs: nowMs,
    deadlineMs: nowMs + STALE_MS,
    voice,
    face: null,
    missing: { face: 'off' },
    consented: true,
  };
}

function rowOf({ verdicts, load }: Heard, seconds: number): string[] {
  const judged = verdicts.filter(({ verdict: { reason } }) => reason !== 'overload' && reason !== 'stale');
  const latencies = judged.map(({ latencyMs }) => latencyMs);
  const inTime = latencies.filter((latencyMs) => latencyMs <= 2 * WAIT_MS).length;
  const ms = (p: number) => (latencies.length === 0 ? '-' : `${quantile(latencies, p).toFixed(0)} ms`);
  const share = judged.length === 0 ? 0 : inTime / judged.length;
  return [
    ms(0.5),
    ms(0.95),
    (judged.length / seconds).toFixed(0),
    share.toFixed(2),
    `${(load.hopMs / 1000).toString()} s, 1 of ${load.oneIn.toString()}`,
  ];
}
