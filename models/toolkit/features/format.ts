/** Features on the disk: what `features.json` and the index of each shard say. The numbers lie beside them, float16. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../../../src/errors.ts';
import { readManifest } from '../../verified-file.ts';

/** The manifest's name in its folder. It is written last: a folder without it is not finished. */
export const FEATURES_MANIFEST = 'features.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const count = z.int().min(1);
const amount = z.int().min(0);

/** Schema of what was made of each clip. */
export const making = z.strictObject({
  encoder: z.strictObject({ kind: z.string(), source: z.string(), sha256 }),
  modality: z.enum(['voice', 'face']),
  /** Hidden states that are kept, of all that the encoder gives; 0 is what goes into its first layer. A face has [0]. */
  layers: z.array(amount).min(1),
  width: count,
  /** `each`: every frame's states; `mean`: their mean over the clip. */
  frames: z.enum(['each', 'mean']),
  /** Voice: of a longer clip the seconds in its middle are taken. */
  seconds: z.number().positive().nullable(),
  /** Face: the side that a crop is brought to before the encoder sees it, pixels. */
  side: count.nullable(),
  /** What the encoder computed in, where it was not float32. */
  precision: z.literal('float16').optional(),
});

/** One shard's index. */
const shardIndex = z.strictObject({
  /** Which run it is of. */
  run: sha256,
  /** SHA-256 and size of the numbers. */
  sha256,
  bytes: amount,
  /** Clips of the corpus that are behind it when it is done, its own and those that failed included. */
  upTo: count,
  /** In the order of their numbers, which begin at byte `at`: row-major [layers, frames, width], little-endian. */
  clips: z.array(z.strictObject({ id: z.string(), media: z.string(), at: amount, frames: count })),
  failed: z.array(z.strictObject({ id: z.string(), why: z.string() })),
});

/** `features.json`. */
const manifest = z.strictObject({
  format: z.literal(1),
  run: sha256,
  making,
  /** SHA-256 of its clips' ids and media, in order. */
  corpus: z.strictObject({ name: z.string(), sha256 }),
  clips: amount,
  failed: amount,
  /** Clips without media of that modality. */
  without: amount,
  bytes: amount,
  /** SHA-256 of each shard's index. */
  shards: z.array(sha256),
});

/** What was made of each clip, and how. */
export type Making = z.infer<typeof making>;
/** What a shard's index says. */
export type ShardIndex = z.infer<typeof shardIndex>;
/** What `features.json` says. */
export type FeaturesManifest = z.infer<typeof manifest>;

/** SHA-256 of what a run makes, and of which clips. */
export function runHash(made: Making, corpus: string): string {
  return hashOf([1, made, corpus]);
}

/** SHA-256 of clips: their ids and where their media is. */
export function clipsHash(clips: readonly { readonly id: string; readonly media: string }[]): string {
  return hashOf(clips.map(({ id, media }) => [id, media]));
}

/** SHA-256 of what is written as JSON. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Names of a shard's files. */
export function shardFiles(shard: number): { readonly index: string; readonly numbers: string } {
  const name = shard.toString().padStart(5, '0');
  return { index: `${name}.json`, numbers: `${name}.f16` };
}

/**
 * What `features.json` in a folder says.
 * @throws UndertoneError `features-invalid` where it is not there, or broken.
 */
export function readFeaturesManifest(dir: string): Promise<FeaturesManifest> {
  return readJson(
    join(dir, FEATURES_MANIFEST),
    manifest,
    'run undertone features on it until it ends, or choose another folder',
  );
}

/** What a shard's index says. @throws UndertoneError `features-invalid`. */
export function readShardIndex(dir: string, shard: number): Promise<ShardIndex> {
  return readJson(join(dir, shardFiles(shard).index), shardIndex, 'remove the folder, and make the features again');
}

async function readJson<S extends z.ZodType>(path: string, schema: S, remedy: string): Promise<z.infer<S>> {
  try {
    return await readManifest(path, schema);
  } catch (cause) {
    throw new UndertoneError('features-invalid', `${path} is missing or no description of features: ${remedy}`, {
      cause,
    });
  }
}
