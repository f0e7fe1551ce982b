import { firstValueFrom, fromEvent, race, timer } from 'rxjs';
import { asUndertoneError } from '../src/errors.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * Try until it succeeds, for as long as it fails with `store-unavailable`; the waits double, up to 30 s.
 * @param onWait hears of each failure that is waited out.
 * @throws what `write` threw, when it is something else, or when `signal` aborts.
 * @example await patiently(() => store.reviews.add(item), signal);
 */
export async function patiently<T>(
  write: () => Promise<T>,
  signal: AbortSignal,
  onWait: (attempt: number) => void = () => undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (asUndertoneError(error).code !== 'store-unavailable') throw error;
      if (!signal.aborted) onWait(attempt);
      await pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)), signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Wait, at most until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await firstValueFrom(race(timer(ms), fromEvent(signal, 'abort')));
}
