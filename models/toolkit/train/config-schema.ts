/** The fields of a training configuration: ranges, defaults and meanings (docs/training.md is checked against them). */
import { z } from 'zod';
import { CROP_SIZE } from '../../../src/core/faces/align.ts';
import { LABELS } from '../../../src/core/labels.ts';
import type { Label } from '../../../src/domain.ts';
import { faceAugmentation, melAugmentation, voiceAugmentation } from './config-augmentation.ts';
import { list, number, object, oneOf, SHARE, text } from './config-fields.ts';

const count = (most: number) => ({ from: 1, to: most, whole: true });
const PATHS = 'a list of paths of manifests, ["train.jsonl"]';
const path = text('a manifest', 'the path of a manifest', /./);
const channels = list(
  'channels of each stage; every stage halves the resolution',
  number('channels', count(4096)),
  'a list of 1 to 8 whole numbers from 1 to 4096',
  [1, 8],
);
const dropout = number('chance that a number is dropped while training', { from: 0, below: 1 }, 0);

const common = {
  name: text('name of the network, for people', '1 to 64 of a-z 0-9 -', /^[a-z0-9][a-z0-9-]{0,63}$/),
  seed: number('of everything that is left to chance', { from: 0, to: 2 ** 32 - 1, whole: true }),
  start: text(
    'name of a configuration whose trained weights this one starts from; its run stands beside this one',
    'a name of 1 to 64 of a-z 0-9 -',
    /^[a-z0-9-]{0,64}$/,
    '',
  ),
  labels: list(
    'what the network tells, in the order of its outputs',
    oneOf<Label>('a label', LABELS),
    `a list of at least 2 of ${LABELS.join(', ')}, each once`,
    [2, LABELS.length],
  ),
  dev: list('manifests that are judged on after each epoch: clips of split `dev`, or of none', path, PATHS, [1, 100]),
  holdBack: number(
    'share of clips (of speakers, where they are known) that are not learned from: calibration is fitted on them',
    { from: 0, below: 1 },
    0,
  ),
  objective: object({
    share: oneOf('loss of the shares', ['soft-cross-entropy', 'class-balanced', 'kl', 'none']),
    shareWeight: number('its weight', { from: 0, to: 1000 }, 1),
    presence: oneOf('loss of the presences', [
      'bce',
      'class-balanced',
      'co-occurrence',
      'class-balanced co-occurrence',
      'none',
    ]),
    presenceWeight: number('its weight', { from: 0, to: 1000 }, 1),
    alpha: number('part of the co-occurrence penalty', SHARE, 0.2),
    beta: number('of the effective number of clips; 0 weighs all labels the same', SHARE, 0.99),
  }),
  schedule: object({
    epochs: number('passes over all clips', count(10_000)),
    batch: number('clips a step', count(4096)),
    rate: number('highest learning rate', { above: 0 }),
    warmupEpochs: number('epochs over which the rate rises to its highest', { from: 0, to: 10_000 }, 0),
    weightDecay: number('pull of matrices and kernels to 0, times the rate', { from: 0 }, 0.01),
    averaging: number('share of the past that the served average of the weights keeps at each step', {
      from: 0,
      below: 1,
    }),
  }),
};

const face = object({
  ...common,
  kind: z.literal('face').meta({ range: '"face"', description: 'what the network reads' }),
  corpora: list('manifests that are learned from: clips of split `train`, or of none', path, PATHS, [1, 100]),
  network: object({
    stem: number('channels of the first convolution, at full resolution', count(4096)),
    channels,
    blocks: list(
      'residual blocks of each stage',
      number('blocks', count(64)),
      'a list of 1 to 8 whole numbers from 1 to 64',
      [1, 8],
    ),
    dropout,
  }),
  crop: number(
    'side of the part of the picture that is cut out by chance while training, pixels',
    { from: 16, to: CROP_SIZE, whole: true },
    CROP_SIZE,
  ),
  priorCorrection: number(
    "tau of the correction of served shares for labels' rarity: -tau ln(mean share) is added to their logits",
    SHARE,
    0,
  ),
  augmentation: faceAugmentation.prefault({}),
});

const corpus = z.preprocess(
  (value) => (typeof value === 'string' ? { file: value } : value),
  object({ file: path, repeat: number('how often its clips are learned from in an epoch', count(1000), 1) }),
);

const voice = object({
  ...common,
  kind: z.literal('voice').meta({ range: '"voice"', description: 'what the network reads' }),
  corpora: list(
    'manifests that are learned from (clips of split `train`, or of none), and how often an epoch takes each (default 1)',
    corpus,
    'a list of paths of manifests, or of {"file": "train.jsonl", "repeat": 2}',
    [1, 100],
  ),
  network: object({
    stem: number('channels of the first convolution, which halves time and bands', count(4096)),
    channels,
    width: number('width of the embedding and of the transformer', count(4096)),
    heads: number("heads of attention; divides the network's width", count(64)),
    layers: number('layers of the transformer', { from: 0, to: 48, whole: true }),
    dropout,
  }),
  variants: number(
    'versions of each clip that are learned from: as it is, and from other rooms and lines',
    count(100),
    1,
  ),
  mixChance: number('chance that a window is mixed with another of its batch', SHARE, 0),
  trimDb: number(
    'silence around the voice is trimmed from a window where it is so far below the loudest, dB; 0 keeps it',
    { from: 0, to: 120 },
    0,
  ),
  voiceAugmentation: voiceAugmentation.prefault({}),
  augmentation: melAugmentation.prefault({}),
});

/** The schemas by kind of network. */
export const TRAINING_CONFIGS = { face, voice } as const;

/** How a face network is to be trained. */
export type FaceConfig = z.output<typeof face>;
/** How a voice network is to be trained. */
export type VoiceConfig = z.output<typeof voice>;
/** A training configuration; what the file left out has its default. */
export type TrainingConfig = FaceConfig | VoiceConfig;
