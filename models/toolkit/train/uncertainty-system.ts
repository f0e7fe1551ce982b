/** A network of attributes from clips to the file that serves: both stages, then the width of its intervals. */
import { join } from 'node:path';
import { type Attribute, ATTRIBUTES, BINS } from '../../../src/core/vad/attributes.ts';
import { openNetwork, type NetworkOptions } from '../../runtime.ts';
import { train, type TrainingRun } from './loop.ts';
import type { UncertaintyConfig } from './uncertainty-config.ts';
import {
  attributeContract,
  type AttributeExample,
  attributeModel,
  attributeTask,
  type AttributeTraining,
  EMBEDDING,
  standardisation,
} from './uncertainty-task.ts';

/** Where a run goes; checkpoints are named after their stages. */
export interface AttributeRun extends Omit<TrainingRun, 'schedule' | 'seed' | 'checkpoint'> {
  readonly folder: string;
}

/** What a network says of one clip, by attribute. */
export interface AttributeAnswer {
  /** Seven shares; empty where no soft labels were learned. */
  readonly bins: readonly number[];
  readonly uncertainty: number;
  readonly consensus: number;
  readonly low: number;
  readonly high: number;
}

/** Answers of many clips: of each attribute, one a clip. */
export type AttributeAnswers = Readonly<Partial<Record<Attribute, readonly AttributeAnswer[]>>>;

/** A network of attributes, trained. */
export interface TrainedAttributes {
  readonly bytes: Uint8Array;
  readonly training: AttributeTraining;
  /** So many spreads to either side hold nine of ten held-back clips' consensus, an attribute. */
  readonly factors: readonly number[];
}

/** Share of held-back clips whose derived consensus lies in the interval. */
export const INTERVAL_LEVEL = 0.9;

/** What a configuration says of training; attributes in the order of `ATTRIBUTES`. */
export function trainingOf(config: UncertaintyConfig): AttributeTraining {
  const { dropout, ...network } = config.network;
  const { sampling, draws, losses, prior, seed } = config;
  const attributes = ATTRIBUTES.filter((attribute) => config.attributes.includes(attribute));
  return { network, dropout, attributes, sampling, draws, losses, prior, seed, width: config.embedding.at(-1) ?? 1 };
}

/**
 * Train a network.
 * @param clips those that are learned from, and those that were held back.
 * @returns null after an abort; the checkpoints in `folder` say where to go on.
 * @throws UndertoneError `training-failed` as `train` does.
 */
export async function trainAttributes(
  {
    learned,
    heldBack,
  }: { readonly learned: readonly AttributeExample[]; readonly heldBack: readonly AttributeExample[] },
  config: UncertaintyConfig,
  { folder, ...run }: AttributeRun,
): Promise<TrainedAttributes | null> {
  const training = trainingOf(config);
  let weights: ReadonlyMap<string, Float32Array> = standardisation(learned, training.width);
  for (const stage of ['unlabelled', 'labelled'] as const) {
    const schedule = config.schedules[stage];
    if (schedule.epochs === 0 || (stage === 'unlabelled' && training.network.autoencoder === 'none')) continue;
    const task = attributeTask(learned, stage, weights, schedule, training);
    const done = await train(task, {
      ...run,
      schedule,
      seed: config.seed,
      checkpoint: join(folder, `${stage}.checkpoint`),
    });
    if (!done.finished) return null;
    weights = new Map([...weights, ...done.weights]);
  }
  const ones = training.attributes.map(() => 1);
  const trial = { bytes: attributeModel(weights, ones, training), training, factors: ones };
  const factors = heldBack.length === 0 ? ones : await intervalFactors(trial, heldBack, run);
  return { bytes: attributeModel(weights, factors, training), training, factors };
}

/** Clips asked at a time: a hundred draws of each are in memory. */
const BATCH = 16;

/** What a network says of clips as they are. */
export async function askAttributes(
  { bytes, training }: Pick<TrainedAttributes, 'bytes' | 'training'>,
  clips: readonly { readonly looks: readonly Float32Array[] }[],
  options: NetworkOptions = {},
): Promise<AttributeAnswers> {
  const { attributes, width } = training;
  const network = await openNetwork({ name: 'attributes', bytes, contract: attributeContract(training) }, options);
  const all = attributes.map((): AttributeAnswer[] => []);
  try {
    for (let from = 0; from < clips.length; from += BATCH) {
      const batch = clips.slice(from, from + BATCH);
      const data = new Float32Array(batch.length * width);
      batch.forEach(({ looks }, i) => data.set(looks[0] ?? [], i * width));
      const found = await network.run({ [EMBEDDING]: { data, dims: [batch.length, width] } });
      for (const i of batch.keys())
        attributes.forEach((_, a) => {
          const at = i * attributes.length + a;
          const said = (name: string): number => found[name]?.data[at] ?? NaN;
          all[a]?.push({
            bins: Array.from(found['bins']?.data.subarray(at * BINS, (at + 1) * BINS) ?? []),
            uncertainty: said('uncertainty'),
            consensus: said('consensus'),
            low: said('low'),
            high: said('high'),
          });
        });
    }
  } finally {
    await network.close();
  }
  return Object.fromEntries(attributes.map((attribute, a) => [attribute, all[a] ?? []]));
}

/**
 * Split conformal prediction of normalised residuals: with n clips, the ceil((n + 1) level)-th smallest ratio of error to
 * spread. An interval of a new clip from the same source then holds its consensus with at least that chance.
 */
async function intervalFactors(
  trial: TrainedAttributes,
  heldBack: readonly AttributeExample[],
  options: NetworkOptions,
): Promise<readonly number[]> {
  const answers = await askAttributes(trial, heldBack, options);
  return trial.training.attributes.map((attribute) => {
    const ratios = (answers[attribute] ?? []).map(({ consensus, low, high }, i) => {
      // The ends may be cut at -1 and 1: the longer side is whole.
      const spread = Math.max(high - consensus, consensus - low);
      return Math.abs(consensus - (heldBack[i]?.derived[attribute].consensus ?? NaN)) / Math.max(spread, 1e-6);
    });
    const rising = ratios.toSorted((a, b) => a - b);
    return rising[Math.min(rising.length, Math.ceil((rising.length + 1) * INTERVAL_LEVEL)) - 1] ?? 1;
  });
}
