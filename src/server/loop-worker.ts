/**
 * Arithmetic of the loop that takes seconds, in a thread of its own: what judges live windows is not kept waiting. One
 * job a thread; it answers and ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LABELS } from '../core/labels.ts';
import { agreementOf } from '../core/review/agreement.ts';
import type { AgreementReport } from '../core/review/agreement.ts';
import type { RecalibrateOptions, Recalibration } from '../core/review/recalibrate.ts';
import type { ReviewedItem } from '../domain/review.ts';
import { fitCalibration } from '../io/review-loop.ts';

/** What a thread is started for. */
export type LoopJob =
  | { readonly kind: 'agreement'; readonly reviewed: readonly ReviewedItem[] }
  | {
      readonly kind: 'recalibration';
      readonly reviewed: readonly ReviewedItem[];
      readonly options: Omit<RecalibrateOptions, 'roleOf'>;
      /** The part that each person had, by `room/participant`. */
      readonly roles: ReadonlyMap<string, string>;
    };

/** What it answers with. */
export interface LoopAnswers {
  readonly agreement: AgreementReport;
  readonly recalibration: Recalibration;
}

/** The same answers always give the same intervals. */
const SEED = 1;

const job = workerData as LoopJob;
parentPort?.postMessage(
  job.kind === 'agreement'
    ? agreementOf(job.reviewed, LABELS, { seed: SEED })
    : await fitCalibration(job.reviewed, job.options, job.roles),
);
