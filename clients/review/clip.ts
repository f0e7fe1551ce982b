/** A clip on its way to the reviewer. */
import { signal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { asUndertoneError } from '../../src/errors.ts';
import type { ApiClient } from '../api.ts';

/** Where a clip stands: on its way, there, not kept, or not reached. */
export type ClipState =
  | { readonly name: 'loading' }
  | { readonly name: 'ready'; readonly url: string }
  | { readonly name: 'none' }
  | { readonly name: 'failed'; readonly why: string };

/** A clip, until `close`. */
export interface Clip {
  readonly state: ReadonlySignal<ClipState>;
  /** Ask for it once more. */
  again(): void;
  close(): void;
}

/**
 * Load the clip of an item; it is there before the item is looked at.
 * @param kept whether there is one.
 */
export function loadClip(api: ApiClient, id: string, kept: boolean): Clip {
  const state = signal<ClipState>({ name: kept ? 'loading' : 'none' });
  let closed = false;
  const load = async (): Promise<void> => {
    state.value = { name: 'loading' };
    try {
      const bytes = (await api.call('clip', { params: { id } })) as Uint8Array<ArrayBuffer>;
      if (closed) return;
      state.value = { name: 'ready', url: URL.createObjectURL(new Blob([bytes], { type: 'video/webm' })) };
    } catch (thrown) {
      const { code, message } = asUndertoneError(thrown);
      state.value = code === 'not-found' ? { name: 'none' } : { name: 'failed', why: message };
    }
  };
  if (kept) void load();
  return {
    state,
    again: () => void load(),
    close() {
      closed = true;
      if (state.value.name === 'ready') URL.revokeObjectURL(state.value.url);
    },
  };
}
