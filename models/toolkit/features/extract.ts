/** A corpus through an encoder, once: portion by portion, each kept as a shard. */
import { UndertoneError } from '../../../src/errors.ts';
import { clipsHash, type FeaturesManifest, type Making, runHash, type ShardIndex } from './format.ts';
import type { States, StatesEncoder } from './states.ts';
import { checkFeatureRoom, finishFeatures, type ShardClip, wholeShards, writeShard } from './write.ts';

/** A clip that is to be encoded. */
export interface FeatureClip<Decoded> {
  readonly id: string;
  /** Where its media is, as its manifest says. */
  readonly media: string;
  /** Decodes it. @throws UndertoneError `bad-media` where it cannot be: it is counted, and the rest goes on. */
  read(): Promise<Decoded>;
}

/** What is made of which clips, and where it goes. */
export interface ExtractOptions {
  readonly out: string;
  readonly making: Making;
  /** Name of the manifest, for people. */
  readonly corpus: string;
  /** Clips of the corpus without media of that modality. */
  readonly without: number;
  /** Ends the work after the batch at hand; the same call goes on later. */
  readonly signal: AbortSignal;
  /** Told how many clips an earlier run did, and the bytes that are still to come, about. */
  readonly onStart?: (before: number, bytes: number) => void;
  /** So many clips are done; `failed` are those of the last shard that could not be encoded. */
  readonly onClips?: (done: number, failed: ShardIndex['failed']) => void;
  /** A shard ends with the clip that brings it to so many bytes or clips. Default 256 MiB, 512. */
  readonly shardBytes?: number;
  readonly shardClips?: number;
  /** How many bytes are free in a folder's file system. Default: asks it. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

const SHARD_BYTES = 256 * 2 ** 20;
const SHARD_CLIPS = 512;
/** Decoded media that is in memory at a time. */
const DECODED_BYTES = 64 * 2 ** 20;
/** Clips that are decoded to tell how much room all need. */
const SAMPLED = 32;

/**
 * Encode clips in their order. Shards end by what is in them alone, so a run that was stopped makes the same ones as one that
 * was not.
 * @returns null after an abort.
 * @throws UndertoneError `config-invalid` for a folder of something else or a disk that is too small; `corpus-invalid` where no
 * clip can be encoded; as the encoder does.
 */
export async function extractFeatures<Decoded>(
  clips: readonly FeatureClip<Decoded>[],
  encoder: StatesEncoder<Decoded>,
  options: ExtractOptions,
): Promise<FeaturesManifest | null> {
  const { out, making, signal, onStart, onClips } = options;
  const corpus = { name: options.corpus, sha256: clipsHash(clips) };
  const run = runHash(making, corpus.sha256);
  const shards = [...(await wholeShards(out, run))];
  let done = shards.at(-1)?.upTo ?? 0;
  const need = await estimate(clips.slice(done), encoder);
  await checkFeatureRoom(out, need, options.freeBytes);
  onStart?.(done, need);
  while (done < clips.length) {
    const portion = await readPortion(clips, done, encoder, options);
    const states = portion && (await encodePortion(portion, encoder, signal));
    if (!states) return null;
    done += states.length;
    const shard = await writeShard(out, shards.length, states, { run, upTo: done });
    shards.push(shard);
    onClips?.(done, shard.failed);
  }
  checkAny(shards, options.corpus);
  return finishFeatures(out, { run, making, corpus, without: options.without }, shards);
}

/** About how many bytes clips will need: some of them, evenly spread, stand for all. */
async function estimate<D>(clips: readonly FeatureClip<D>[], encoder: StatesEncoder<D>): Promise<number> {
  const step = Math.max(1, clips.length / SAMPLED);
  const sizes: number[] = [];
  for (let i = 0; i < clips.length; i += step) {
    const read = await attempt(clips[Math.floor(i)]);
    if (read && 'decoded' in read) sizes.push(encoder.bytesOf(read.decoded));
  }
  return sizes.length === 0 ? 0 : (clips.length * sizes.reduce((sum, size) => sum + size, 0)) / sizes.length;
}

type Read<D> = Pick<FeatureClip<D>, 'id' | 'media'> & ({ readonly decoded: D } | { readonly why: string });

async function readPortion<D>(
  clips: readonly FeatureClip<D>[],
  from: number,
  encoder: StatesEncoder<D>,
  { signal, shardBytes = SHARD_BYTES, shardClips = SHARD_CLIPS }: ExtractOptions,
): Promise<readonly Read<D>[] | null> {
  const portion: Read<D>[] = [];
  let [bytes, weight] = [0, 0];
  for (const clip of clips.slice(from, from + shardClips)) {
    if (signal.aborted) return null;
    const read = await attempt(clip);
    if (!read) break;
    portion.push(read);
    if ('why' in read) continue;
    bytes += encoder.bytesOf(read.decoded);
    weight += encoder.weightOf(read.decoded);
    if (bytes >= shardBytes || weight >= DECODED_BYTES) break;
  }
  return portion;
}

async function encodePortion<D>(
  portion: readonly Read<D>[],
  encoder: StatesEncoder<D>,
  signal: AbortSignal,
): Promise<readonly ShardClip[] | null> {
  const good = portion.flatMap((read, place) => ('decoded' in read ? [{ place, decoded: read.decoded }] : []));
  const found = await encoder.run(
    good.map(({ decoded }) => decoded),
    signal,
  );
  if (!found) return null;
  const states = new Map(good.map(({ place }, i) => [place, found[i]]));
  return portion.map((read, place): ShardClip => {
    const { id, media } = read;
    const failed: States | { readonly why: string } = { why: 'why' in read ? read.why : 'it was not answered' };
    return { id, media, states: states.get(place) ?? failed };
  });
}

async function attempt<D>(clip: FeatureClip<D> | undefined): Promise<Read<D> | null> {
  if (!clip) return null;
  const { id, media } = clip;
  try {
    return { id, media, decoded: await clip.read() };
  } catch (thrown) {
    if (!(thrown instanceof UndertoneError) || thrown.code !== 'bad-media') throw thrown;
    return { id, media, why: thrown.message };
  }
}

function checkAny(shards: readonly ShardIndex[], corpus: string): void {
  if (shards.some(({ clips }) => clips.length > 0)) return;
  const why = shards[0]?.failed[0]?.why ?? 'no clip has media of that modality';
  throw new UndertoneError('corpus-invalid', `no clip of ${corpus} can be encoded; the first: ${why}`);
}
