/** Something that the server is asked for: on its way, there, or refused; and asked for again when it may have changed. */
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { asUndertoneError } from '../src/errors.ts';
import type { UndertoneError } from '../src/errors.ts';

/** What is known of it. `value` stays while it is asked for anew. */
export interface Known<T> {
  readonly value: T | null;
  readonly problem: UndertoneError | null;
  readonly busy: boolean;
}

/** A thing that can be asked for. */
export interface Resource<T> {
  readonly known: ReadonlySignal<Known<T>>;
  /** Ask for it, after `change` where one is given; what goes wrong is in `known`. Resolves to whether it went well. */
  refresh(change?: () => Promise<unknown>): Promise<boolean>;
}

/**
 * Ask for something now and whenever it is refreshed.
 * @example const audit = createResource(() => api.call('audit', { query: {} }));
 */
export function createResource<T>(ask: () => Promise<T>): Resource<T> {
  const known = signal<Known<T>>({ value: null, problem: null, busy: true });
  const refresh = async (change?: () => Promise<unknown>): Promise<boolean> => {
    known.value = { ...known.value, busy: true };
    try {
      await change?.();
      known.value = { value: await ask(), problem: null, busy: false };
      return true;
    } catch (thrown) {
      known.value = { ...known.value, problem: asUndertoneError(thrown), busy: false };
      return false;
    }
  };
  void refresh();
  return { known, refresh };
}
