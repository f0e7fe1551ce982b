/** Pictures of one stretch in one size: a sender may change the size of its pictures at any time, a clip may not. */
import type { VideoFrame } from '../../domain.ts';

/** The luma and the neutral chroma of black. */
const BLACK = { full: 0, video: 16, chroma: 128 } as const;

/**
 * The picture in a frame of `width` x `height` (even): as large as fits, centred on black, each pixel the nearest one. A
 * picture that has this size is given back as it is.
 * @example pictures.map((picture) => fit(picture, 320, 240))
 */
export function fit(picture: VideoFrame, width: number, height: number): VideoFrame {
  if (picture.width === width && picture.height === height) return picture;
  const scale = Math.min(width / picture.width, height / picture.height);
  const inner = { width: even(picture.width * scale), height: even(picture.height * scale) };
  const left = even((width - inner.width) / 2);
  const top = even((height - inner.height) / 2);
  const luma = width * height;
  const data = new Uint8Array(luma * 1.5).fill(BLACK.chroma);
  data.fill(picture.fullRange ? BLACK.full : BLACK.video, 0, luma);
  let from = 0;
  let to = 0;
  for (const half of [1, 2, 2]) {
    const source = { width: Math.ceil(picture.width / half), height: Math.ceil(picture.height / half) };
    for (let y = 0; y < inner.height / half; y++) {
      const row = from + Math.floor((y * source.height * half) / inner.height) * source.width;
      const at = to + (top / half + y) * (width / half) + left / half;
      for (let x = 0; x < inner.width / half; x++)
        data[at + x] = picture.data[row + Math.floor((x * source.width * half) / inner.width)] ?? 0;
    }
    from += source.width * source.height;
    to += luma / (half * half);
  }
  return { ...picture, width, height, data };
}

const even = (pixels: number): number => 2 * Math.floor(pixels / 2);
