import type { FaceKeyPoints, Point, VideoFrame } from '../../domain.ts';

/** Side of the face network's square input, in pixels. */
export const CROP_SIZE = 48;

/**
 * Where eyes and mouth lie in the crop, in pixels of it: the detector's medians on the pictures that the face network
 * learned from (docs/decisions/0026).
 */
const FACE = { eyesY: 18.9, eyeDistance: 17.5, eyesToMouth: 19 } as const;

/** Samples averaged along each axis of a crop's pixel, at most. */
const MAX_TAPS = 5;

/** A square of the frame, turned with the face: `frame = origin + x * right + y * down` for a point of the crop. */
export interface CropSquare {
  readonly origin: Point;
  /** One pixel of the crop to its right, in pixels of the frame. */
  readonly right: Point;
  /** One pixel of the crop downwards, in pixels of the frame. */
  readonly down: Point;
}

/**
 * The square of the frame that holds the face from brow to chin, with the eyes level. Turning the head brings the eyes
 * closer, nodding brings the mouth closer to the eyes: the larger of the two scales holds the face in either case.
 */
export function cropSquare({ rightEye, leftEye, mouth }: FaceKeyPoints): CropSquare {
  const middle = { x: (rightEye.x + leftEye.x) / 2, y: (rightEye.y + leftEye.y) / 2 };
  const eyes = { x: leftEye.x - rightEye.x, y: leftEye.y - rightEye.y };
  // Eyes at one point have no direction: taken as level.
  const eyeDistance = Math.hypot(eyes.x, eyes.y) || 1e-6;
  const cos = eyeDistance > 1e-6 ? eyes.x / eyeDistance : 1;
  const sin = eyeDistance > 1e-6 ? eyes.y / eyeDistance : 0;
  const eyesToMouth = (mouth.y - middle.y) * cos - (mouth.x - middle.x) * sin;
  const scale = Math.max(eyeDistance / FACE.eyeDistance, eyesToMouth / FACE.eyesToMouth);
  const right = { x: cos * scale, y: sin * scale };
  const down = { x: -sin * scale, y: cos * scale };
  return {
    right,
    down,
    origin: {
      x: middle.x - (CROP_SIZE / 2) * right.x - FACE.eyesY * down.x,
      y: middle.y - (CROP_SIZE / 2) * right.y - FACE.eyesY * down.y,
    },
  };
}

/**
 * The face as its network wants it: grey in 0..1, the eyes level and always at the same place. Shrinking averages, so
 * that a close face does not alias; what lies outside the frame repeats its edge.
 *
 * @returns [48, 48], row-major.
 * @example
 * const crop = alignFace(frame, face.keyPoints);
 */
export function alignFace(frame: VideoFrame, keyPoints: FaceKeyPoints): Float32Array {
  const { origin, right, down } = cropSquare(keyPoints);
  const { width, height, data } = frame;
  const black = frame.fullRange ? 0 : 16;
  const span = frame.fullRange ? 255 : 219;
  const taps = Math.min(MAX_TAPS, Math.max(1, Math.ceil(Math.hypot(right.x, right.y))));
  const gain = 1 / (taps * taps * span);
  const crop = new Float32Array(CROP_SIZE * CROP_SIZE);
  for (let row = 0; row < CROP_SIZE; row++) {
    for (let column = 0; column < CROP_SIZE; column++) {
      let sum = 0;
      for (let j = 0; j < taps; j++) {
        const v = row + (j + 0.5) / taps;
        for (let i = 0; i < taps; i++) {
          const u = column + (i + 0.5) / taps;
          // The centre of pixel 0 is at 0.5.
          const x = origin.x + u * right.x + v * down.x - 0.5;
          const y = origin.y + u * right.y + v * down.y - 0.5;
          sum += bilinear(data, width, height, x, y) - black;
        }
      }
      const grey = sum * gain;
      crop[row * CROP_SIZE + column] = grey < 0 ? 0 : grey > 1 ? 1 : grey;
    }
  }
  return crop;
}

function bilinear(luma: Uint8Array, width: number, height: number, x: number, y: number): number {
  const clampedX = x < 0 ? 0 : x > width - 1 ? width - 1 : x;
  const clampedY = y < 0 ? 0 : y > height - 1 ? height - 1 : y;
  const x0 = Math.floor(clampedX);
  const y0 = Math.floor(clampedY);
  const x1 = x0 + 1 < width ? x0 + 1 : x0;
  const above = y0 * width;
  const below = y0 + 1 < height ? above + width : above;
  const partX = clampedX - x0;
  const upper = (luma[above + x0] ?? 0) * (1 - partX) + (luma[above + x1] ?? 0) * partX;
  const lower = (luma[below + x0] ?? 0) * (1 - partX) + (luma[below + x1] ?? 0) * partX;
  return upper + (lower - upper) * (clampedY - y0);
}
