/** From calls to batches and back: queues calls, gives idle threads their next batch, settles every call. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UndertoneError } from '../../src/errors.ts';
import type { Meter } from '../../src/ports.ts';
import type { Answer, Batch, CallKind, Calls } from '../calls.ts';
import type { Crew } from './crew.ts';
import { CALL_KINDS, callQueue } from './queue.ts';
import type { OwnedRequest } from './requests.ts';
import type { InferenceThread } from './thread.ts';
import { tallyWork, type WorkTally } from './work.ts';

/** Bounds of the queues and of the wait. */
export interface DispatchOptions {
  /** Calls of each kind that may wait. */
  readonly limits: Readonly<Record<CallKind, number>>;
  /** Calls of each kind that go together. */
  readonly batches: Readonly<Record<CallKind, number>>;
  /** How long calls wait when no thread is alive, ms. */
  readonly restartWaitMs: number;
  readonly meter: Meter;
}

/** Where calls go in; every one settles. */
export interface Dispatch {
  /** Calls waiting or running. */
  readonly depth: number;
  /** What the threads have worked at. */
  readonly work: Pick<WorkTally, 'windows'>;
  /**
   * The answer to a call.
   * @throws UndertoneError `limit-reached`, `draining`, `worker-crashed`, or what the worker says of the call.
   */
  call<K extends CallKind>(kind: K, owned: OwnedRequest<Calls[K]['request']>): Promise<Calls[K]['answer']>;
  /** To be told when a thread was opened or lost. */
  crewChanged(): void;
  /** Take no more calls; resolves when all are settled. What still waits after `limitMs` is rejected with `draining`. */
  drain(limitMs: number): Promise<void>;
}

/** A call until it is settled. */
interface Call extends OwnedRequest<unknown> {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls to the threads of `crew`. */
export function dispatchTo(
  crew: Pick<Crew, 'alive' | 'idle'>,
  { limits, batches, restartWaitMs, meter }: DispatchOptions,
): Dispatch {
  const queue = callQueue<Call>({ limits, batches });
  const work = tallyWork();
  let running = 0;
  /** Why calls are refused at the door; null while they are taken. */
  let refusal: UndertoneError | null = null;
  let pumpDue = false;
  let giveUp: NodeJS.Timeout | undefined;
  let drained: PromiseWithResolvers<null> | null = null;

  const reportDepth = (kind: CallKind) =>
    meter.gauge('undertone_queue_depth', queue.depthOf(kind), { queue: `inference-${kind}` });

  const rejectWaiting = (error: UndertoneError) => {
    for (const { reject } of queue.clear()) reject(error);
    CALL_KINDS.forEach(reportDepth);
    if (running === 0) drained?.resolve(null);
  };

  const run = async (thread: InferenceThread, kind: CallKind, calls: readonly Call[]): Promise<void> => {
    running += calls.length;
    // Requests were queued by kind, so they are of this kind.
    const batch = { kind, requests: calls.map((call) => call.request) } as Batch;
    const transfer = calls.flatMap((call) => call.transfer);
    try {
      const { answers, seconds } = await thread.run(batch, transfer);
      work.add(kind, calls.length, seconds);
      meter.observe('undertone_inference_seconds', seconds, { kind });
      meter.observe('undertone_inference_batch_size', calls.length, { kind });
      calls.forEach((call, i) => settle(call, answers[i]));
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
    running -= calls.length;
    pump();
    if (queue.depth + running === 0) drained?.resolve(null);
  };

  const pump = () => {
    pumpDue = false;
    const idle = crew.idle();
    idle.forEach((thread, i) => {
      const next = queue.take(idle.length - i);
      if (!next) return;
      reportDepth(next.kind);
      void run(thread, next.kind, next.calls);
    });
  };

  return {
    work,
    get depth() {
      return queue.depth + running;
    },
    call<K extends CallKind>(kind: K, { request, transfer }: OwnedRequest<Calls[K]['request']>) {
      if (refusal) return Promise.reject(refusal);
      return new Promise<Calls[K]['answer']>((resolve, reject) => {
        const call: Call = { request, transfer, reject, resolve: (value) => resolve(value as Calls[K]['answer']) };
        if (!queue.push(kind, call)) {
          meter.count('undertone_discarded_total', { queue: `inference-${kind}`, reason: 'overload' });
          reject(
            new UndertoneError('limit-reached', `${limits[kind]} ${kind} calls wait for inference already: send fewer`),
          );
          return;
        }
        reportDepth(kind);
        // After this turn of the event loop's microtasks, so that calls made side by side go together.
        if (!pumpDue) queueMicrotask(pump);
        pumpDue = true;
      });
    },
    crewChanged() {
      if (crew.alive > 0) {
        clearTimeout(giveUp);
        giveUp = undefined;
        if (refusal?.code === 'worker-crashed') refusal = null;
        pump();
      } else if (refusal) rejectWaiting(refusal);
      else
        giveUp ??= setTimeout(() => {
          refusal ??= new UndertoneError('worker-crashed', 'no inference worker is alive; one is being started again');
          rejectWaiting(refusal);
        }, restartWaitMs);
    },
    async drain(limitMs) {
      refusal = new UndertoneError('draining', 'inference is closing');
      drained = Promise.withResolvers();
      // Nobody will be there in time for what waits.
      if (crew.alive === 0) rejectWaiting(refusal);
      if (queue.depth + running > 0) await Promise.race([drained.promise, sleep(limitMs, undefined, { ref: false })]);
      clearTimeout(giveUp);
      rejectWaiting(refusal);
    },
  };
}

function settle({ resolve, reject }: Call, answer: Answer<unknown> | undefined): void {
  if (answer?.ok) resolve(answer.value);
  else if (answer) reject(new UndertoneError(answer.code, answer.message));
  else reject(new UndertoneError('internal', 'an inference worker left a call without an answer'));
}
