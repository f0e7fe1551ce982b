/** Learning to read a face crop: FER+ and whatever else has pictures of faces with votes. */
import { augmentFace, type FaceAugmentation } from '../../../src/core/augment/face.ts';
import { CROP_SIZE } from '../../../src/core/faces/align.ts';
import { integerBelow, randomStream } from '../../../src/core/random.ts';
import type { Label } from '../../../src/domain.ts';
import { add } from '../../graph/elementwise.ts';
import { createGraph } from '../../graph/graph.ts';
import { encodeGraph } from '../../graph/model.ts';
import { trainingModel } from '../../graph/training.ts';
import { faceNetwork, type FaceNetwork } from '../../nets/face.ts';
import { objectiveLoss, type Objective } from '../../nets/objective.ts';
import type { Task } from './loop.ts';
import type { Target } from './examples.ts';
import type { Schedule } from './schedule.ts';
import { epochOrder, targetFeeds, targetInputs } from './targets.ts';

/** A picture to learn from. */
export interface FaceExample {
  readonly id: string;
  /** 48 x 48 grey levels, 0 .. 255: a quarter of the memory of floats. */
  readonly pixels: Uint8Array;
  readonly target: Target;
}

/** What a face network is trained with. */
export interface FaceTraining {
  readonly labels: readonly Label[];
  readonly seed: number;
  readonly network: FaceNetwork;
  readonly objective: Objective;
  readonly schedule: Schedule;
  readonly augmentation: FaceAugmentation;
  /**
   * Side of the part that is cut out by chance while training, pixels. The network sees no sizes, so it is trained on
   * less and serves the whole: two thirds of the work, and a shift at every look.
   */
  readonly crop: number;
  /** tau of the correction of served shares for the rarity of labels, 0 .. 1; 0 serves what was learned. */
  readonly priorCorrection: number;
}

/** The task of training a face network on `examples`. */
export function faceTask(examples: readonly FaceExample[], training: FaceTraining, judge: Task['judge']): Task {
  const { labels, seed, crop, schedule, objective } = training;
  const n = Math.min(schedule.batch, examples.length);
  const graph = createGraph({ mode: 'train', seed });
  const heads = faceNetwork(graph.input('pixels', [n, 1, crop, crop]), training.network, labels.length);
  const targets = targetInputs(graph, n, labels.length);
  const trainPresent = examples.map(({ target }) => target.present);
  const loss = objectiveLoss(heads, targets, objective, { trainPresent, labels });
  const model = trainingModel(graph, loss, { name: 'face', weightDecay: schedule.weightDecay });

  const rowsAt = epochOrder(examples.length, n, [seed, 'order']);
  return {
    name: 'face',
    model,
    stepsPerEpoch: Math.floor(examples.length / n),
    judge,
    batch(epoch, step) {
      const pixels = new Float32Array(n * crop * crop);
      const rows = rowsAt(epoch, step).flatMap((index) => examples[index] ?? []);
      rows.forEach(({ id, pixels: grey }, i) => {
        const random = randomStream(seed, 'augment', epoch, id);
        const whole = augmentFace(toFloats(grey), random, training.augmentation);
        cut(whole, crop, random, pixels.subarray(i * crop * crop, (i + 1) * crop * crop));
      });
      return {
        pixels: { data: pixels, dims: [n, 1, crop, crop] },
        ...targetFeeds(rows.map(({ target }) => target)),
      };
    },
  };
}

/** What the served network has beside its weights. */
export interface FaceServing extends Pick<FaceTraining, 'labels' | 'network' | 'priorCorrection'> {
  /** Mean shares of the clips that were learned from, in the labels' order. */
  readonly prior: readonly number[];
}

/**
 * The network that serves, with the weights that were learned. Its share logits are corrected for the rarity of labels:
 * - tau ln(prior) is added (logit adjustment; Menon et al. 2021).
 */
export function faceModel(
  weights: ReadonlyMap<string, Float32Array>,
  { labels, network, priorCorrection, prior }: FaceServing,
): Uint8Array {
  const graph = createGraph({ mode: 'serve', weights });
  const { embedding, shareLogits, presenceLogits } = faceNetwork(
    graph.input('pixels', ['n', 1, CROP_SIZE, CROP_SIZE]),
    network,
    labels.length,
  );
  const correction = Float32Array.from(prior, (share) => -priorCorrection * Math.log(Math.max(share, RAREST)));
  const corrected = priorCorrection > 0 ? add(shareLogits, graph.constant(correction, [labels.length])) : shareLogits;
  return encodeGraph(graph, { embedding, shareLogits: corrected, presenceLogits }, { name: 'face' });
}

/** A label that is rarer is corrected as if it had this share. */
const RAREST = 1e-4;

/** Mean shares over clips, in the labels' order. */
export function meanShares(examples: readonly { readonly target: Target }[], labels: number): readonly number[] {
  return Array.from(
    { length: labels },
    (_, k) => examples.reduce((sum, { target }) => sum + (target.shares[k] ?? 0), 0) / examples.length,
  );
}

/** Grey levels as the networks take them: 0 .. 1. */
export function toFloats(grey: Uint8Array): Float32Array {
  return Float32Array.from(grey, (level) => level / 255);
}

function cut(whole: Float32Array, side: number, random: () => number, out: Float32Array): void {
  const top = integerBelow(random, CROP_SIZE - side + 1);
  const left = integerBelow(random, CROP_SIZE - side + 1);
  for (let row = 0; row < side; row++) {
    const start = (top + row) * CROP_SIZE + left;
    out.set(whole.subarray(start, start + side), row * side);
  }
}
