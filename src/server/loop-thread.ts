import { Worker } from 'node:worker_threads';
import type { LoopAnswers, LoopJob } from './loop-worker.ts';

/**
 * Carry out one job of the loop in a thread of its own.
 * @throws what the job threw.
 * @example const { calibration, report } = await inThread<'recalibration'>({ kind: 'recalibration', reviewed, options, roles });
 */
export function inThread<K extends LoopJob['kind']>(job: Extract<LoopJob, { kind: K }>): Promise<LoopAnswers[K]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./loop-worker.ts', import.meta.url), { workerData: job });
    worker.once('message', (answer: LoopAnswers[K]) => {
      resolve(answer);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      reject(new Error(`the thread ended with code ${code.toString()} and no answer`));
    });
  });
}
