/** Where a pack's encoders are, and how they run. */
import type { InferenceOptions } from '../../models/pool.ts';
import type { Config } from '../config.ts';

/**
 * What settings say of encoders, as `startInference` takes it.
 * @example await startInference({ packDir, ...encoderOptions(config), meter, log });
 */
export function encoderOptions({
  UNDERTONE_ENCODERS: encoders,
  UNDERTONE_ENCODER_THREADS: threads,
  UNDERTONE_WINDOW_MS: windowMs,
}: Pick<Config, 'UNDERTONE_ENCODERS' | 'UNDERTONE_ENCODER_THREADS' | 'UNDERTONE_WINDOW_MS'>): Pick<
  InferenceOptions,
  'encoders' | 'encoderThreads' | 'windowMs'
> {
  return { windowMs, ...(encoders !== undefined && { encoders }), ...(threads > 0 && { encoderThreads: threads }) };
}
