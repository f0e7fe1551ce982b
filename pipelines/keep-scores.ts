/** Segments and verdicts on their way to the store: in batches, behind the live path, bounded. */
import type { ParticipantRef, Verdict } from '../src/domain.ts';
import type { SegmentRecord } from '../src/domain/review.ts';
import { asUndertoneError } from '../src/errors.ts';
import type { Log, Meter } from '../src/ports.ts';
import type { ScoreStore } from '../src/ports/store.ts';
import { patiently, pause } from './patiently.ts';

/** One row of either kind. */
export type Score =
  | { readonly kind: 'segment'; readonly row: SegmentRecord }
  | {
      readonly kind: 'verdict';
      readonly row: ParticipantRef & { readonly seq: number; readonly verdict: Verdict };
    };

/** What keeping scores needs. */
export interface KeepScoresDeps {
  readonly scores: Pick<ScoreStore, 'add'>;
  readonly meter: Meter;
  readonly log: Log;
  /** Rows that may wait while the store is away; then the oldest are lost, and counted. Default 4096: 16 participants for 2 min. */
  readonly waiting?: number;
  /** Rows written at a time. Default 256. */
  readonly batch?: number;
  /** How long rows are gathered before they are written, ms. Default 1000. */
  readonly gatherMs?: number;
}

/** Rows that wait, and the one writer of them. */
export interface ScoreKeeper {
  /** Never waits, never fails. */
  add(score: Score): void;
  /** Drop what waits of one person; resolves when nothing of them is being written any more. */
  forget(ref: ParticipantRef): Promise<void>;
  /** Write what waits at once; resolves when it is written, or lost. */
  flush(): Promise<void>;
  /** Stop trying; what still waits is lost, and counted. */
  close(): Promise<void>;
}

/** @example const keeper = keepScores({ scores: store.scores, meter, log }); keeper.add({ kind: 'segment', row }); */
export function keepScores(deps: KeepScoresDeps): ScoreKeeper {
  const { scores, meter, log, waiting: most = 4096, batch = 256, gatherMs = 1000 } = deps;
  const ended = new AbortController();
  let hurry = new AbortController();
  let waiting: readonly Score[] = [];
  /** What is being written, or was last; and the writing of it. */
  let writing: ReadonlySet<Score> = new Set();
  let written: Promise<void> = Promise.resolve();
  let running: Promise<void> | null = null;
  let lost = 0;

  function lose(count: number, reason: string): void {
    if (count === 0) return;
    lost += count;
    meter.count('undertone_discarded_total', { queue: 'scores', reason }, count);
  }

  /** Write the oldest rows. What is being written stays in its place until it is written, or dropped. */
  async function writeSome(): Promise<void> {
    const some = waiting.slice(0, batch);
    writing = new Set(some);
    written = scores.add({
      segments: some.flatMap((score) => (score.kind === 'segment' ? [score.row] : [])),
      verdicts: some.flatMap((score) => (score.kind === 'verdict' ? [score.row] : [])),
    });
    await written;
    drop(writing);
  }

  function drop(scores: ReadonlySet<Score>): void {
    waiting = waiting.filter((score) => !scores.has(score));
  }

  async function run(): Promise<void> {
    await pause(gatherMs, hurry.signal);
    while (waiting.length > 0) {
      try {
        await patiently(writeSome, ended.signal, (attempt) => {
          if (attempt === 1) log.warn({ waiting: waiting.length }, 'the store is away; scores wait');
        });
      } catch (error) {
        if (ended.signal.aborted) return;
        // A row that the store cannot take would stand in the way of all others.
        drop(writing);
        lose(writing.size, 'refused');
        log.error({ error, rows: writing.size }, 'the store refused scores');
      }
    }
    meter.gauge('undertone_queue_depth', 0, { queue: 'scores' });
    if (lost > 0) log.warn({ lost }, 'scores were lost while the store was away');
    lost = 0;
  }

  function start(): void {
    running ??= run()
      .catch((error: unknown) => {
        log.error({ error: asUndertoneError(error) }, 'keeping scores failed');
      })
      .finally(() => {
        running = null;
        hurry = new AbortController();
        if (waiting.length > 0 && !ended.signal.aborted) start();
      });
  }

  return {
    add(score) {
      if (ended.signal.aborted) {
        lose(1, 'draining');
        return;
      }
      waiting = [...waiting, score];
      if (waiting.length > most) {
        const oldest = waiting.find((each) => !writing.has(each)) ?? score;
        drop(new Set([oldest]));
        lose(1, 'store-unavailable');
      }
      meter.gauge('undertone_queue_depth', waiting.length, { queue: 'scores' });
      start();
    },
    async forget({ room, participant }) {
      const theirs = (score: Score) => score.row.room === room && score.row.participant === participant;
      drop(new Set(waiting.filter(theirs)));
      if ([...writing].some(theirs)) await written.catch(() => undefined);
    },
    async flush() {
      hurry.abort();
      await running;
    },
    async close() {
      ended.abort();
      hurry.abort();
      await running;
      lose(waiting.length, 'draining');
      if (lost > 0) log.warn({ lost }, 'scores were lost as the server ended');
      waiting = [];
    },
  };
}
