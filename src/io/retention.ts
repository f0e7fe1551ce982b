import { asUndertoneError } from '../errors.ts';
import type { Clock, Log, Meter } from '../ports.ts';
import type { ClipStore, ScoreStore } from '../ports/store.ts';

/** What the clocks of retention reach. */
export interface RetentionDeps {
  readonly scores: Pick<ScoreStore, 'expire' | 'clipsInUse'>;
  /** Null where no clips are kept. */
  readonly clips: Pick<ClipStore, 'sweep'> | null;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** Between two rounds, ms. Default 60 000. */
  readonly everyMs?: number;
}

/** Deletes what its time is over for, for as long as it runs. */
export interface RetentionRunner {
  /** A round as soon as may be, for example after a withdrawal; settles when one that began after the call has ended. */
  run(): Promise<void>;
  /** No more rounds; the one that runs is waited for. */
  close(): Promise<void>;
}

/**
 * Run the clocks of retention: at once, then every minute. What is older than its room allows goes, and every clip that
 * nothing refers to. A round that fails is counted, told once, and made up for by the next one.
 * @example const retention = startRetention({ scores: store.scores, clips, clock, meter, log });
 */
export function startRetention(deps: RetentionDeps): RetentionRunner {
  const { scores, clips, clock, meter, log, everyMs = 60_000 } = deps;
  let running: Promise<void> = Promise.resolve();
  /** The round that waits for the one that runs; whoever asks meanwhile shares it. */
  let waiting: Promise<void> | null = null;
  let failing = false;
  let closed = false;

  async function round(): Promise<void> {
    waiting = null;
    if (closed) return;
    try {
      const deleted = await scores.expire(clock.now());
      for (const [kind, count] of Object.entries(deleted))
        if (count > 0) meter.count('undertone_expired_total', { kind }, count);
      const files = (await clips?.sweep(() => scores.clipsInUse(), 0)) ?? 0;
      if (files > 0) meter.count('undertone_expired_total', { kind: 'clip-files' }, files);
      failing = false;
    } catch (error) {
      meter.count('undertone_retention_failures_total');
      if (!failing)
        log.error({ code: asUndertoneError(error).code, error }, 'what has expired could not be deleted yet');
      failing = true;
    }
  }

  function run(): Promise<void> {
    waiting ??= running = running.then(round);
    return waiting;
  }

  void run();
  const timer = setInterval(() => void run(), everyMs);
  return {
    run,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
