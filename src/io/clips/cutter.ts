import type { Evidence } from '../../domain/review.ts';
import { UndertoneError } from '../../errors.ts';
import type { Log, Meter } from '../../ports.ts';
import type { ClipCutter } from '../../ports/clips.ts';
import { encodeWebm } from './webm.ts';

/** How clips are made. */
export interface CutterOptions {
  /** The ffmpeg binary. */
  readonly ffmpeg: string;
  readonly meter: Meter;
  readonly log: Log;
  /** ffmpeg processes at a time. Default 1. */
  readonly concurrency?: number;
  /** Evidence that may wait, of up to 4 MB each as a rule; more is refused and counted. Default 16. */
  readonly waiting?: number;
  /** How long one clip may take, ms. Default 30 000. */
  readonly timeoutMs?: number;
}

interface Job {
  readonly evidence: Evidence;
  readonly signal: AbortSignal;
  readonly settle: (bytes: Promise<Uint8Array>) => void;
}

/**
 * Clips by ffmpeg, one after another, in the order in which they were asked for.
 * @example const cutter = clipCutter({ ffmpeg: 'ffmpeg', meter, log }); await cutter.cut(evidence);
 */
export function clipCutter(options: CutterOptions): ClipCutter {
  const { ffmpeg, meter, log, concurrency = 1, waiting = 16, timeoutMs = 30_000 } = options;
  const ended = new AbortController();
  const queue: Job[] = [];
  const running = new Set<Promise<unknown>>();

  function next(): void {
    meter.gauge('undertone_queue_depth', queue.length, { queue: 'clips' });
    const job = running.size < concurrency ? queue.shift() : undefined;
    if (job === undefined) return;
    const work = make(job);
    running.add(work);
    job.settle(work);
    void work
      .catch((error: unknown) => {
        // Somebody's consent may have gone: that is no failure.
        if (!job.signal.aborted) log.warn({ error }, 'a clip could not be made');
      })
      .finally(() => {
        running.delete(work);
        next();
      });
  }

  async function make({ evidence, signal }: Job): Promise<Uint8Array> {
    if (signal.aborted) throw unwanted();
    const begun = performance.now();
    const limit = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(timeoutMs)]);
    const bytes = await encodeWebm(evidence, { ffmpeg, signal: limit });
    meter.observe('undertone_stage_seconds', (performance.now() - begun) / 1000, { stage: 'clip' });
    return bytes;
  }

  return {
    cut(evidence, signal = new AbortController().signal) {
      if (ended.signal.aborted || signal.aborted) return Promise.reject(unwanted());
      if (queue.length >= waiting) {
        meter.count('undertone_discarded_total', { queue: 'clips', reason: 'limit-reached' });
        return Promise.reject(
          new UndertoneError('limit-reached', `${waiting} clips wait to be made already: ask for fewer reviews`),
        );
      }
      const { promise, resolve } = Promise.withResolvers<Uint8Array>();
      const job: Job = { evidence, signal, settle: resolve };
      const forget = (): void => {
        const place = queue.indexOf(job);
        if (place >= 0) queue.splice(place, 1);
        if (place >= 0) resolve(Promise.reject(unwanted()));
      };
      signal.addEventListener('abort', forget);
      queue.push(job);
      next();
      return promise.finally(() => {
        signal.removeEventListener('abort', forget);
      });
    },
    async close() {
      ended.abort();
      for (const job of queue.splice(0)) job.settle(Promise.reject(unwanted()));
      await Promise.allSettled(running);
    },
  };
}

const unwanted = (): UndertoneError => new UndertoneError('internal', 'the clip is not wanted any more');
