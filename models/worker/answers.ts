/** Calls of a batch fail alone: one bad input must not take its neighbours down. */
import { asUndertoneError, UndertoneError } from '../../src/errors.ts';
import type { Answer } from '../calls.ts';

/** What `compute` returns, or why it threw, as data. */
export function attempt<T>(compute: () => T): Answer<T> {
  try {
    return { ok: true, value: compute() };
  } catch (thrown) {
    const { code, message } = asUndertoneError(thrown, 'inference-failed');
    return { ok: false, code, message };
  }
}

/**
 * The values, if all are finite. A sum shows at a quarter of a comparison's cost whether one is not.
 * @param what names them in the message.
 * @throws UndertoneError `inference-failed`.
 */
export function finite(values: Float32Array, what: string): Float32Array {
  let sum = 0;
  for (const value of values) sum += value;
  if (Number.isFinite(sum)) return values;
  const index = values.findIndex((value) => !Number.isFinite(value));
  throw new UndertoneError(
    'inference-failed',
    `${what} holds ${String(values[index])} at ${index}: only finite numbers can be judged`,
  );
}
