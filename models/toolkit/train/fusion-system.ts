/** Training an audio-visual system in the stages of paper 5, each of which is a run of its own that can be resumed. */
import { join } from 'node:path';
import type { Stimulus } from '../../../src/core/manifest.ts';
import type { HeadLogits } from '../../../src/domain.ts';
import type { FusionNetwork } from '../../nets/fusion.ts';
import { halfName } from '../../nets/fusion.ts';
import { openNetwork, type NetworkOptions } from '../../runtime.ts';
import type { Contract } from '../../contract.ts';
import { fusionFeeds, type FusionRow, type FusionShape, type FusionSource, voiceSides } from './fusion-rows.ts';
import { fusionModel, type FusionTraining, type Half, halfModel, halfTask, sharedTask } from './fusion-task.ts';
import { train, type TrainingRun } from './loop.ts';
import type { Schedule } from './schedule.ts';

/** A system: a row of paper 5's Table 1. */
export interface FusionSystem {
  readonly name: string;
  /** The voice's halves, each by whose labels train it in stage 1; none for a system that does not hear. */
  readonly voice: readonly Stimulus[];
  /** The face's halves likewise. */
  readonly face: readonly Stimulus[];
  /** Whose labels the shared layers learn; a system of one half learns those of its half. */
  readonly learns: Stimulus;
  /** 1: branches and shared layers at once. 2: branches alone first. */
  readonly stages: 1 | 2;
  /** Whether branches stand still in stage 2. */
  readonly frozen: boolean;
}

/** How systems are trained. */
export interface FusionPlan extends Omit<FusionTraining, 'network'> {
  /** Sizes; a system says which halves there are. */
  readonly network: Omit<FusionNetwork, 'voice' | 'face'> & {
    readonly voice: Omit<FusionNetwork['voice'], 'halves'>;
    readonly face: Omit<FusionNetwork['face'], 'halves'>;
  };
  /** Of a half of the voice, a half of the face (stage 1), and of the shared layers or a system of one stage. */
  readonly schedules: Readonly<Record<'voice' | 'face' | 'shared', Schedule>>;
}

/** Where runs go. Checkpoints are named after what they train, so systems that have a half in common train it once. */
export interface FusionRun extends Omit<TrainingRun, 'schedule' | 'seed' | 'checkpoint'> {
  readonly folder: string;
}

/** A system that serves. */
export interface TrainedFusion {
  readonly bytes: Uint8Array;
  readonly contract: Contract;
}

/**
 * Train a system, stage by stage.
 * @returns null after an abort; the checkpoints in `folder` say where to go on.
 * @throws UndertoneError as `train` does.
 */
export async function trainSystem(
  source: FusionSource,
  system: FusionSystem,
  plan: FusionPlan,
  { folder, ...run }: FusionRun,
): Promise<TrainedFusion | null> {
  const { seed, shape, labels, schedules } = plan;
  const { voice, face, shared } = plan.network;
  const network = {
    ...plan.network,
    voice: { ...voice, halves: system.voice },
    face: { ...face, halves: system.face },
    shared,
  };
  const training = { ...plan, network };
  const halves = [
    ...system.voice.map((stimulus): Half => ({ modality: 'voice', stimulus })),
    ...system.face.map((stimulus): Half => ({ modality: 'face', stimulus })),
  ];
  const weights = new Map<string, Float32Array>();
  const alone = system.voice.length === 0 || system.face.length === 0;
  if (alone || system.stages === 2)
    for (const half of halves) {
      const name = halfName(half.modality, half.stimulus);
      const schedule = schedules[half.modality];
      const task = halfTask(source, half, schedule, training);
      const done = await train(task, { ...run, schedule, seed, checkpoint: join(folder, `${name}.checkpoint`) });
      if (!done.finished) return null;
      for (const [key, value] of done.weights) weights.set(key, value);
    }
  const [first] = halves;
  if (alone && first)
    return {
      bytes: halfModel(weights, first, network, shape, labels.length),
      contract: contractOf(shape, labels.length, [first.modality]),
    };
  const start = { stimulus: system.learns, weights, frozen: system.stages === 2 && system.frozen };
  const task = sharedTask(source, start, schedules.shared, training);
  const checkpoint = join(folder, `system-${system.name}.checkpoint`);
  const done = await train(task, { ...run, schedule: schedules.shared, seed, checkpoint });
  if (!done.finished) return null;
  return {
    bytes: fusionModel(new Map([...weights, ...done.weights]), network, shape, labels.length),
    contract: contractOf(shape, labels.length, ['voice', 'face']),
  };
}

/** Rows at a time when a system is asked, at most; fewer where they are large. */
const BATCH = 128;
const BATCH_NUMBERS = 2 ** 24;

/**
 * What a system says of rows, a pair of heads each.
 * @throws UndertoneError as `openNetwork` does.
 */
export function ask(
  trained: TrainedFusion,
  rows: readonly FusionRow[],
  shape: FusionShape,
  options: NetworkOptions = {},
): Promise<readonly HeadLogits[]> {
  const rowOf = (i: number): FusionRow => rows[i] ?? { voice: null, face: null, targets: {} };
  return askEach(trained, { length: rows.length, rowOf }, shape, options);
}

/** The same of rows that are made when they are asked about, so that only a batch of them is in memory. */
export async function askEach(
  { bytes, contract }: TrainedFusion,
  { length, rowOf }: { readonly length: number; readonly rowOf: (i: number) => FusionRow },
  shape: FusionShape,
  options: NetworkOptions = {},
): Promise<readonly HeadLogits[]> {
  const network = await openNetwork({ name: 'fusion', bytes, contract }, options);
  const numbers = shape.layers * shape.steps * shape.voiceWidth + shape.frames * shape.faceWidth;
  const most = Math.max(1, Math.min(BATCH, Math.floor(BATCH_NUMBERS / numbers)));
  const all: HeadLogits[] = [];
  try {
    for (let from = 0; from < length; from += most) {
      const batch = Array.from({ length: Math.min(most, length - from) }, (_, i) => rowOf(from + i));
      const feeds = Object.entries(fusionFeeds(batch, shape)).filter(([name]) => name in contract.inputs);
      const found = await network.run(Object.fromEntries(feeds));
      for (const i of batch.keys()) {
        const row = (name: string): Float32Array => {
          const { data = new Float32Array(0), dims = [] } = found[name] ?? {};
          return data.slice(i * (dims[1] ?? 0), (i + 1) * (dims[1] ?? 0));
        };
        all.push({ shareLogits: row('shareLogits'), presenceLogits: row('presenceLogits') });
      }
    }
  } finally {
    await network.close();
  }
  return all;
}

function contractOf(shape: FusionShape, labels: number, modalities: readonly ('voice' | 'face')[]): Contract {
  const { steps, faceWidth } = shape;
  return {
    inputs: {
      ...(modalities.includes('voice') && { voice: ['n', ...voiceSides(shape)], voiceMask: ['n', steps] }),
      ...(modalities.includes('face') && { face: ['n', 'frames', faceWidth], faceMask: ['n', 'frames'] }),
    },
    outputs: { shareLogits: ['n', labels], presenceLogits: ['n', labels] },
  };
}
