/**
 * Reads the Matroska stream that ffmpeg writes into a pipe: raw pictures and sound with their true timestamps (a raw
 * pipe has none, so a late or interrupted stream could not be told from an early one). Only the elements needed here are
 * understood; the others are skipped by their size. Source: RFC 8794 (EBML), RFC 9559 (Matroska).
 */
import { UndertoneError } from '../errors.ts';

/** One track of the stream, announced once before its first block. */
export interface MatroskaTrack {
  readonly kind: 'track';
  readonly number: number;
  readonly type: 'audio' | 'video' | 'other';
  /** Pixels; 0 for sound. */
  readonly width: number;
  readonly height: number;
}

/** One picture, or some consecutive samples. */
export interface MatroskaBlock {
  readonly kind: 'block';
  readonly track: number;
  readonly ms: number;
  /** Owns its buffer, so that it may be transferred to another thread. */
  readonly data: Uint8Array<ArrayBuffer>;
}

const ID = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  clusterMs: 0xe7,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
} as const;

/** Elements whose children are read as if they lay in the parent: what follows them is told apart by its own id. */
const CONTAINERS: ReadonlySet<number> = new Set([ID.segment, ID.cluster, ID.tracks, ID.blockGroup]);

/** More than one picture of 1280 x 1280; ffmpeg is never asked for a larger block. */
const MAX_ELEMENT_BYTES = 4 << 20;

/**
 * Tracks and blocks in the order in which they arrive; reads only as fast as it is iterated. ffmpeg writes timestamps in
 * whole milliseconds, Matroska's default scale.
 * @throws UndertoneError `bad-media` when the bytes are not Matroska or end in mid-block.
 */
export async function* readMatroska(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<MatroskaTrack | MatroskaBlock> {
  const reader = byteReader(bytes);
  let clusterMs = 0;
  for (;;) {
    const header = await elementHeader(reader);
    if (header === null) return;
    const { id, size } = header;
    if (CONTAINERS.has(id)) continue;
    if (size > MAX_ELEMENT_BYTES) throw malformed(`an element of ${size} bytes`);
    const content = await reader.take(id === ID.block || id === ID.simpleBlock ? Math.min(4, size) : size);
    if (content === null) throw malformed('an element that is cut off');
    if (id === ID.clusterMs) clusterMs = unsigned(content);
    else if (id === ID.trackEntry) yield track(content);
    else if (id === ID.block || id === ID.simpleBlock) {
      const data = await reader.take(size - 4);
      if (data === null) throw malformed('a block that is cut off');
      const view = new DataView(content.buffer);
      // Track numbers of one byte only: ffmpeg counts from 1, and there are two.
      yield { kind: 'block', track: view.getUint8(0) & 0x7f, ms: clusterMs + view.getInt16(1), data };
    }
  }
}

function track(entry: Uint8Array): MatroskaTrack {
  const fields = new Map(children(entry));
  const picture = new Map(children(fields.get(ID.video) ?? new Uint8Array()));
  const number = (from: Map<number, Uint8Array>, id: number) => unsigned(from.get(id) ?? new Uint8Array());
  const type = number(fields, ID.trackType);
  return {
    kind: 'track',
    number: number(fields, ID.trackNumber),
    type: type === 1 ? 'video' : type === 2 ? 'audio' : 'other',
    width: number(picture, ID.width),
    height: number(picture, ID.height),
  };
}

function* children(bytes: Uint8Array): Generator<[id: number, content: Uint8Array]> {
  let at = 0;
  while (at < bytes.length) {
    const idLength = vintLength(bytes[at] ?? 0, 4);
    const id = unsigned(bytes.subarray(at, at + idLength));
    at += idLength;
    const sizeLength = vintLength(bytes[at] ?? 0, 8);
    const size = vintValue(bytes.subarray(at, at + sizeLength));
    at += sizeLength;
    yield [id, bytes.subarray(at, at + size)];
    at += size;
  }
}

async function elementHeader(reader: ByteReader): Promise<{ id: number; size: number } | null> {
  const idFirst = await reader.take(1);
  if (idFirst === null) return null;
  const id = await rest(reader, idFirst, 4);
  const sizeFirst = await reader.take(1);
  if (sizeFirst === null) throw malformed('an element without size');
  return { id: unsigned(id), size: vintValue(await rest(reader, sizeFirst, 8)) };
}

/** The remaining bytes of a variable-length number, whose first byte says how many there are. */
async function rest(reader: ByteReader, first: Uint8Array, longest: number): Promise<Uint8Array> {
  const more = await reader.take(vintLength(first[0] ?? 0, longest) - 1);
  if (more === null) throw malformed('a number that is cut off');
  return Uint8Array.of(...first, ...more);
}

function vintLength(first: number, longest: number): number {
  const length = Math.clz32(first) - 23;
  if (length > longest) throw malformed('a number that is too long');
  return length;
}

/** The number without the bit that marks its length; taken off first, because 2^56 + 1 is not a double. */
const vintValue = (bytes: Uint8Array): number =>
  unsigned(bytes.map((byte, index) => (index === 0 ? byte & (0xff >> bytes.length) : byte)));

const unsigned = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0);

const malformed = (what: string): UndertoneError =>
  new UndertoneError('bad-media', `ffmpeg wrote ${what}: check that this is ffmpeg 4.4 or newer`);

interface ByteReader {
  /** Exactly `count` bytes in a buffer of their own; null where the stream ends before. */
  take(count: number): Promise<Uint8Array<ArrayBuffer> | null>;
}

function byteReader(bytes: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = bytes[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array();
  return {
    take: async (count) => {
      const taken = new Uint8Array(count);
      let filled = 0;
      while (filled < count) {
        if (chunk.length === 0) {
          const next = await chunks.next();
          if (next.done === true) return null;
          chunk = next.value;
        }
        const part = chunk.subarray(0, count - filled);
        taken.set(part, filled);
        filled += part.length;
        chunk = chunk.subarray(part.length);
      }
      return taken;
    },
  };
}
