/**
 * Features written shard by shard. A shard is there when its index is, which is written last; so whatever stops the
 * work, what is there is whole, and the same work goes on after it.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UndertoneError } from '../../../src/errors.ts';
import { fileSha256 } from '../../file-sha256.ts';
import { FEATURES_MANIFEST, type FeaturesManifest, readShardIndex, shardFiles, type ShardIndex } from './format.ts';
import type { States } from './states.ts';

/** A clip of a shard. */
export interface ShardClip {
  readonly id: string;
  /** Where its media is, as its manifest says. */
  readonly media: string;
  readonly states: States | { readonly why: string };
}

/**
 * Write one shard, whole or not at all.
 * @param upTo clips of the corpus that are behind it.
 * @throws UndertoneError `config-invalid` for a disk that is full.
 */
export async function writeShard(
  dir: string,
  shard: number,
  clips: readonly ShardClip[],
  { run, upTo }: Pick<ShardIndex, 'run' | 'upTo'>,
): Promise<ShardIndex> {
  const entries: ShardIndex['clips'] = [];
  const failed: ShardIndex['failed'] = [];
  const pieces: Uint8Array[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  for (const { id, media, states } of clips) {
    if ('why' in states) failed.push({ id, why: states.why });
    else {
      const { buffer, byteOffset, byteLength } = states.numbers;
      const piece = new Uint8Array(buffer, byteOffset, byteLength);
      entries.push({ id, media, at: bytes, frames: states.frames });
      hash.update(piece);
      pieces.push(piece);
      bytes += byteLength;
    }
  }
  const index = { run, sha256: hash.digest('hex'), bytes, upTo, clips: entries, failed };
  const files = shardFiles(shard);
  await writeDurably(dir, files.numbers, pieces);
  await writeDurably(dir, files.index, [Buffer.from(`${JSON.stringify(index)}\n`)]);
  return index;
}

/** Write `features.json`: the features are finished. @returns what it says. */
export async function finishFeatures(
  dir: string,
  manifest: Omit<FeaturesManifest, 'format' | 'clips' | 'failed' | 'bytes' | 'shards'>,
  shards: readonly ShardIndex[],
): Promise<FeaturesManifest> {
  const total = (of: (shard: ShardIndex) => number): number => shards.reduce((sum, shard) => sum + of(shard), 0);
  const whole: FeaturesManifest = {
    format: 1,
    ...manifest,
    clips: total(({ clips }) => clips.length),
    failed: total(({ failed }) => failed.length),
    bytes: total(({ bytes }) => bytes),
    shards: await Promise.all(shards.map((_, i) => fileSha256(join(dir, shardFiles(i).index)))),
  };
  await writeDurably(dir, FEATURES_MANIFEST, [Buffer.from(`${JSON.stringify(whole, null, 2)}\n`)]);
  return whole;
}

/**
 * The shards that an earlier run left, each read through; a shard after the last whole one is made again.
 * @throws UndertoneError `config-invalid` for a folder that holds another run, or something else.
 */
export async function wholeShards(dir: string, run: string): Promise<readonly ShardIndex[]> {
  await mkdir(dir, { recursive: true }).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `--out: '${dir}' cannot be made: choose another folder`, { cause });
  });
  const names = new Set(await readdir(dir));
  const stranger = [...names].find((name) => !OWN.test(name));
  if (stranger !== undefined)
    throw new UndertoneError(
      'config-invalid',
      `--out: '${dir}' holds something other than features ('${stranger}'): choose another folder`,
    );
  const shards: ShardIndex[] = [];
  while (names.has(shardFiles(shards.length).index)) {
    const index = await readShardIndex(dir, shards.length);
    if (index.run !== run)
      throw new UndertoneError(
        'config-invalid',
        `--out: '${dir}' holds features of another encoder, other options or other clips: choose another folder, or remove that one`,
      );
    const numbers = join(dir, shardFiles(shards.length).numbers);
    const found = await fileSha256(numbers).catch(() => null);
    if (found !== index.sha256) break;
    shards.push(index);
  }
  return shards;
}

/** What lies in a folder of features, and the lock of who is at work there. */
const OWN = /^(\d{5}\.(json|f16)|features\.json)(\.part)?$|^lock(\..*)?$/;

/**
 * Refuse what does not fit on the disk.
 * @throws UndertoneError `config-invalid` that names both sizes.
 */
export async function checkFeatureRoom(
  dir: string,
  bytes: number,
  freeBytes: (dir: string) => Promise<number> = freeOf,
): Promise<void> {
  const free = await freeBytes(resolve(dir)).catch(() => freeBytes(dirname(resolve(dir))));
  if (bytes > free)
    throw new UndertoneError(
      'config-invalid',
      `--out: '${dir}' needs about ${sizeWords(bytes)} more, and ${sizeWords(free)} are free there: make room, choose another folder, ` +
        'or keep fewer --layers or --pooled states',
    );
}

/** A size in words. */
export function sizeWords(bytes: number): string {
  const [size, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${size.toLocaleString('en-GB', { maximumFractionDigits: 1 })} ${unit}`;
}

async function freeOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

async function writeDurably(dir: string, name: string, pieces: readonly Uint8Array[]): Promise<void> {
  const part = join(dir, `${name}.part`);
  try {
    const file = await open(part, 'w');
    try {
      for (const piece of pieces) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, join(dir, name));
  } catch (cause) {
    await rm(part, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UndertoneError('config-invalid', `--out: ${join(dir, name)} cannot be written (${why}): make room`, {
      cause,
    });
  }
}
