/** How many participants are held: voice and face, two decisions a second, p95 from window closed to socket. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import type { HostLoad } from '../../src/domain.ts';
import type { VerdictJson } from '../../src/protocol.ts';
import type { Recording } from './recording.ts';
import { ROOM, startStage } from './stage.ts';
import { quantile } from './statistics.ts';

export interface Load {
  readonly participants: number;
  /** From window closed to received by a subscriber in another process, ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Verdicts received, over those that two a second each would make. */
  readonly decided: number;
  /** Share of verdicts that judged all there was: the face always, the voice but for the clip's own silence. */
  readonly whole: number;
  /** Share of verdicts that say `stale` or `overload`. */
  readonly skipped: number;
  /** Looks left out because a newer frame was there, over looks due. */
  readonly looksSkipped: number;
  /** Where the load ladder stood at the end. */
  readonly load: HostLoad;
  readonly held: boolean;
}

export interface CapacityOptions {
  /** Numbers of participants to try, ascending; stops after the first two that are not held. */
  readonly participants: readonly number[];
  /** Measured time a step, s. */
  readonly seconds: number;
}

const WARM_UP_MS = 5000;
const GOAL_MS = 250;

interface Received {
  readonly key: string;
  readonly at: number;
  readonly verdict: Pick<VerdictJson, 'missing' | 'reason'>;
}

/** Try each number on a fresh stage; `tell` hears of each result as it comes. */
export async function measureCapacity(
  packDir: string,
  recording: Recording,
  { participants, seconds }: CapacityOptions,
  tell: (load: Load) => void,
): Promise<readonly Load[]> {
  const loads: Load[] = [];
  for (const n of participants) {
    const load = await measureLoad(packDir, recording, n, seconds);
    loads.push(load);
    tell(load);
    if (loads.slice(-2).filter(({ held }) => !held).length === 2) break;
  }
  return loads;
}

async function measureLoad(packDir: string, recording: Recording, n: number, seconds: number): Promise<Load> {
  const stage = await startStage(packDir, recording);
  const child = fork(fileURLToPath(new URL('./subscriber.ts', import.meta.url)), [stage.url, ROOM]);
  await once(child, 'message');
  let received: Received[] = [];
  child.on('message', (message) => received.push(message as Received));
  for (let i = 0; i < n; i++) {
    const sender = stage.crowd.add(`p${i.toString()}`);
    await stage.rooms.addSource(sender.source, { name: `p${i.toString()}`, role: 'stream' });
    sender.setTrack('voice', true);
    sender.setTrack('face', true);
    // People do not join in step: spread over a hop, windows close evenly.
    await wait(500 / n);
  }
  await wait(WARM_UP_MS);
  stage.meter.reset();
  received = [];
  await wait(seconds * 1000);
  const skippedLooks = stage.meter.counts.get('undertone_discarded_total:faces:overload') ?? 0;
  const latencies = received.flatMap(({ key, at }) => {
    const closedMs = stage.closed.get(key);
    return closedMs === undefined ? [] : [at - closedMs];
  });
  const share = (keep: (verdict: Received['verdict']) => boolean) =>
    received.filter(({ verdict }) => keep(verdict)).length / received.length;
  const load = stage.load();
  child.kill();
  await stage.close();
  const p95Ms = quantile(latencies, 0.95);
  const skipped = share(({ reason }) => reason === 'stale' || reason === 'overload');
  // The recording has pauses, and stretches that the pack is not made for: what was looked at and left out was judged, too.
  const judged = (reason: string | undefined) => reason === undefined || reason === 'out-of-distribution';
  const whole = share(({ missing: { voice, face } }) => judged(face) && (judged(voice) || voice === 'no-speech'));
  const decided = received.length / (n * seconds * 2);
  return {
    participants: n,
    p50Ms: quantile(latencies, 0.5),
    p95Ms,
    decided,
    whole,
    skipped,
    looksSkipped: skippedLooks / (n * seconds * 5),
    load,
    held: p95Ms < GOAL_MS && decided > 0.98 && whole > 0.95 && skipped < 0.01,
  };
}
