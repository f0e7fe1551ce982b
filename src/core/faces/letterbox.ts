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
  const uPlane = width * height;
  const vPlane = uPlane + chromaWidth * chromaHeight;
  const lumaX = taps(columns, width, step);
  const lumaY = taps(rows, height, step);
  const chromaX = taps(columns, chromaWidth, step / 2);
  const chromaY = taps(rows, chromaHeight, step / 2);
  const ySums = new Int32Array(columns);
  const uSums = new Int32Array(columns);
  const vSums = new Int32Array(columns);

  // 0..255 to -1..1, video range stretched to full range first.
  const black = fullRange ? 0 : 16;
  const lumaGain = (fullRange ? 1 : 255 / 219) / 127.5;
  const chromaGain = (fullRange ? 1 : 255 / 224) / 127.5;
  const lumaScale = lumaGain / (lumaX.length * lumaY.length);
  const chromaScale = chromaGain / (chromaX.length * chromaY.length);

  out.fill(-1);
  for (let row = 0; row < rows; row++) {
    sumRow(data, 0, width, lumaX, lumaY, row, ySums);
    sumRow(data, uPlane, chromaWidth, chromaX, chromaY, row, uSums);
    sumRow(data, vPlane, chromaWidth, chromaX, chromaY, row, vSums);
    let to = ((top + row) * DETECTOR_SIZE + left) * 3;
    for (let column = 0; column < columns; column++) {
      const y = (ySums[column] ?? 0) * lumaScale - black * lumaGain - 1;
      const u = (uSums[column] ?? 0) * chromaScale - 128 * chromaGain;
      const v = (vSums[column] ?? 0) * chromaScale - 128 * chromaGain;
      out[to] = clamp(y + 1.402 * v);
      out[to + 1] = clamp(y - 0.344136 * u - 0.714136 * v);
      out[to + 2] = clamp(y + 1.772 * u);
      to += 3;
    }
  }
  return { scale: 1 / step, offsetX: left, offsetY: top };
}

/** Which samples of a plane the pixels of the input average along one axis: a list of positions for each tap. */
type Taps = readonly Int32Array[];

function taps(pixels: number, samples: number, step: number): Taps {
  const count = Math.min(MAX_TAPS, Math.max(1, Math.floor(step)));
  return Array.from({ length: count }, (_, tap) =>
    Int32Array.from({ length: pixels }, (_, pixel) =>
      Math.min(samples - 1, Math.floor((pixel + (tap + 0.5) / count) * step)),
    ),
  );
}

/** Sums up one row of the input from a plane, tap by tap: long plain loops are what the engine makes fast. */
function sumRow(
  data: Uint8Array,
  plane: number,
  stride: number,
  across: Taps,
  down: Taps,
  row: number,
  sums: Int32Array,
) {
  sums.fill(0);
  for (const lines of down) {
    const line = plane + (lines[row] ?? 0) * stride;
    for (const positions of across) {
      for (let column = 0; column < positions.length; column++) {
        sums[column] = (sums[column] ?? 0) + (data[line + (positions[column] ?? 0)] ?? 0);
      }
    }
  }
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
