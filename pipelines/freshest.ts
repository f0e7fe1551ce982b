/** The one overload operator: work on one value at a time, and when it cannot keep up, the newest wins. */
import { Observable } from 'rxjs';
import type { OperatorFunction } from 'rxjs';

export interface FreshestOptions<T> {
  /**
   * What waits when `newer` arrives while `waiting` still does. Default: `newer`. Must stay bounded: what is left out is
   * the caller's to count.
   */
  readonly merge?: (waiting: T, newer: T) => T;
  /** A waiting value was replaced; called once each, with it. */
  readonly onSkip?: (skipped: T) => void;
}

/**
 * Run `project` on the newest value. At most one runs and one waits, so memory is bounded however fast the source is.
 *
 * ```
 * source   --a--b-c----d------|
 * project    [---A---][--C-][--D-]      b was replaced by c: onSkip
 * result   ----------A-----C-----D|
 * ```
 *
 * A rejected promise is an error of the stream: a projection that may fail expectedly should resolve to say so.
 * @example frames$.pipe(freshest((frame) => detectFaces(frame), { onSkip: () => meter.count('...') }))
 */
export function freshest<T, R>(
  project: (value: T) => Promise<R>,
  { merge = (_, newer) => newer, onSkip }: FreshestOptions<T> = {},
): OperatorFunction<T, R> {
  return (source) =>
    new Observable<R>((subscriber) => {
      let running = false;
      let ended = false;
      let waiting: { readonly value: T } | null = null;

      const run = (value: T): void => {
        running = true;
        project(value).then(
          (result) => {
            subscriber.next(result);
            running = false;
            const next = waiting;
            waiting = null;
            if (next !== null) run(next.value);
            else if (ended) subscriber.complete();
          },
          (error: unknown) => {
            subscriber.error(error);
          },
        );
      };

      const subscription = source.subscribe({
        next(value) {
          if (!running) {
            run(value);
          } else if (waiting === null) {
            waiting = { value };
          } else {
            const skipped = waiting.value;
            waiting = { value: merge(skipped, value) };
            onSkip?.(skipped);
          }
        },
        error(error: unknown) {
          subscriber.error(error);
        },
        complete() {
          ended = true;
          if (!running) subscriber.complete();
        },
      });
      return () => {
        waiting = null;
        subscription.unsubscribe();
      };
    });
}
