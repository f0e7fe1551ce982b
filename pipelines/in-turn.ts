/** Windows on their way to the workers: those that would wait too long are skipped at once, so that no other does. */
import { timer } from 'rxjs';
import type { Subscription } from 'rxjs';
import type { Window } from '../src/domain.ts';
import type { Clock, Meter } from '../src/ports.ts';
import { waitingRoom } from '../src/core/admission/waiting-room.ts';
import type { Admission } from './admission.ts';

/** What happens to windows. */
export interface InTurnDeps {
  readonly admission: Pick<Admission, 'admits' | 'plan' | 'told'>;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Judge a window and tell of it; resolves when that is done. */
  readonly judge: (window: Window) => Promise<void>;
  /** Tell that a window was skipped. */
  readonly skip: (window: Window) => void;
}

/** Windows that wait for their turn; each is judged or skipped, once. */
export interface InTurn {
  put(windows: readonly Window[]): void;
  /** Skip what has waited too long. */
  look(): void;
  /** Skip everything that waits. */
  close(): void;
}

/** Start with nothing waiting. */
export function judgeInTurn({ admission, clock, meter, judge, skip }: InTurnDeps): InTurn {
  const room = waitingRoom<Window>();
  let runs = 0;
  /** Windows in them. */
  let running = 0;
  let due = false;
  let gathering: Subscription | null = null;

  const skipAll = (windows: readonly Window[], reason: 'turn' | 'wait'): void => {
    for (const window of windows) {
      meter.count('undertone_skipped_windows_total', { reason });
      if (reason === 'wait') admission.told('skipped');
      skip(window);
    }
  };

  /** Windows that one worker may run together. */
  const run = async (group: readonly Window[]): Promise<void> => {
    runs++;
    running += group.length;
    for (const _ of group) admission.told('begun');
    await Promise.all(group.map(judge));
    runs--;
    running -= group.length;
    soon();
  };

  const begin = (): void => {
    due = false;
    const { workers, batch, lane, waitMs, gatherMs } = admission.plan;
    const idle = Math.max(0, workers - runs);
    const free = Math.max(batch * idle, room.depth >= batch ? lane - running : 0);
    if (free <= 0 || room.depth === 0) return;
    const heldMs = room.depth < batch ? gatherMs - (clock.now() - room.oldestMs) : 0;
    if (heldMs > 0) {
      gathering ??= timer(heldMs).subscribe(() => {
        gathering = null;
        begin();
      });
      return;
    }
    const { taken, late } = room.take(free, clock.now() - waitMs);
    skipAll(late, 'wait');
    const each = Math.max(1, Math.ceil(taken.length / Math.max(1, idle)));
    for (let at = 0; at < taken.length; at += each) void run(taken.slice(at, at + each));
  };

  /** After this turn of the event loop's microtasks, so that windows that come side by side go together. */
  const soon = (): void => {
    if (!due) queueMicrotask(begin);
    due = true;
  };

  return {
    put(windows) {
      const passed: Window[] = [];
      for (const window of windows) {
        if (window.voice === null && window.face === null) void judge(window);
        else if (admission.admits(window)) passed.push(...room.offer(window, admission.plan.capacity));
        else skipAll([window], 'turn');
      }
      skipAll(passed, 'wait');
      soon();
    },
    look() {
      skipAll(room.dropLate(clock.now() - admission.plan.waitMs), 'wait');
    },
    close() {
      gathering?.unsubscribe();
      skipAll(room.clear(), 'wait');
    },
  };
}
