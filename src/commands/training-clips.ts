/** Which clips a configuration trains on, is judged on, and holds back. */
import { resolve } from 'node:path';
import type { TrainingConfig } from '../../models/toolkit/train/config-schema.ts';
import { type Example, examplesOf, holdBack, nameOfLot } from '../../models/toolkit/train/examples.ts';
import { neverPositive, positiveClips } from '../core/aggregation/class-weights.ts';
import { UndertoneError } from '../errors.ts';
import { type Corpus, readCorpus } from '../io/corpus/corpus.ts';

/** The clips of one corpus. */
export interface CorpusClips {
  readonly corpus: Corpus;
  /** How often each is learned from in an epoch. */
  readonly repeat: number;
  readonly examples: readonly Example[];
}

/** The clips of a run. */
export interface TrainingClips {
  readonly learned: readonly CorpusClips[];
  readonly dev: readonly CorpusClips[];
  /** Ids. */
  readonly heldBack: readonly string[];
  /** Clips without a vote for one of the labels. */
  readonly unlabelled: number;
}

/**
 * Read the manifests of a configuration.
 * @param data folder that the configuration's paths start from.
 * @throws UndertoneError `corpus-invalid` as `readCorpus` does, for a clip that is learned from and judged on, a label
 * that is never positive, or when nothing is left.
 */
export async function trainingClips(config: TrainingConfig, data: string): Promise<TrainingClips> {
  const { kind, labels, seed } = config;
  let unlabelled = 0;
  const heldBack: string[] = [];
  const select = async (file: string, split: string): Promise<Omit<CorpusClips, 'repeat'>> => {
    const corpus = await readCorpus(resolve(data, file));
    const clips = corpus.clips.filter((clip) => (clip.split ?? split) === split);
    const found = examplesOf(clips, kind, labels);
    unlabelled += found.unlabelled;
    return { corpus, examples: found.examples };
  };

  const learned: CorpusClips[] = [];
  for (const entry of config.corpora) {
    const { file, repeat } = typeof entry === 'string' ? { file: entry, repeat: 1 } : entry;
    const { corpus, examples } = await select(file, 'train');
    const lots = holdBack(examples, nameOfLot, { share: config.holdBack, seed });
    heldBack.push(...lots.heldBack.map(({ clip }) => clip.id));
    learned.push({ corpus, repeat, examples: lots.learned });
  }
  const dev: CorpusClips[] = [];
  for (const file of config.dev) dev.push({ ...(await select(file, 'dev')), repeat: 1 });

  checkApart(learned, dev);
  checkLabels(
    config,
    learned.flatMap(({ examples }) => examples),
  );
  if (dev.every(({ examples }) => examples.length === 0))
    throw nothingLeft(`${config.dev.join(', ')}: no clip of split 'dev' has a vote for one of the labels`);
  return { learned, dev, heldBack, unlabelled };
}

/**
 * @throws UndertoneError `corpus-invalid` when there is no clip, or a label that none of them shows: nothing can be
 * learned about it, and it would be told with confidence.
 */
export function checkLabels({ labels, kind }: TrainingConfig, clips: readonly Pick<Example, 'target'>[]): void {
  if (clips.length === 0) throw nothingLeft(`no clip of split 'train' can be learned from as a ${kind}`);
  const positives = positiveClips(clips.map(({ target }) => target.present));
  const absent = labels.find((_, k) => positives[k] === 0);
  if (absent !== undefined) throw neverPositive(absent);
}

function checkApart(learned: readonly CorpusClips[], dev: readonly CorpusClips[]): void {
  for (const { corpus, examples } of dev) {
    const judged = new Set(examples.map(({ clip }) => clip.id));
    const both = learned
      .filter((part) => part.corpus.file === corpus.file)
      .flatMap((part) => part.examples)
      .find(({ clip }) => judged.has(clip.id));
    if (both)
      throw new UndertoneError(
        'corpus-invalid',
        `${corpus.file}, line ${both.clip.line}: '${both.clip.id}' would be learned from and judged on: ` +
          'give it a \'split\', "train" or "dev"',
      );
  }
}

function nothingLeft(said: string): UndertoneError {
  return new UndertoneError('corpus-invalid', `${said}: look at 'corpora', 'dev' and 'labels' of the configuration`);
}
