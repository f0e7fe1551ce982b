/** `models/configs/*.json` of kind `fusion`: sizes, schedules, and the systems that are trained (paper 5, Table 1). */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LABELS } from '../../../src/core/labels.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { melAugmentation } from './config-augmentation.ts';

const share = z.number().min(0).max(1);
const count = z.int().min(1);
const stimuli = z.array(z.enum(['voice', 'face', 'av'])).max(2);

const schedule = z.strictObject({
  epochs: count,
  batch: count,
  rate: z.number().positive(),
  warmupEpochs: z.number().min(0),
  weightDecay: z.number().min(0),
  averaging: share,
});

const network = z
  .strictObject({
    width: count,
    heads: count,
    dropout: share,
    voice: z.strictObject({ layers: z.int().min(0) }),
    face: z.strictObject({ layers: z.int().min(0), channels: count, kernel: count }),
    shared: z.strictObject({ layers: z.int().min(0), attention: z.enum(['each', 'together']) }),
  })
  .refine(({ width, heads }) => width % heads === 0, { error: 'heads must divide width', path: ['heads'] })
  .refine(({ face }) => face.kernel % 2 === 1, { error: 'must be odd', path: ['face', 'kernel'] });

const objective = z.strictObject({
  share: z.enum(['soft-cross-entropy', 'class-balanced', 'kl', 'none']),
  shareWeight: z.number().min(0),
  presence: z.enum(['bce', 'class-balanced', 'co-occurrence', 'class-balanced co-occurrence', 'none']),
  presenceWeight: z.number().min(0),
  alpha: share,
  beta: share,
});

const system = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/),
    voice: stimuli,
    face: stimuli,
    learns: z.enum(['voice', 'face', 'av']),
    stages: z.union([z.literal(1), z.literal(2)]),
    frozen: z.boolean().default(true),
  })
  .refine(({ voice, face }) => voice.length > 0 || face.length > 0, { error: 'neither hears nor sees' })
  .refine(({ voice, face }) => (voice.length > 0 && face.length > 0) || voice.length + face.length === 1, {
    error: 'a system of one modality has one half',
  });

const label = z.enum(LABELS);

const pairPart = z.strictObject({
  /** Manifests that are learned from (clips of split `train`, or of none). */
  corpora: z.array(z.string()).min(1),
  /** Manifests that are judged on (clips of split `dev`, or of none). */
  dev: z.array(z.string()).min(1),
  /** Clips that are learned from, chosen by chance where there are more. */
  most: count,
  /** Share of clips that are held back for calibration, 0 .. 1: the same ones as a face's or voice's run of that seed. */
  holdBack: share.default(0),
  /** Times that each is encoded: as it is, and varied. */
  looks: count,
  /** Labels of the encoder's own heads, which the outcome is compared with. */
  encoderLabels: z.array(label).min(2),
});

/** A configuration of kind `fusion`. */
export const fusionConfig = z.strictObject({
  name: z.string().min(1),
  kind: z.literal('fusion'),
  seed: z.int().min(0),
  labels: z.array(label).min(2),
  shape: z.strictObject({ layers: count.default(1), steps: count, voiceWidth: count, frames: count, faceWidth: count }),
  network,
  objective,
  schedules: z.strictObject({ voice: schedule, face: schedule, shared: schedule }),
  variation: z.strictObject({
    dropVoice: share,
    dropFace: share,
    voiceNoise: z.number().min(0),
    faceNoise: z.number().min(0),
  }),
  /** How the encoder hears each clip that is learned from: so many times, each time varied. */
  hearing: z
    .strictObject({ looks: count, augmentation: melAugmentation, trimDb: z.number().min(0).max(120).default(0) })
    .prefault({ looks: 1, augmentation: {} }),
  /** What pairs of a face and a voice are made of, where there are no clips with both. */
  pairs: z.strictObject({ faces: pairPart, voices: pairPart }).optional(),
  /** Clips with voice and face, whose features were made before (docs/encoders.md). */
  clips: z
    .strictObject({
      /** Manifests that are learned from (clips of split `train`, or of none). */
      corpora: z.array(z.string()).min(1),
      /** Manifests that are judged on (clips of split `dev`, or of none). */
      dev: z.array(z.string()).min(1),
      /** Share of clips (of speakers, where they are known) that are not learned from: calibration is fitted on them. */
      holdBack: share.default(0),
    })
    .optional(),
  systems: z.array(system).min(1),
});

/** A configuration that passed. */
export type FusionConfig = z.infer<typeof fusionConfig>;

/**
 * Read a configuration of kind `fusion`.
 * @returns null for one of another kind, or none at all: whoever reads those says what is wrong.
 * @throws UndertoneError `config-invalid` with every problem on a line: file, key, remedy.
 * @example const config = await readFusionConfig('models/configs/fusion.json');
 */
export async function readFusionConfig(file: string): Promise<FusionConfig | null> {
  const json = await readFile(file, 'utf8').then(parsed, () => null);
  if (typeof json !== 'object' || json === null || Reflect.get(json, 'kind') !== 'fusion') return null;
  const found = fusionConfig.safeParse(json);
  if (found.success) return found.data;
  const problems = found.error.issues.map(({ path, message }) => `${file}, '${path.join('.')}': ${message}`);
  throw new UndertoneError('config-invalid', `${problems.join('\n')}\ncorrect it there (docs/fusion.md)`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
