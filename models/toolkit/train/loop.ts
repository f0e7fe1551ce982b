/**
 * The training loop: steps, checkpoints, the averaged weights at the end. What a step learns from depends on its number
 * alone, so a run that was stopped and resumed gives the same weights, bit for bit, as one that was not.
 */
import { randomStream } from '../../../src/core/random.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { type Betas, SCALARS, STATE, type TrainingModel, type TrainingState, weightsOf } from '../../graph/training.ts';
import { openNetwork, type NetworkOptions, type TensorData } from '../../runtime.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { averagingAt, rateAt, type Schedule } from './schedule.ts';

/** What a network learns from, step by step. */
export interface Task {
  /** For messages and streams of random numbers. */
  readonly name: string;
  readonly model: TrainingModel;
  readonly stepsPerEpoch: number;
  /** Feeds of the model's inputs; the same for the same numbers. */
  batch(epoch: number, step: number): Readonly<Record<string, TensorData>>;
  /** Figures on clips that were held back, by the averaged weights. */
  judge(weights: ReadonlyMap<string, Float32Array>): Promise<Readonly<Record<string, number>>>;
}

/** One entry for each epoch done: `epoch` from 1, the mean `loss` of its steps, and what was judged. */
export type History = readonly Readonly<Record<string, number>>[];

/** What a run tells while it goes on. */
export interface TrainingEvents {
  onStep?(step: { readonly done: number; readonly total: number; readonly loss: number }): void;
  /** Waited for; the last entry of `history` is the epoch that is done. */
  onEpoch?(history: History): Promise<void> | void;
}

/** How and where a run goes. */
export interface TrainingRun extends TrainingEvents, NetworkOptions {
  readonly schedule: Schedule;
  readonly seed: number;
  /** The checkpoint's file. */
  readonly checkpoint: string;
  readonly fingerprint: string;
  readonly signal: AbortSignal;
}

/** The outcome of a run. */
export interface Trained {
  /** All steps are done; false after an abort, when the checkpoint says where to go on. */
  readonly finished: boolean;
  /** Steps done, of `total`. */
  readonly step: number;
  readonly total: number;
  /** Averaged weights and statistics by name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly history: History;
}

/** A checkpoint is written this often besides after each epoch. */
const CHECKPOINT_MS = 120_000;

/**
 * Train until the schedule ends or the signal aborts; go on from the checkpoint where there is one.
 * @throws UndertoneError `training-failed` when the loss is no longer a number (the checkpoint stays as it was before),
 * or the checkpoint is of another run.
 */
export async function train(task: Task, run: TrainingRun): Promise<Trained> {
  const { schedule, checkpoint: file, fingerprint, signal } = run;
  const { model, stepsPerEpoch } = task;
  const total = schedule.epochs * stepsPerEpoch;
  const found = await readCheckpoint(file, fingerprint);
  let state: TrainingState = found?.state ?? model.initial;
  let step = found?.step ?? 0;
  let epochLoss = found?.epochLoss ?? 0;
  const history = [...(found?.history ?? [])];
  const save = () => writeCheckpoint(file, { fingerprint, step, epochLoss, state, history });

  const network = await openStep(task, run);
  try {
    let savedMs = performance.now();
    while (step < total && !signal.aborted) {
      const epoch = Math.floor(step / stepsPerEpoch);
      const results = await network.run(feedsOf(task, run, state, epoch, step));
      const loss = results['loss']?.data[0] ?? NaN;
      const norm = results['gradientNorm']?.data[0] ?? NaN;
      if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
        await save();
        throw new UndertoneError(
          'training-failed',
          `the loss of ${task.name} is ${loss} at step ${step + 1} (epoch ${epoch + 1}, gradient norm ${norm}): ` +
            `choose a lower rate than ${schedule.rate}, or look for broken clips. The state before that step is in ${file}`,
        );
      }
      state = nextState(results, state);
      step++;
      epochLoss += loss;
      run.onStep?.({ done: step, total, loss });
      if (step % stepsPerEpoch === 0) {
        const judged = await task.judge(averagedWeights(model, state));
        history.push({ epoch: epoch + 1, loss: epochLoss / stepsPerEpoch, ...judged });
        epochLoss = 0;
      }
      if (step % stepsPerEpoch === 0 || performance.now() - savedMs > CHECKPOINT_MS) {
        await save();
        savedMs = performance.now();
      }
      if (step % stepsPerEpoch === 0) await run.onEpoch?.(history);
      // ONNX Runtime holds the thread: let signals and timers in.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (signal.aborted) await save();
  } finally {
    await network.close();
  }
  return { finished: step >= total, step, total, weights: averagedWeights(model, state), history };
}

/** How steps are measured. */
export interface Measuring extends NetworkOptions {
  readonly schedule: Schedule;
  readonly steps: number;
}

/**
 * Wall time of single steps, feeds included, without checkpoints: what a benchmark compares.
 * @returns milliseconds of each step but the first two, which ONNX Runtime spends on its memory.
 */
export async function measureSteps(task: Task, { schedule, steps, ...options }: Measuring): Promise<number[]> {
  const { model, stepsPerEpoch } = task;
  const network = await openStep(task, options);
  const times: number[] = [];
  let state = model.initial;
  try {
    for (let step = 0; step < steps + 2; step++) {
      const started = performance.now();
      const epoch = Math.floor(step / stepsPerEpoch);
      state = nextState(await network.run(feedsOf(task, { schedule, seed: 0 }, state, epoch, step)), state);
      times.push(performance.now() - started);
    }
  } finally {
    await network.close();
  }
  return times.slice(2);
}

function openStep({ name, model }: Task, options: NetworkOptions) {
  const contract = { inputs: inputShapes(model), outputs: model.outputs };
  return openNetwork({ name, bytes: model.bytes, contract }, options);
}

/** Everything that one step is fed. */
function feedsOf(
  task: Task,
  { schedule, seed }: Pick<TrainingRun, 'schedule' | 'seed'>,
  state: TrainingState,
  epoch: number,
  step: number,
): Record<string, TensorData> {
  const { model, stepsPerEpoch } = task;
  return {
    ...task.batch(epoch, step % stepsPerEpoch),
    ...noises(model, seed, step),
    ...stateFeeds(state),
    ...scalarFeeds(schedule, model.betas, step, stepsPerEpoch),
  };
}

function averagedWeights(model: TrainingModel, state: TrainingState): ReadonlyMap<string, Float32Array> {
  return new Map([...weightsOf(state.average, model.parameters), ...weightsOf(state.statistics, model.statistics)]);
}

function inputShapes(model: TrainingModel): Record<string, readonly number[]> {
  return {
    ...Object.fromEntries([...model.inputs, ...model.noises].map(({ name, dims }) => [name, dims.map(Number)])),
    ...Object.fromEntries(STATE.map((key) => [key, [model.initial[key].length]])),
    ...Object.fromEntries(SCALARS.map((key) => [key, []])),
  };
}

function stateFeeds(state: TrainingState): Record<string, TensorData> {
  return Object.fromEntries(STATE.map((key) => [key, { data: state[key], dims: [state[key].length] }]));
}

function nextState(results: Readonly<Record<string, TensorData<Float32Array>>>, state: TrainingState): TrainingState {
  const next = (key: keyof TrainingState): Float32Array => results[`next.${key}`]?.data ?? state[key];
  return {
    theta: next('theta'),
    moment1: next('moment1'),
    moment2: next('moment2'),
    average: next('average'),
    statistics: next('statistics'),
  };
}

function scalarFeeds(
  schedule: Schedule,
  { beta1, beta2 }: Betas,
  step: number,
  stepsPerEpoch: number,
): Record<string, TensorData> {
  const values: Readonly<Record<(typeof SCALARS)[number], number>> = {
    rate: rateAt(schedule, step, stepsPerEpoch),
    correction1: 1 / (1 - beta1 ** (step + 1)),
    correction2: 1 / (1 - beta2 ** (step + 1)),
    averaging: averagingAt(schedule, step),
  };
  return Object.fromEntries(SCALARS.map((key) => [key, { data: Float32Array.of(values[key]), dims: [] }]));
}

function noises(model: TrainingModel, seed: number, step: number): Record<string, TensorData> {
  return Object.fromEntries(
    model.noises.map(({ name, dims }) => {
      const random = randomStream(seed, 'noise', name, step);
      const sides = dims.map(Number);
      const data = Float32Array.from({ length: sides.reduce((product, side) => product * side, 1) }, () => random());
      return [name, { data, dims: sides }];
    }),
  );
}
