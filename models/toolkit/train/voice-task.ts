/** Learning to hear a voice: log-mel of acted speech, varied as phones, rooms and speakers vary it. */
import { augmentLogMel, type MelAugmentation } from '../../../src/core/augment/mel.ts';
import { MEL_BANDS, SILENT_BAND } from '../../../src/core/features.ts';
import { integerBelow, randomStream, uniform } from '../../../src/core/random.ts';
import { trimSilence } from '../../../src/core/trim.ts';
import type { Label } from '../../../src/domain.ts';
import { createGraph } from '../../graph/graph.ts';
import { graphModel } from '../../graph/model.ts';
import { trainingModel } from '../../graph/training.ts';
import { objectiveLoss, type Objective } from '../../nets/objective.ts';
import { voiceNetwork, type VoiceNetwork } from '../../nets/voice.ts';
import { mixVoices, type VoiceRow } from './mix.ts';
import type { Target } from './examples.ts';
import type { OnnxModel } from '../onnx-writer.ts';
import type { Task } from './loop.ts';
import type { Schedule } from './schedule.ts';
import { epochOrder, targetFeeds, targetInputs } from './targets.ts';

/** Frames of a window of 3 s. */
export const WINDOW_FRAMES = 300;

/** A clip to learn from. */
export interface VoiceExample {
  readonly id: string;
  /**
   * Log-mel [frames, 64] of the clip as it is and of some versions from other rooms and lines; at least one. Each is asked
   * for whenever it is needed: together they may be larger than memory.
   */
  readonly variants: readonly (() => Float32Array)[];
  readonly target: Target;
}

/** What a voice network is trained with. */
export interface VoiceTraining {
  readonly labels: readonly Label[];
  readonly seed: number;
  readonly network: VoiceNetwork;
  readonly objective: Objective;
  readonly schedule: Schedule;
  readonly augmentation: MelAugmentation;
  /** Chance that a window is mixed with another of its batch, 0 .. 1 (mixup; Zhang et al. 2018). */
  readonly mixChance: number;
  /** Silence around the voice is trimmed from a window where it is this far below the loudest, dB; 0 keeps it. */
  readonly trimDb: number;
}

/** A window as the network is given it: trimmed, and digital silence up to 3 s. */
export function trimmedWindow(frames: Float32Array, trimDb: number): Float32Array {
  const window = new Float32Array(WINDOW_FRAMES * MEL_BANDS).fill(SILENT_BAND);
  window.set(trimSilence(frames, trimDb));
  return window;
}

/** The task of training a voice network on `examples`. A clip listed twice is learned from twice an epoch. */
export function voiceTask(examples: readonly VoiceExample[], training: VoiceTraining, judge: Task['judge']): Task {
  const { labels, seed, schedule, objective } = training;
  const n = Math.min(schedule.batch, examples.length);
  const graph = createGraph({ mode: 'train', seed });
  const heads = voiceNetwork(graph.input('logmel', [n, WINDOW_FRAMES, MEL_BANDS]), training.network, labels.length);
  const targets = targetInputs(graph, n, labels.length);
  const trainPresent = examples.map(({ target }) => target.present);
  const loss = objectiveLoss(heads, targets, objective, { trainPresent, labels });
  const model = trainingModel(graph, loss, { name: 'voice', weightDecay: schedule.weightDecay });

  const rowsAt = epochOrder(examples.length, n, [seed, 'order']);
  return {
    name: 'voice',
    model,
    stepsPerEpoch: Math.floor(examples.length / n),
    judge,
    batch(epoch, step) {
      const places = rowsAt(epoch, step);
      const rows = places.flatMap((index, i): readonly VoiceRow[] => {
        const example = examples[index];
        if (!example) return [];
        // By place too: a clip that is listed twice is not varied the same way twice.
        const random = randomStream(seed, 'augment', epoch, example.id, places[i] ?? 0);
        const frames =
          example.variants[integerBelow(random, example.variants.length)]?.() ?? new Float32Array(MEL_BANDS);
        const window = augmentLogMel(frames, random, { ...training.augmentation, frames: WINDOW_FRAMES });
        return [{ ...example.target, logMel: trimmedWindow(window, training.trimDb) }];
      });
      const mixing = randomStream(seed, 'mix', epoch, step);
      const mixed = rows.map((row) => {
        const other = rows[integerBelow(mixing, rows.length)] ?? row;
        const part = uniform(mixing, 0.5, 1);
        return mixing() < training.mixChance ? mixVoices(row, other, part) : row;
      });
      const logMel = new Float32Array(n * WINDOW_FRAMES * MEL_BANDS);
      mixed.forEach((row, i) => {
        logMel.set(row.logMel, i * WINDOW_FRAMES * MEL_BANDS);
      });
      return {
        logmel: { data: logMel, dims: [n, WINDOW_FRAMES, MEL_BANDS] },
        ...targetFeeds(mixed),
      };
    },
  };
}

/** The network that serves, with the weights that were learned. */
export function voiceModel(
  weights: ReadonlyMap<string, Float32Array>,
  network: VoiceNetwork,
  labels: number,
): OnnxModel {
  const graph = createGraph({ mode: 'serve', weights });
  const { embedding, shareLogits, presenceLogits } = voiceNetwork(
    graph.input('logmel', ['n', WINDOW_FRAMES, MEL_BANDS]),
    network,
    labels,
  );
  return graphModel(graph, { embedding, shareLogits, presenceLogits }, { name: 'voice' });
}
