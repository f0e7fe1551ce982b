/** The clips of a configuration with their features: what is learned from, judged on, and held back for calibration. */
import { resolve } from 'node:path';
import type { Making } from '../../models/toolkit/features/format.ts';
import { type Features, openFeatures } from '../../models/toolkit/features/read.ts';
import { holdBack, targetOf } from '../../models/toolkit/train/examples.ts';
import type { FeaturedClip } from '../../models/toolkit/train/fusion-clips.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import type { Clip, Stimulus } from '../core/manifest.ts';
import { mediaRefText } from '../core/manifest-media.ts';
import type { Modality } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { featureMedia } from './features-clips.ts';

/** A configuration that learns from clips. */
export type ClipsConfig = FusionConfig & { readonly clips: NonNullable<FusionConfig['clips']> };

/** Open folders of features, by modality; none for one that no system uses. */
export type FeatureFolders = Readonly<Record<Modality, readonly Features[]>>;

/** A clip with its features. */
export type DatasetClip = FeaturedClip & { readonly clip: Clip };

/** The clips. */
export interface FeaturesDataset {
  readonly learned: readonly DatasetClip[];
  readonly heldBack: readonly DatasetClip[];
  readonly dev: readonly DatasetClip[];
  /** Clips without votes by all raters that the systems learn from. */
  readonly unlabelled: number;
  /** Clips without media of a modality, or that could not be encoded. */
  readonly unread: number;
}

/**
 * Open and verify the folders that a configuration's systems need.
 * @param dirs by modality.
 * @throws UndertoneError `config-invalid` for a modality without a folder, or features of other sides than the configuration has;
 * `features-invalid` as `openFeatures`.
 */
export async function openFolders(
  config: FusionConfig,
  dirs: Readonly<Record<Modality, readonly string[]>>,
): Promise<FeatureFolders> {
  const { shape, systems } = config;
  const wanted = {
    voice: { field: 'shape.voiceWidth', width: shape.voiceWidth, layers: shape.layers },
    face: { field: 'shape.faceWidth', width: shape.faceWidth, layers: 1 },
  };
  const open = async (modality: Modality): Promise<readonly Features[]> => {
    if (systems.every((system) => system[modality].length === 0)) return [];
    const { field, width, layers } = wanted[modality];
    const refuse = (why: string) => new UndertoneError('config-invalid', `--${modality}: ${why}`);
    if (dirs[modality].length === 0)
      throw refuse(`${config.name} has systems that learn from a ${modality}: name the folder of its features`);
    const folders: Features[] = [];
    for (const dir of dirs[modality]) {
      const features = await openFeatures(dir);
      const { making } = features.manifest;
      if (making.modality !== modality)
        throw refuse(`${dir} holds features of a ${making.modality}: name another folder`);
      if (making.width !== width)
        throw refuse(`${dir} has states of ${making.width} numbers: set '${field}' of the configuration to that`);
      if (making.layers.length !== layers)
        throw refuse(`${dir} has ${making.layers.length} layers: set 'shape.layers' of the configuration to that`);
      const first = folders[0]?.manifest.making ?? making;
      if (JSON.stringify(first) !== JSON.stringify(making))
        throw refuse(
          `${dir} was made otherwise than ${folders[0]?.dir ?? ''} (${differences(making, first)}): make both by one ` +
            'encoder and the same options',
        );
      folders.push(features);
    }
    return folders;
  };
  return { voice: await open('voice'), face: await open('face') };
}

/**
 * The clips of a configuration.
 * @param data folder that the configuration's paths start from.
 * @throws UndertoneError `corpus-invalid` where nothing is left; `features-invalid` for a clip that is in no folder, or in two.
 */
export async function featuresDataset(
  config: ClipsConfig,
  folders: FeatureFolders,
  data: string,
): Promise<FeaturesDataset> {
  const { clips, seed, systems } = config;
  const stimuli = [...new Set(systems.flatMap(({ voice, face, learns }) => [...voice, ...face, learns]))];
  let [unlabelled, unread] = [0, 0];
  const select = async (files: readonly string[], split: 'train' | 'dev'): Promise<readonly DatasetClip[]> => {
    const found: DatasetClip[] = [];
    for (const file of files)
      for (const clip of (await readCorpus(resolve(data, file))).clips) {
        if ((clip.split ?? split) !== split) continue;
        const targets = targetsOf(clip, stimuli, config);
        const [voice, face] = [featuresOf(clip, 'voice', folders.voice), featuresOf(clip, 'face', folders.face)];
        if (!targets) unlabelled++;
        else if (voice === undefined || face === undefined) unread++;
        else found.push({ clip, voice, face, targets });
      }
    if (found.length > 0) return found;
    throw new UndertoneError(
      'corpus-invalid',
      `${files.join(', ')}: no clip of split '${split}' has features, and votes of raters given ${stimuli.join(' and ')} ` +
        "for the labels: look at 'clips', 'labels' and 'systems' of the configuration",
    );
  };
  const train = await select(clips.corpora, 'train');
  const nameOf = ({ clip }: DatasetClip): string => clip.speaker ?? clip.id;
  const { learned, heldBack } = holdBack(train, nameOf, { share: clips.holdBack, seed });
  const dev = await select(clips.dev, 'dev');
  const judged = new Set(dev.map(nameOfClip));
  const both = train.find((one) => judged.has(nameOfClip(one)));
  if (both)
    throw new UndertoneError(
      'corpus-invalid',
      `clip ${both.clip.id} would be learned from and judged on: give it a 'split', "train" or "dev"`,
    );
  if (learned.length === 0)
    throw new UndertoneError('corpus-invalid', "all clips are held back: lower 'clips.holdBack' of the configuration");
  return { learned, heldBack, dev, unlabelled, unread };
}

/** In which fields two ways of making features differ. */
function differences(one: Making, other: Making): string {
  const fields = ({ encoder, layers, frames, seconds, side, precision }: Making) => ({
    encoder: `${encoder.source} ${encoder.sha256.slice(0, 12)}`,
    layers: layers.join(),
    frames,
    seconds: String(seconds),
    side: String(side),
    precision: precision ?? 'float32',
  });
  const others = new Map(Object.entries(fields(other)));
  return Object.entries(fields(one))
    .filter(([field, value]) => value !== others.get(field))
    .map(([field, value]) => `${field} ${value}, not ${others.get(field) ?? ''}`)
    .join('; ');
}

/** Where its media is tells a clip from one of another corpus that has its id. */
function nameOfClip({ clip: { id, media } }: DatasetClip): string {
  return JSON.stringify([id, media]);
}

/** @returns null where raters of one of the stimuli said nothing of the labels. */
function targetsOf(clip: Clip, stimuli: readonly Stimulus[], { labels }: FusionConfig): FeaturedClip['targets'] | null {
  const targets = stimuli.map((stimulus) => [stimulus, targetOf(clip, stimulus, labels)] as const);
  return targets.every(([, target]) => target !== null) ? Object.fromEntries(targets) : null;
}

/** @returns null where the modality is not used, undefined where the clip has none of it. */
function featuresOf(clip: Clip, modality: Modality, folders: readonly Features[]): FeaturedClip['voice'] | undefined {
  const [first] = folders;
  if (!first) return null;
  const ref = featureMedia(clip, modality);
  if (!ref) return undefined;
  const media = mediaRefText(ref);
  const [folder = first, other] = folders.filter((features) => features.has(clip.id, media));
  if (other)
    throw new UndertoneError(
      'features-invalid',
      `clip ${clip.id} is in ${folder.dir} and in ${other.dir}: name one of them, or give the clips of one corpus other ids`,
    );
  const found = folder.clip(clip.id, media);
  return 'read' in found ? found : undefined;
}
