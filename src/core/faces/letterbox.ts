import type { VideoFrame } from '../../domain.ts';
import { UndertoneError } from '../../errors.ts';

/** Side of the face detector's square input, in pixels. */
export const DETECTOR_SIZE = 256;

/** How a frame lies in the detector's input: `input = frame * scale + offset`, in pixels. */
export interface Letterbox {
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** Samples a pixel of the input averages along an axis, at most; bounds the cost whatever the size of the frame. */
const MAX_TAPS = 4;

/**
 * Fits a frame into the face detector's input: RGB by BT.601 in [-1, 1], shrunk by averaging where it is larger (never
 * enlarged), centred on black.
 *
 * @param out [256, 256, 3], filled.
 * @returns where the frame lies in `out`.
 * @throws UndertoneError `bad-media` when the frame has no pixels or its data does not fit its size.
 * @example
 * const pixels = new Float32Array(DETECTOR_SIZE * DETECTOR_SIZE * 3);
 * const place = letterbox(frame, pixels);
 */
export function letterbox(frame: VideoFrame, out: Float32Array): Letterbox {
  const { width, height, data, fullRange } = frame;
  checkFrame(frame);
  const step = Math.max(1, Math.max(width, height) / DETECTOR_SIZE);
  const columns = Math.max(1, Math.round(width / step));
  const rows = Math.max(1, Math.round(height / step));
  const left = (DETECTOR_SIZE - columns) >> 1;
  const top = (DETECTOR_SIZE - rows) >> 1;

  const chromaWidth = (width + 1) >> 1;
  const chromaHeight = (height + 1) >> 1;
  const lumaX = taps(columns, width, step);
  const lumaY = taps(rows, height, step);
  const chromaX = taps(columns, chromaWidth, step / 2);
  const chromaY = taps(rows, chromaHeight, step / 2);
  const uPlane = width * height;
  const vPlane = uPlane + chromaWidth * chromaHeight;

  // 0..255 to -1..1, video range stretched to full range first.
  const black = fullRange ? 0 : 16;
  const lumaGain = (fullRange ? 1 : 255 / 219) / 127.5;
  const chromaGain = (fullRange ? 1 : 255 / 224) / 127.5;
  const lumaScale = lumaGain / (lumaX.perPixel * lumaY.perPixel);
  const chromaScale = chromaGain / (chromaX.perPixel * chromaY.perPixel);
  const lumaBias = -black * lumaGain - 1;
  const chromaBias = -128 * chromaGain;

  out.fill(-1);
  for (let row = 0; row < rows; row++) {
    let to = ((top + row) * DETECTOR_SIZE + left) * 3;
    for (let column = 0; column < columns; column++) {
      const luma = sum(data, 0, width, lumaX, lumaY, column, row) * lumaScale + lumaBias;
      const u = sum(data, uPlane, chromaWidth, chromaX, chromaY, column, row) * chromaScale + chromaBias;
      const v = sum(data, vPlane, chromaWidth, chromaX, chromaY, column, row) * chromaScale + chromaBias;
      out[to] = clamp(luma + 1.402 * v);
      out[to + 1] = clamp(luma - 0.344136 * u - 0.714136 * v);
      out[to + 2] = clamp(luma + 1.772 * u);
      to += 3;
    }
  }
  return { scale: 1 / step, offsetX: left, offsetY: top };
}

/** Which samples of a plane each pixel of the input averages along one axis. */
interface Taps {
  readonly perPixel: number;
  readonly positions: Int32Array;
}

function taps(pixels: number, samples: number, step: number): Taps {
  const perPixel = Math.min(MAX_TAPS, Math.max(1, Math.round(step)));
  const positions = new Int32Array(pixels * perPixel);
  for (let i = 0; i < positions.length; i++) {
    positions[i] = Math.min(samples - 1, Math.floor(((i + 0.5) / perPixel) * step));
  }
  return { perPixel, positions };
}

function sum(
  data: Uint8Array,
  plane: number,
  stride: number,
  across: Taps,
  down: Taps,
  column: number,
  row: number,
): number {
  let total = 0;
  const firstX = column * across.perPixel;
  const firstY = row * down.perPixel;
  for (let j = firstY; j < firstY + down.perPixel; j++) {
    const line = plane + (down.positions[j] ?? 0) * stride;
    for (let i = firstX; i < firstX + across.perPixel; i++) total += data[line + (across.positions[i] ?? 0)] ?? 0;
  }
  return total;
}

function clamp(value: number): number {
  return value < -1 ? -1 : value > 1 ? 1 : value;
}

function checkFrame({ width, height, data }: VideoFrame): void {
  const needed = width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1);
  if (!(width > 0) || !(height > 0) || data.length < needed) {
    throw new UndertoneError(
      'bad-media',
      `a frame of ${width} x ${height} pixels with ${data.length} bytes: send I420`,
    );
  }
}
