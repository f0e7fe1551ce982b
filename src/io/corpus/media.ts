/** A corpus' media, decoded to what the networks take. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clip, MediaRef } from '../../core/manifest.ts';
import { mediaRefText } from '../../core/manifest-media.ts';
import { areaResample } from '../../core/resample.ts';
import type { VideoFrame } from '../../domain.ts';
import { asUndertoneError, UndertoneError } from '../../errors.ts';
import type { Corpus } from './corpus.ts';
import { decodeFrames, decodePicture, decodeSound, type FrameOptions } from './ffmpeg-clip.ts';
import { decodeOggOpus } from './ogg-opus.ts';
import { decodePng } from './png.ts';
import { openTar, type TarShard } from './tar.ts';
import { turns } from './turns.ts';

/** How media is opened. */
interface MediaOptions {
  /** What will be asked for: shards with other media only may be missing. Default all three. */
  readonly kinds?: readonly (keyof Clip['media'])[];
  /** The ffmpeg binary, for what is neither Ogg Opus nor PNG. Default `ffmpeg`. */
  readonly ffmpeg?: string;
  /** ffmpeg processes at a time. Default 2. */
  readonly processes?: number;
}

/**
 * A corpus' open media. Whatever is asked for rejects with an UndertoneError that names the file (and the member of its
 * shard) and the remedy: `bad-media` for what is missing, damaged or empty, `setup-missing` without ffmpeg. One clip's
 * failure is no other's: callers count it and go on.
 */
export interface Media {
  /** A face crop of 48 x 48 pixels, luma in 0..1, row-major. */
  image(ref: MediaRef): Promise<Float32Array>;
  /** Sound of 16 kHz mono in [-1, 1], at least one sample. */
  audio(ref: MediaRef): Promise<Float32Array>;
  /** Sampled pictures of a video, at most 1280 pixels a side, at least one; what a face is to be looked for in. */
  frames(ref: MediaRef, options?: FrameOptions): Promise<readonly VideoFrame[]>;
  /** Let go of the shards; what is still being decoded is given up. */
  close(): Promise<void>;
}

/** Side of a face crop, in pixels. */
const CROP = { width: 48, height: 48 };

/** The largest file or member that is read. */
const MAX_BYTES = 256 * 2 ** 20;

/** Files read at a time. */
const READS_AT_ONCE = 16;

/**
 * Open the media of a corpus. Its tar shards are indexed at once; single files are opened when they are asked for.
 * @throws UndertoneError `bad-media` for a shard that is missing, damaged or cut off.
 * @example
 * const corpus = await readCorpus('ravdess.jsonl');
 * const media = await openMedia(corpus);
 * const { audio } = corpus.clips[0].media;
 * if (audio !== undefined) await media.audio(audio); // Float32Array(52853)
 */
export async function openMedia(corpus: Corpus, options: MediaOptions = {}): Promise<Media> {
  const { kinds = ['audio', 'image', 'video'], ffmpeg = 'ffmpeg', processes = 2 } = options;
  const folder = dirname(corpus.file);
  const shards = await openShards(corpus, kinds, folder);
  const closed = new AbortController();
  const reading = turns(READS_AT_ONCE);
  const decoding = turns(processes);
  const byFfmpeg = { ffmpeg, signal: closed.signal };

  async function bytesOf(ref: MediaRef, name: string): Promise<Buffer> {
    try {
      return await reading(() =>
        ref.member === undefined
          ? readWhole(join(folder, ref.file), name)
          : readMember(shards.get(ref.file), ref.member, name),
      );
    } catch (thrown) {
      if (thrown instanceof UndertoneError) throw thrown;
      const { message } = asUndertoneError(thrown);
      throw new UndertoneError(
        'bad-media',
        closed.signal.aborted
          ? `${name} was asked for and its corpus closed: close it after the last clip`
          : `cannot read ${name} (${message}): check the disk`,
        { cause: thrown },
      );
    }
  }

  return {
    async image(ref) {
      const name = nameOf(folder, ref);
      const file = await bytesOf(ref, name);
      const picture = decodePng(file, name) ?? (await decoding(() => decodePicture(file, name, byFfmpeg)));
      const fits = picture.width === CROP.width && picture.height === CROP.height;
      return fits ? picture.pixels : areaResample(picture.pixels, picture, CROP);
    },
    async audio(ref) {
      const name = nameOf(folder, ref);
      const file = await bytesOf(ref, name);
      const sound = decodeOggOpus(file, name) ?? (await decoding(() => decodeSound(file, name, byFfmpeg)));
      if (sound.length === 0)
        throw new UndertoneError('bad-media', `${name} holds no sound (0 samples): record it again or leave it out`);
      return sound;
    },
    async frames(ref, frameOptions = {}) {
      const name = nameOf(folder, ref);
      const file = await bytesOf(ref, name);
      return decoding(() => decodeFrames(file, name, frameOptions, byFfmpeg));
    },
    async close() {
      closed.abort();
      await Promise.all([...shards.values()].map(({ file }) => file.close()));
    },
  };
}

async function openShards(
  { clips }: Corpus,
  kinds: readonly (keyof Clip['media'])[],
  folder: string,
): Promise<ReadonlyMap<string, TarShard>> {
  const shards = new Map<string, TarShard>();
  try {
    for (const { media } of clips)
      for (const ref of kinds.map((kind) => media[kind]))
        if (ref?.member !== undefined && !shards.has(ref.file))
          shards.set(ref.file, await openTar(join(folder, ref.file)));
  } catch (error) {
    await Promise.all([...shards.values()].map(({ file }) => file.close()));
    throw error;
  }
  return shards;
}

async function readWhole(path: string, name: string): Promise<Buffer> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UndertoneError('bad-media', `${name} is missing: put it beside the manifest`, { cause });
  });
  if (!found.isFile()) throw new UndertoneError('bad-media', `${name} is no file: put the media there`);
  checkSize(found.size, name);
  return readFile(path);
}

async function readMember(shard: TarShard | undefined, member: string, name: string): Promise<Buffer> {
  if (shard === undefined)
    throw new UndertoneError(
      'bad-media',
      `${name} is in a shard that was not opened: name its kind of media in 'kinds'`,
    );
  const entry = shard.entries.get(member);
  if (entry === undefined)
    throw new UndertoneError('bad-media', `${name} is missing: its shard has no such member, so make the shard again`);
  checkSize(entry.size, name);
  const bytes = Buffer.alloc(entry.size);
  const { bytesRead } = await shard.file.read(bytes, 0, entry.size, entry.start);
  if (bytesRead < entry.size) throw new UndertoneError('bad-media', `${name} is cut off: copy its shard again`);
  return bytes;
}

function checkSize(size: number, name: string): void {
  if (size === 0) throw new UndertoneError('bad-media', `${name} is empty: copy or make it again`);
  if (size > MAX_BYTES)
    throw new UndertoneError(
      'bad-media',
      `${name} has ${size} bytes, at most ${MAX_BYTES} are read: cut it into clips`,
    );
}

function nameOf(folder: string, ref: MediaRef): string {
  return join(folder, mediaRefText(ref));
}
