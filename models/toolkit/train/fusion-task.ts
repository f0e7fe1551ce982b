/** Learning to fuse: a half of a branch alone (stage 1 of paper 5), and the layers that voice and face share (stage 2). */
import { randomStream } from '../../../src/core/random.ts';
import type { Stimulus } from '../../../src/core/manifest.ts';
import type { Label, Modality } from '../../../src/domain.ts';
import { createGraph, type Graph, type Value } from '../../graph/graph.ts';
import { encodeGraph } from '../../graph/model.ts';
import { trainingModel } from '../../graph/training.ts';
import { branchHeads, faceBranch, voiceBranch } from '../../nets/branch.ts';
import { fusionNetwork, type FusionInputs, type FusionNetwork, halfName } from '../../nets/fusion.ts';
import type { Heads } from '../../nets/heads.ts';
import { objectiveLoss, type Objective } from '../../nets/objective.ts';
import type { Target } from './examples.ts';
import {
  fusionFeeds,
  type FusionRow,
  type FusionShape,
  type FusionSource,
  type FusionVariation,
  varied,
  voiceSides,
} from './fusion-rows.ts';
import type { Task } from './loop.ts';
import type { Schedule } from './schedule.ts';
import { epochOrder, targetFeeds, targetInputs } from './targets.ts';

/** What audio-visual layers are trained with. */
export interface FusionTraining {
  readonly labels: readonly Label[];
  readonly seed: number;
  readonly shape: FusionShape;
  readonly network: FusionNetwork;
  readonly objective: Objective;
  readonly variation: FusionVariation;
}

/** A half of a modality's layers, and whose labels it learns. */
export interface Half {
  readonly modality: Modality;
  readonly stimulus: Stimulus;
}

type Weights = ReadonlyMap<string, Float32Array>;

/** Stage 1: one half, alone. */
export function halfTask(source: FusionSource, half: Half, schedule: Schedule, training: FusionTraining): Task {
  const { labels, network, variation } = training;
  const graph = createGraph({ mode: 'train', seed: training.seed });
  const out = halfNetwork(graph, rowsOf(schedule, source), half, training.shape, network, labels.length);
  // Nothing is dropped: a half without its modality has nothing to learn from.
  const whole = { ...variation, dropVoice: 0, dropFace: 0 };
  const name = halfName(half.modality, half.stimulus);
  return task(source, half.stimulus, schedule, { ...training, variation: whole }, { name, out, needs: half.modality });
}

/** Where the shared layers start from. */
export interface SharedStart {
  /** Whose labels are learned. */
  readonly stimulus: Stimulus;
  /** Of the halves that stage 1 trained; empty where branches and shared layers are trained at once. */
  readonly weights: Weights;
  /** Whether those weights stand still. */
  readonly frozen: boolean;
}

/** Stage 2, or training in one stage. */
export function sharedTask(
  source: FusionSource,
  { stimulus, weights, frozen }: SharedStart,
  schedule: Schedule,
  training: FusionTraining,
): Task {
  const { labels, shape, network, seed } = training;
  const graph = createGraph({ mode: 'train', seed, weights, frozen: (name) => frozen && weights.has(name) });
  const inputs = fusionInputs(graph, rowsOf(schedule, source), shape.frames, shape);
  const options = frozen ? { branchDropout: 0 } : {};
  const out = fusionNetwork(inputs, network, labels.length, options);
  return task(source, stimulus, schedule, training, { name: 'fusion', out });
}

/** The network that serves any subset of modalities: inputs and outputs as docs/packs.md names them. */
export function fusionModel(weights: Weights, network: FusionNetwork, shape: FusionShape, labels: number): Uint8Array {
  const graph = createGraph({ mode: 'serve', weights });
  const { shareLogits, presenceLogits } = fusionNetwork(fusionInputs(graph, 'n', 'frames', shape), network, labels);
  return encodeGraph(graph, { shareLogits, presenceLogits }, { name: 'fusion' });
}

/** A half that serves alone: rows 1 to 6 of paper 5. */
export function halfModel(
  weights: Weights,
  half: Half,
  network: FusionNetwork,
  shape: FusionShape,
  labels: number,
): Uint8Array {
  const graph = createGraph({ mode: 'serve', weights });
  const { shareLogits, presenceLogits } = halfNetwork(graph, 'n', half, shape, network, labels);
  return encodeGraph(graph, { shareLogits, presenceLogits }, { name: halfName(half.modality, half.stimulus) });
}

/** @param needs rows without that modality teach nothing. */
function task(
  source: FusionSource,
  stimulus: Stimulus,
  schedule: Schedule,
  { labels, seed, shape, objective, variation }: FusionTraining,
  { name, out, needs }: { readonly name: string; readonly out: Heads; readonly needs?: Modality },
): Task {
  const { graph } = out.shareLogits;
  const n = rowsOf(schedule, source);
  const targets = targetInputs(graph, n, labels.length);
  const trainPresent = source.targets(stimulus).map(({ present }) => present);
  const loss = objectiveLoss(out, targets, objective, { trainPresent, labels });
  const model = trainingModel(graph, loss, { name, weightDecay: schedule.weightDecay });
  const fed = new Set(model.inputs.map((input) => input.name));

  const rowsAt = epochOrder(source.length, n, [seed, name, 'order']);
  return {
    name,
    model,
    stepsPerEpoch: Math.floor(source.length / n),
    judge: () => Promise.resolve({}),
    batch(epoch, step) {
      const drawn = rowsAt(epoch, step).map((index) => {
        const random = randomStream(seed, name, 'draw', epoch, index);
        const whole = source.draw(index, random);
        return { whole, row: varied(whole, random, variation) };
      });
      const rows = drawn.map(({ row }) => row);
      const feeds = {
        ...fusionFeeds(rows, shape),
        ...targetFeeds(
          drawn.map(({ whole, row }) => targetOf(whole, row, stimulus)),
          rows.map((row) => (needs && !row[needs] ? 0 : 1)),
        ),
      };
      return Object.fromEntries(Object.entries(feeds).filter(([key]) => fed.has(key)));
    },
  };
}

/** A row that lost a modality is learned by the labels of those who had no more than what is left, where there are any. */
function targetOf(whole: FusionRow, { voice, face, targets }: FusionRow, stimulus: Stimulus): Target {
  const lost = (whole.voice && !voice ? targets.face : null) ?? (whole.face && !face ? targets.voice : null);
  const target = lost ?? targets[stimulus] ?? (voice ? null : targets.face) ?? (face ? null : targets.voice);
  if (!target) throw new RangeError(`a row has no labels by '${stimulus}'`);
  return target;
}

function rowsOf({ batch }: Schedule, { length }: FusionSource): number {
  return Math.min(batch, length);
}

function fusionInputs(graph: Graph, n: number | 'n', frames: number | 'frames', shape: FusionShape): FusionInputs {
  return {
    voice: graph.input('voice', [n, ...voiceSides(shape)]),
    voiceMask: graph.input('voiceMask', [n, shape.steps]),
    face: graph.input('face', [n, frames, shape.faceWidth]),
    faceMask: graph.input('faceMask', [n, frames]),
  };
}

function halfNetwork(
  graph: Graph,
  n: number | 'n',
  { modality, stimulus }: Half,
  shape: FusionShape,
  { voice, face, ...size }: FusionNetwork,
  labels: number,
): Heads {
  const name = halfName(modality, stimulus);
  const frames = graph.mode === 'serve' ? 'frames' : shape.frames;
  const sequence = (): [Value, Value] => {
    if (modality === 'voice') {
      const mask = graph.input('voiceMask', [n, shape.steps]);
      const heard = graph.input('voice', [n, ...voiceSides(shape)]);
      return [voiceBranch(heard, name, { ...size, ...voice }, mask), mask];
    }
    const mask = graph.input('faceMask', [n, frames]);
    const seen = graph.input('face', [n, frames, shape.faceWidth]);
    return [faceBranch(seen, name, { ...size, ...face }, mask), mask];
  };
  const [branch, mask] = sequence();
  return branchHeads(branch, name, size.dropout, labels, mask);
}
