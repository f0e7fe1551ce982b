/** Whether memory grows while people come and go: the slope of RSS over churn, with its interval. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Sender } from './crowd.ts';
import type { Recording } from './recording.ts';
import { startStage } from './stage.ts';
import { slope } from './statistics.ts';

export interface Memory {
  readonly minutes: number;
  readonly joins: number;
  readonly trackChanges: number;
  /** RSS after warm-up and at the end, MiB. */
  readonly firstMiB: number;
  readonly lastMiB: number;
  /** MiB an hour, and the half-width of the 95 % interval of the fit. */
  readonly slopeMiBPerHour: number;
  readonly halfWidth: number;
}

export interface MemoryOptions {
  /** How long to churn, minutes. */
  readonly minutes: number;
  /** Participants at a time. Default 6. */
  readonly participants?: number;
}

const STEP_MS = 500;
const SAMPLE_MS = 2000;
/** Caches, rings and the JIT settle first; this part of the time is left out of the fit. */
const WARM_UP = 0.25;

/** Every half second somebody leaves and another joins, or switches microphone or camera. */
export async function measureMemory(packDir: string, recording: Recording, options: MemoryOptions): Promise<Memory> {
  const { minutes, participants = 6 } = options;
  const stage = await startStage(packDir, recording);
  const present: Sender[] = [];
  let joins = 0;
  let trackChanges = 0;
  const join = async () => {
    const name = `p${(joins++).toString()}`;
    const sender = stage.crowd.add(name);
    await stage.rooms.addSource(sender.source, { name, role: 'stream' });
    sender.setTrack('voice', true);
    sender.setTrack('face', true);
    present.push(sender);
  };
  for (let i = 0; i < participants; i++) await join();
  const points: [number, number][] = [];
  const begun = performance.now();
  const sampling = setInterval(() => {
    points.push([(performance.now() - begun) / 3_600_000, process.memoryUsage().rss / 2 ** 20]);
  }, SAMPLE_MS);
  for (let step = 0; performance.now() - begun < minutes * 60_000; step++) {
    await wait(STEP_MS);
    stage.closed.clear();
    if (step % 4 === 0) {
      present.shift()?.stop();
      await join();
    } else {
      trackChanges++;
      present[step % present.length]?.setTrack(step % 2 === 0 ? 'voice' : 'face', step % 3 !== 0);
    }
  }
  clearInterval(sampling);
  for (const sender of present) sender.stop();
  await stage.close();
  const settled = points.slice(Math.floor(points.length * WARM_UP));
  const fit = slope(blockMeans(settled));
  return {
    minutes,
    joins,
    trackChanges,
    firstMiB: settled[0]?.[1] ?? NaN,
    lastMiB: settled.at(-1)?.[1] ?? NaN,
    slopeMiBPerHour: fit.slope,
    halfWidth: fit.half,
  };
}

/** Garbage collection makes neighbouring samples alike; means over blocks are nearly independent, as the fit assumes. */
function blockMeans(points: readonly (readonly [number, number])[], blocks = 20): (readonly [number, number])[] {
  const size = Math.floor(points.length / blocks);
  const mean = (part: typeof points, of: 0 | 1) => part.reduce((sum, point) => sum + point[of], 0) / part.length;
  return Array.from({ length: blocks }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size);
    return [mean(part, 0), mean(part, 1)] as const;
  });
}
