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
  /** How much there is to do, in any unit; null where nobody knows. */
  readonly total: number | null;
  /** How much of it was done before, by an earlier run. Default 0. */
  readonly before?: number;
  /** What is told beside the share that is done. */
  readonly tell: (done: number, speed: Speed) => string;
  /** Elapsed real time, ms. */
  readonly now: () => number;
  /** Without a known total: a plain line for every so much. Default: every update. */
  readonly plainStep?: number;
}

/** How much is done in 1 ms, on average since the start. */
type Speed = number;

/** The progress of some work. */
export interface Progress {
  /** So much is done. */
  update(done: number): void;
  /** Write a line for good; the bar comes back below it at the next update. */
  line(text: string): void;
  /** Clears the bar. */
  end(): void;
}

const BAR = 24;
const REDRAW_MS = 100;
/** Before so much time has gone, what is left of it cannot be told. */
const SETTLED_MS = 1000;

/**
 * Show how far some work is: percent, what `tell` says, time left.
 * @example
 * const bar = progress({ stream: process.stderr, doing: 'training', total, tell: counted(total), now: () => performance.now() });
 * bar.update(step);
 */
export function progress({ stream, doing, total, before = 0, tell, now, plainStep = 1 }: ProgressOptions): Progress {
  const startedMs = now();
  const live = stream.isTTY === true;
  let drawnMs = -Infinity;
  let nextPlain = 0;

  const line = (done: number): string => {
    const elapsedMs = Math.max(1, now() - startedMs);
    const speed = (done - before) / elapsedMs;
    if (total === null) return `${doing}  ${tell(done, speed)}`;
    const share = Math.min(1, done / total);
    const bar = '#'.repeat(Math.round(share * BAR)).padEnd(BAR, '-');
    const left = speed > 0 && elapsedMs >= SETTLED_MS ? `${clock((total - Math.min(done, total)) / speed)} left` : '';
    return `${doing}  ${live ? `[${bar}]  ` : ''}${Math.floor(share * 100)
      .toString()
      .padStart(3)} %  ${tell(done, speed)}  ${left}`.trimEnd();
  };

  return {
    update(done) {
      if (live) {
        if (now() - drawnMs < REDRAW_MS) return;
        drawnMs = now();
        stream.write(`\r${line(done).slice(0, (stream.columns ?? 80) - 1)}\x1b[K`);
      } else if (done >= nextPlain) {
        const step = total === null ? plainStep : total / 10;
        nextPlain = (Math.floor(done / step) + 1) * step;
        stream.write(`${line(done)}\n`);
      }
    },
    line(text) {
      stream.write(live ? `\r\x1b[K${text}\n` : `${text}\n`);
    },
    end() {
      if (live) stream.write('\r\x1b[K');
    },
  };
}

/** Tells media time against real time: `12.5x`; where the length is unknown, how much there was too. */
export function mediaPace(totalMs: number | null): ProgressOptions['tell'] {
  return (doneMs, speed) => `${totalMs === null ? `${clock(doneMs)}  ` : ''}${`${speed.toFixed(1)}x`.padStart(7)}`;
}

/** Tells pieces of work: `120 of 4481`. */
export function counted(total: number): ProgressOptions['tell'] {
  return (done) => `${done} of ${total}`;
}

/** Minutes and seconds, hours where there are any: `0:08`, `1:02:03`. */
export function clock(ms: number): string {
  const s = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const tail = `${minutes.toString().padStart(hours > 0 ? 2 : 1, '0')}:${(s % 60).toString().padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
