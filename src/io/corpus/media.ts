/** A corpus' media, decoded to what the networks take. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MediaRef } from '../../core/manifest.ts';
import { mediaRefText } from '../../core/manifest-media.ts';
import { areaResample } from '../../core/resample.ts';
import { asUndertoneError, UndertoneError } from '../../errors.ts';
import type { Corpus } from './corpus.ts';
import { decodePicture, decodeSound } from './decode-by-ffmpeg.ts';
import { decodeOggOpus } from './ogg-opus.ts';
import { decodePng } from './png.ts';
import { openTar, type TarShard } from './tar.ts';
import { turns } from './turns.ts';

/** How media is opened. */
interface MediaOptions {
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
  const { ffmpeg = 'ffmpeg', processes = 2 } = options;
  const folder = dirname(corpus.file);
  const shards = await openShards(corpus, folder);
  const closed = new AbortController();
  const reading = turns(READS_AT_ONCE);
  const decoding = turns(processes);
  const byFfmpeg = { ffmpeg, signal: closed.signal };

  async function bytesOf(ref: MediaRef, name: string): Promise<Buffer> {
    if (closed.signal.aborted)
      throw new UndertoneError('bad-media', `${name} was asked for after its corpus was closed`);
    try {
      return await reading(() =>
        ref.member === undefined
          ? readWhole(join(folder, ref.file), name)
          : readMember(shards.get(ref.file), ref.member, name),
      );
    } catch (thrown) {
      if (thrown instanceof UndertoneError) throw thrown;
      throw new UndertoneError(
        'bad-media',
        `cannot read ${name} (${asUndertoneError(thrown).message}): check the disk`,
        {
          cause: thrown,
        },
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
    async close() {
      closed.abort();
      await Promise.all([...shards.values()].map(({ file }) => file.close()));
    },
  };
}

async function openShards(corpus: Corpus, folder: string): Promise<ReadonlyMap<string, TarShard>> {
  const shards = new Map<string, TarShard>();
  try {
    for (const { media } of corpus.clips)
      for (const ref of [media.audio, media.image, media.video])
        if (ref?.member !== undefined && !shards.has(ref.file)) {
          const path = join(folder, ref.file);
          shards.set(ref.file, await openTar(path, path));
        }
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
  const entry = shard?.entries.get(member);
  if (shard === undefined || entry === undefined)
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
