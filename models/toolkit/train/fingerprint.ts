import { createHash } from 'node:crypto';
import type { TrainingConfig } from './config-schema.ts';
import type { Target } from './examples.ts';
import type { Start } from './start.ts';

/**
 * SHA-256 of what a run learns from: the configuration with its defaults, what it starts from, and each clip's id and target in order. A run
 * goes on from a checkpoint with the same one alone.
 * @returns 64 hexadecimal digits.
 * @example fingerprintOf(config, [{ id: 'a', target: { shares: [1, 0], present: [1, 0], votes: 3 } }]);
 */
export function fingerprintOf(
  config: TrainingConfig,
  clips: readonly { readonly id: string; readonly target: Target }[],
  start: Start | null = null,
): string {
  const hash = createHash('sha256').update(JSON.stringify(config));
  if (start) hash.update(`\n${start.sha256}`);
  for (const { id, target } of clips) hash.update(`\n${JSON.stringify([id, target.votes, target.shares])}`);
  return hash.digest('hex');
}
