/**
 * PNG of 8 bits a channel in this process: a corpus has tens of thousands of small ones, and a process for each would
 * take hours. What is rarer (16 bits, interlaced, fewer bits than 8) is left to ffmpeg.
 *
 * Owned rather than a package: pngjs reaches into zlib's internals to inflate at once, and the rest is this short.
 */
import { crc32, inflateSync } from 'node:zlib';
import { UndertoneError } from '../../errors.ts';

/** A picture as luma (BT.601) in 0..1, row-major [height, width]. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Float32Array;
}

/** The longest side that is read, in pixels. */
const MAX_PICTURE_SIDE_PX = 8192;

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Channels by colour type: grey, RGB, palette, grey and alpha, RGBA. Alpha is passed over. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Luma of full-range RGB bytes, 0..1 (BT.601, as video has it). */
export function luma(red: number, green: number, blue: number): number {
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

/**
 * Decode a PNG.
 * @returns null for what is no PNG, or one that is not read here.
 * @throws UndertoneError `bad-media` for one that is damaged, cut off, or of no pixels or too many.
 */
export function decodePng(file: Buffer, name: string): GreyPicture | null {
  if (!file.subarray(0, 8).equals(SIGNATURE)) return null;
  const damaged = (what: string, cause?: unknown): UndertoneError =>
    new UndertoneError('bad-media', `${name} is a damaged PNG (${what}): copy or make it again`, { cause });

  let header: Buffer | null = null;
  let palette: Buffer | null = null;
  const packed: Buffer[] = [];
  let ended = false;
  for (let at = 8; !ended;) {
    if (at + 12 > file.length) throw damaged('cut off');
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    const end = at + 12 + length;
    if (end > file.length) throw damaged('cut off');
    if (crc32(file.subarray(at + 4, end - 4)) !== file.readUInt32BE(end - 4)) throw damaged(`checksum of ${type}`);
    if (type === 'IHDR' && length === 13) header = body;
    if (type === 'PLTE') palette = body;
    if (type === 'IDAT') packed.push(body);
    ended = type === 'IEND';
    at = end;
  }
  if (header === null) throw damaged('no header');
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = CHANNELS[header[9] ?? -1];
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_PICTURE_SIDE_PX)
    throw new UndertoneError(
      'bad-media',
      `${name} has ${width} x ${height} pixels: each side must have 1 to ${MAX_PICTURE_SIDE_PX}`,
    );
  if (header[8] !== 8 || header[12] !== 0 || channels === undefined) return null;

  const stride = width * channels;
  let lines: Buffer;
  try {
    lines = inflateSync(Buffer.concat(packed), { maxOutputLength: (stride + 1) * height });
  } catch (cause) {
    throw damaged('picture data', cause);
  }
  if (lines.length !== (stride + 1) * height) throw damaged('too few lines');
  for (let row = 0; row < height; row++)
    if (!unfilter(lines, row * (stride + 1), stride, channels, row === 0)) throw damaged(`filter of line ${row}`);
  if (header[9] === 3 && palette === null) throw damaged('no palette');
  return { width, height, pixels: toLuma(lines, width, height, channels, header[9] === 3 ? palette : null) };
}

/** Undo one line's filter in place (PNG specification, 9.2); the line above is already undone. */
function unfilter(lines: Buffer, at: number, stride: number, channels: number, isFirst: boolean): boolean {
  const filter = lines[at] ?? 0;
  const above = at - stride - 1;
  for (let i = 1; i <= stride; i++) {
    const left = i > channels ? (lines[at + i - channels] ?? 0) : 0;
    const up = isFirst ? 0 : (lines[above + i] ?? 0);
    const corner = isFirst || i <= channels ? 0 : (lines[above + i - channels] ?? 0);
    const raw = lines[at + i] ?? 0;
    if (filter === 1) lines[at + i] = raw + left;
    else if (filter === 2) lines[at + i] = raw + up;
    else if (filter === 3) lines[at + i] = raw + ((left + up) >> 1);
    else if (filter === 4) lines[at + i] = raw + paeth(left, up, corner);
  }
  return filter <= 4;
}

function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

function toLuma(lines: Buffer, width: number, height: number, channels: number, palette: Buffer | null): Float32Array {
  const pixels = new Float32Array(width * height);
  const isGrey = channels < 3;
  for (let row = 0; row < height; row++) {
    let from = row * (width * channels + 1) + 1;
    for (let at = row * width; at < (row + 1) * width; at++, from += channels) {
      const first = lines[from] ?? 0;
      if (palette !== null) {
        const entry = first * 3;
        pixels[at] = luma(palette[entry] ?? 0, palette[entry + 1] ?? 0, palette[entry + 2] ?? 0);
      } else pixels[at] = isGrey ? first / 255 : luma(first, lines[from + 1] ?? 0, lines[from + 2] ?? 0);
    }
  }
  return pixels;
}
