/** A decoded picture out of the codec's memory: packed I420 with even sides, large ones halved. */
import type { VideoFrame as DecodedFrame } from '@napi-rs/webcodecs';

/** A packed picture, still without its capture time. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly fullRange: boolean;
}

/** A longer side above this is halved: detection works on far less, and the way to the server gets four times cheaper. */
const HALVE_ABOVE_PX = 960;

/**
 * Copy a frame out; the frame is left open.
 * @returns null when its pixels are not 8-bit 4:2:0 planes.
 */
export async function copyPicture(frame: DecodedFrame): Promise<Picture | null> {
  if (frame.format !== 'I420') return null;
  const { codedWidth, codedHeight } = frame;
  const buffer = new Uint8Array(frame.allocationSize());
  const planes = (await frame.copyTo(buffer)).map(({ offset, stride }) => ({ bytes: buffer.subarray(offset), stride }));
  const scale = Math.max(codedWidth, codedHeight) > HALVE_ABOVE_PX ? 2 : 1;
  // Odd sides lose their last line, so that chroma is half of luma without rounding.
  const width = 2 * Math.floor(codedWidth / (2 * scale));
  const height = 2 * Math.floor(codedHeight / (2 * scale));
  const [luma, u, v] = planes;
  if (luma === undefined || u === undefined || v === undefined) return null;
  const data = new Uint8Array(width * height * 1.5);
  const chroma = (width * height) / 4;
  const copy = scale === 2 ? halvePlane : copyPlane;
  copy(luma, data.subarray(0, 4 * chroma), width);
  copy(u, data.subarray(4 * chroma, 5 * chroma), width / 2);
  copy(v, data.subarray(5 * chroma), width / 2);
  return { width, height, data, fullRange: frame.colorSpace.fullRange ?? false };
}

interface Plane {
  readonly bytes: Uint8Array;
  readonly stride: number;
}

function copyPlane({ bytes, stride }: Plane, out: Uint8Array, width: number): void {
  for (let to = 0, from = 0; to < out.length; to += width, from += stride)
    out.set(bytes.subarray(from, from + width), to);
}

/** The mean of each 2 x 2 block. */
function halvePlane({ bytes, stride }: Plane, out: Uint8Array, width: number): void {
  for (let to = 0, row = 0; to < out.length; row += 2 * stride) {
    for (let x = 0; x < width; x++, to++) {
      const at = row + 2 * x;
      const sum = (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) + (bytes[at + stride] ?? 0) + (bytes[at + stride + 1] ?? 0);
      out[to] = (sum + 2) >> 2;
    }
  }
}
