/** Features, opened: verified once, then read clip by clip, so that no more than a clip is in memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { UndertoneError } from '../../../src/errors.ts';
import { fileSha256 } from '../../file-sha256.ts';
import { type FeaturesManifest, readFeaturesManifest, readShardIndex, shardFiles } from './format.ts';

/** One clip's states in an open folder. */
export interface ClipFeatures {
  readonly frames: number;
  /**
   * Some of its frames, of every layer that is kept.
   * @param from first of `count` frames that are read.
   * @returns row-major [layers, count, width].
   * @throws UndertoneError `features-invalid` where the shard has become shorter since it was opened.
   */
  read(from: number, count: number): Float32Array;
}

/** An open folder of features. */
export interface Features {
  readonly dir: string;
  readonly manifest: FeaturesManifest;
  /**
   * The features of a clip.
   * @param media where the corpus' manifest says that it is.
   * @returns why there are none, where the clip could not be encoded.
   * @throws UndertoneError `features-invalid` for a clip that is not there, or whose media is another one.
   */
  clip(id: string, media: string): ClipFeatures | { readonly why: string };
  /** Whether a clip is there, or was tried. */
  has(id: string, media: string): boolean;
}

interface Entry {
  readonly media: string;
  readonly file: string;
  readonly at: number;
  readonly frames: number;
}

const HALF = 2;

/**
 * Open a folder of features and verify every byte of it.
 * @param onBytes told of each piece that was verified.
 * @throws UndertoneError `features-invalid` where it is not finished, or a shard is missing or is not what it was.
 * @example
 * const features = await openFeatures('features/crema-d-wavlm');
 * const clip = features.clip('1001_DFA_ANG_XX', 'audio/1001_DFA_ANG_XX.opus');
 * if ('read' in clip) clip.read(0, clip.frames); // Float32Array, [layers, frames, width]
 */
export async function openFeatures(dir: string, onBytes?: (bytes: number) => void): Promise<Features> {
  const manifest = await readFeaturesManifest(dir);
  const { layers, width } = manifest.making;
  const entries = new Map<string, Entry>();
  const failed = new Map<string, string>();
  for (const [shard, sha256] of manifest.shards.entries()) {
    const files = shardFiles(shard);
    await verify(join(dir, files.index), sha256);
    const index = await readShardIndex(dir, shard);
    const file = join(dir, files.numbers);
    await verify(file, index.sha256, onBytes);
    for (const { id, media, at, frames } of index.clips) entries.set(id, { media, file, at, frames });
    for (const { id, why } of index.failed) failed.set(id, why);
  }
  const find = (id: string, media: string): Entry | undefined => {
    const entry = entries.get(id);
    return entry?.media === media ? entry : undefined;
  };
  return {
    dir,
    manifest,
    has: (id, media) => find(id, media) !== undefined || failed.has(id),
    clip(id, media) {
      const entry = find(id, media);
      if (entry) return clipFeatures(entry, layers.length, width);
      const why = failed.get(id);
      if (why !== undefined) return { why };
      const other = entries.get(id);
      throw new UndertoneError(
        'features-invalid',
        other
          ? `${dir}: clip ${id} was '${other.media}' when its features were made, and is '${media}' now: make them again`
          : `${dir}: there is no clip ${id}: make features of the corpus that it is in, and name that folder too`,
      );
    },
  };
}

function clipFeatures({ file, at, frames }: Entry, layers: number, width: number): ClipFeatures {
  return {
    frames,
    read(from, count) {
      const states = new Float16Array(layers * count * width);
      const bytes = new Uint8Array(states.buffer);
      const each = HALF * count * width;
      const open = openSync(file, 'r');
      try {
        for (let layer = 0; layer < layers; layer++) {
          const start = at + HALF * width * (layer * frames + from);
          if (readSync(open, bytes, layer * each, each, start) !== each)
            throw new UndertoneError('features-invalid', `${file} became shorter while it was read: ${AGAIN}`);
        }
      } finally {
        closeSync(open);
      }
      return new Float32Array(states);
    },
  };
}

const AGAIN = 'remove the folder, and make the features again';

async function verify(path: string, sha256: string, onBytes?: (bytes: number) => void): Promise<void> {
  const found = await fileSha256(path, onBytes).catch((cause: unknown) => {
    throw new UndertoneError('features-invalid', `${path} cannot be read: ${AGAIN}`, { cause });
  });
  if (found !== sha256)
    throw new UndertoneError(
      'features-invalid',
      `${path} has SHA-256 ${found}, but ${sha256} was written: it is damaged. ${AGAIN[0]?.toUpperCase() ?? ''}${AGAIN.slice(1)}`,
    );
}
