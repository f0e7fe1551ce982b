/** One progress bar on a terminal; a line every tenth of the way anywhere else. */

/** Where progress is written; a terminal says how wide it is. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface ProgressOptions {
  readonly stream: ProgressStream;
  /** What is being done, for example `analysing`. */
  readonly doing: string;
  /** Length of all of it, media ms; null where nobody knows. */
  readonly totalMs: number | null;
  /** Elapsed real time, ms. */
  readonly now: () => number;
}

export interface Progress {
  /** So much media is done, ms. */
  update(doneMs: number): void;
  /** Clears the bar. */
  end(): void;
}

const BAR = 24;
const REDRAW_MS = 100;
/** Without a known length: a plain line for every so much media. */
const PLAIN_STEP_MS = 60_000;

/**
 * Show how far a piece of media is: percent, speed against real time, time left.
 * @example
 * const bar = progress({ stream: process.stderr, doing: 'analysing', totalMs, now: () => performance.now() });
 * bar.update(verdict.endMs);
 */
export function progress({ stream, doing, totalMs, now }: ProgressOptions): Progress {
  const startedMs = now();
  const live = stream.isTTY === true;
  let drawnMs = -Infinity;
  let nextPlainMs = 0;

  const line = (doneMs: number): string => {
    const elapsedMs = Math.max(1, now() - startedMs);
    const speed = doneMs / elapsedMs;
    const pace = `${speed.toFixed(1)}x`.padStart(7);
    if (totalMs === null) return `${doing}  ${clock(doneMs)}  ${pace}`;
    const share = Math.min(1, doneMs / totalMs);
    const bar = '#'.repeat(Math.round(share * BAR)).padEnd(BAR, '-');
    const left = speed > 0 ? `${clock((totalMs - Math.min(doneMs, totalMs)) / speed)} left` : '';
    return `${doing}  ${live ? `[${bar}]  ` : ''}${Math.floor(share * 100)
      .toString()
      .padStart(3)} %  ${pace}  ${left}`;
  };

  return {
    update(doneMs) {
      if (live) {
        if (now() - drawnMs < REDRAW_MS) return;
        drawnMs = now();
        stream.write(`\r${line(doneMs).slice(0, (stream.columns ?? 80) - 1)}\x1b[K`);
      } else if (doneMs >= nextPlainMs) {
        const stepMs = totalMs === null ? PLAIN_STEP_MS : totalMs / 10;
        nextPlainMs = (Math.floor(doneMs / stepMs) + 1) * stepMs;
        stream.write(`${line(doneMs)}\n`);
      }
    },
    end() {
      if (live) stream.write('\r\x1b[K');
    },
  };
}

/** Minutes and seconds, hours where there are any: `0:08`, `1:02:03`. */
export function clock(ms: number): string {
  const s = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const tail = `${minutes.toString().padStart(hours > 0 ? 2 : 1, '0')}:${(s % 60).toString().padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
