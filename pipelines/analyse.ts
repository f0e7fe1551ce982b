/** Hops 7 to 10 of a frame's life: pull windows, infer, calibrate, decide, publish. Every window gets one verdict. */
import { Observable, defer, ignoreElements, merge, mergeMap, repeat, takeWhile, tap } from 'rxjs';
import type { Logits, Prediction, RejectReason, VerdictEvent, Window } from '../src/domain.ts';
import type { Broker, Clock, Inference, Meter } from '../src/ports.ts';
import { asUndertoneError } from '../src/errors.ts';
import { decide, reject } from '../src/core/decision.ts';
import type { Requirement } from '../src/core/decision.ts';
import { predict } from '../src/core/prediction.ts';
import { isStrange } from '../src/core/reference/reference.ts';
import { decisionUnder, underCalibration } from '../src/core/review/calibrated.ts';
import { type CalibrationInForce, checkPack } from '../src/core/review/in-force.ts';
import type { Admission } from './admission.ts';
import { judgeInTurn } from './in-turn.ts';

/** What a verdict needs. */
export interface JudgeDeps {
  readonly inference: Pick<Inference, 'infer' | 'pack'>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly require: Requirement;
  /** The reviewers' calibration in force, asked once a window; of the same pack. Default none. */
  readonly calibration?: Pick<CalibrationInForce, 'current' | 'pack'>;
}

/** What `analyse` needs. */
export interface AnalyseDeps extends JudgeDeps {
  readonly broker: Broker;
  /** Skips what the workers have no time for. Default: everything is judged, however late. */
  readonly admission?: Pick<Admission, 'admits' | 'plan' | 'told' | 'ticks'>;
  /** Windows taken at a time by one puller. Default 16. */
  readonly batch?: number;
  /** Pullers without `admission`: while one's windows are inferred the next gathers. Default 2. */
  readonly pullers?: number;
}

/**
 * Judge what the broker has, until it closes; emits nothing.
 * @throws UndertoneError `conflict` where `calibration` is of another pack than the one that judges.
 */
export function analyse({ broker, admission, batch = 16, pullers = 2, ...deps }: AnalyseDeps): Observable<never> {
  if (deps.calibration) checkPack(packName(deps), deps.calibration);
  if (admission) return analyseInTurn(broker, admission, batch, deps);
  const puller = defer(() => broker.pullWindows(batch)).pipe(
    mergeMap(async (windows) => {
      await Promise.all(
        windows.map(async (window) => {
          broker.publishVerdict(await judge(window, deps));
        }),
      );
      return windows.length;
    }),
    repeat(),
    takeWhile((taken) => taken > 0),
    ignoreElements(),
  );
  return merge(...Array.from({ length: pullers }, () => puller));
}

/** Windows leave the broker at once, and wait where those who were passed over come first. */
function analyseInTurn(
  broker: Broker,
  admission: NonNullable<AnalyseDeps['admission']>,
  batch: number,
  deps: JudgeDeps,
): Observable<never> {
  return new Observable<never>((subscriber) => {
    /** Nobody awaits what is told from a queue: what telling throws would end the process. */
    const tell = (event: VerdictEvent): void => {
      try {
        broker.publishVerdict(event);
      } catch (error) {
        subscriber.error(error);
      }
    };
    const line = judgeInTurn({
      admission,
      clock: deps.clock,
      meter: deps.meter,
      judge: (window) =>
        judge(window, deps).then(tell, (error: unknown) => {
          subscriber.error(error);
        }),
      skip: (window) => {
        tell(dismiss(window, 'overload', deps));
      },
    });
    const looking = admission.ticks.subscribe(() => {
      line.look();
    });
    const pulling = defer(() => broker.pullWindows(batch))
      .pipe(
        tap((windows) => {
          line.put(windows);
        }),
        repeat(),
        takeWhile((windows) => windows.length > 0),
        ignoreElements(),
      )
      .subscribe(subscriber);
    return () => {
      looking.unsubscribe();
      pulling.unsubscribe();
      line.close();
    };
  });
}

/** The verdict on one window. Never fails: what goes wrong is a reason. */
export async function judge(window: Window, deps: JudgeDeps): Promise<VerdictEvent> {
  return describeVerdict(window, await judged(window, deps), deps);
}

/** A verdict for a window that nobody could look at, for example one that the broker discarded. */
export function dismiss(window: Window, reason: RejectReason, deps: JudgeDeps): VerdictEvent {
  return describeVerdict(window, unjudged(window, reason, deps), deps);
}

type Judged = Pick<VerdictEvent, 'verdict' | 'packProbabilities'>;

async function judged(window: Window, deps: JudgeDeps): Promise<Judged> {
  const { inference, clock, meter } = deps;
  const begunMs = clock.now();
  if (window.voice === null && window.face === null)
    return { verdict: decide(window, null, judging(deps)), packProbabilities: {} };
  if (begunMs > window.deadlineMs) return unjudged(window, 'stale', deps);
  meter.observe('undertone_stage_seconds', Math.max(0, begunMs - window.closedMs) / 1000, { stage: 'queue' });
  let prediction: Prediction | null;
  try {
    const logits = await inference.infer(window);
    meter.observe('undertone_stage_seconds', (clock.now() - begunMs) / 1000, { stage: 'infer' });
    prediction = predict(logits, inference.pack);
    measureDrift(logits, meter);
  } catch (error) {
    const reason = asUndertoneError(error).code === 'limit-reached' ? 'overload' : 'inference-failed';
    return unjudged(window, reason, deps);
  }
  return believe(window, prediction, deps);
}

/** What is made of a prediction, all of it under one calibration: a swap falls between two windows, never into one. */
function believe(window: Window, prediction: Prediction | null, deps: JudgeDeps): Judged {
  const { decision, ...options } = judging(deps);
  const { calibration } = options;
  const told = prediction && underCalibration(prediction, calibration);
  return {
    verdict: decide(window, told, {
      ...options,
      decision: decisionUnder(decision, calibration, told?.modalities ?? []),
    }),
    packProbabilities: prediction?.probabilities ?? {},
  };
}

function unjudged(window: Window, reason: RejectReason, deps: JudgeDeps): Judged {
  return { verdict: reject(window, reason, null, judging(deps)), packProbabilities: {} };
}

/** By what a window is judged now. */
function judging(deps: JudgeDeps) {
  const { decision } = deps.inference.pack;
  return { decision, require: deps.require, pack: packName(deps), calibration: deps.calibration?.current() ?? null };
}

/** How far recent windows lie from what the pack was made for is the sum over the count of the histogram, over any time. */
function measureDrift({ distances = {} }: Logits, meter: Meter): void {
  for (const modality of ['voice', 'face'] as const) {
    const distance = distances[modality];
    if (distance === undefined) continue;
    meter.observe('undertone_drift_distance', distance, { modality });
    if (isStrange(distances, modality)) meter.count('undertone_out_of_distribution_total', { modality });
  }
}

function describeVerdict(window: Window, told: Judged, { clock, meter }: JudgeDeps): VerdictEvent {
  const { verdict } = told;
  const { room, participant, seq } = window;
  const latencyMs = Math.max(0, clock.now() - window.closedMs);
  meter.count('undertone_windows_total', { status: verdict.status, reason: verdict.reason ?? '' });
  meter.observe('undertone_verdict_latency_seconds', latencyMs / 1000);
  return { room, participant, seq, ...told, latencyMs };
}

function packName({ inference: { pack } }: JudgeDeps): string {
  return `${pack.name}@${pack.version}`;
}
