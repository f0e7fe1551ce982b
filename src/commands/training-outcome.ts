/** What became of a training run, as a command tells it. */
import type { TrainingOutcome } from './training.ts';

/**
 * Print where the network is, as a line or as JSON.
 * @returns the exit code: 1 where the run was stopped.
 */
export function tellOutcome({ status, file }: TrainingOutcome, { json = false } = {}): number {
  if (status === 'stopped') return 1;
  if (status === 'before') process.stderr.write('it is trained already: choose another --out to train it again\n');
  process.stdout.write(json ? `${JSON.stringify({ status, file })}\n` : `${file}\n`);
  return 0;
}
