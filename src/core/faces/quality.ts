import type { FaceDetection, FaceQuality, Point, PoorFaceCause, VideoFrame } from '../../domain.ts';
import { CROP_SIZE, cropSquare } from './align.ts';

/**
 * Below or beyond these a face is not judged: where, on pictures made worse step by step, the face network's top-1
 * accuracy has fallen from 0.80 to about 0.70 (docs/decisions/0027 has the tables).
 */
const LIMITS = {
  /** Also leaves room for the detector, whose key points are coarse on small faces. */
  minEyeDistancePx: 12,
  maxYawDeg: 40,
  /** Looking down hides the eyes; looking up hides little. */
  minPitchDeg: -15,
  maxPitchDeg: 35,
  minSharpness: 1,
  /** Dark skin in good light is above this. */
  minBrightness: 0.1,
  /** Share of the crop that lies outside the frame. */
  maxOutside: 0.15,
} as const;

/** Of a head seen from the front, in distances between the ears: how far the nose stands out, and how far below them. */
const NOSE = { forward: 0.8, below: 0.2 } as const;

/**
 * Measures one face, to decide whether it may be judged.
 *
 * @param crop what `alignFace` gave for this detection, [48, 48].
 */
export function measureFace({ keyPoints }: FaceDetection, crop: Float32Array): FaceQuality {
  const { rightEye, leftEye, nose, rightEar, leftEar } = keyPoints;
  const rollRad = Math.atan2(leftEye.y - rightEye.y, leftEye.x - rightEye.x);
  const level = (from: Point, to: Point): Point => turn({ x: to.x - from.x, y: to.y - from.y }, -rollRad);
  const ears = level(rightEar, leftEar);
  const fromEars = level({ x: (rightEar.x + leftEar.x) / 2, y: (rightEar.y + leftEar.y) / 2 }, nose);
  // Ears `breadth` apart and a nose in front of them, turned: seen ears.x = breadth cos yaw, nose.x = forward sin yaw.
  const breadth = Math.hypot(ears.x, fromEars.x / NOSE.forward);
  const raised = NOSE.below - fromEars.y / breadth;
  return {
    eyeDistancePx: Math.hypot(leftEye.x - rightEye.x, leftEye.y - rightEye.y),
    yawDeg: degrees(Math.atan2(fromEars.x / NOSE.forward, ears.x)),
    pitchDeg: degrees(Math.asin(Math.max(-1, Math.min(1, raised / NOSE.forward)))),
    rollDeg: degrees(rollRad),
    sharpness: 1000 * laplacianVariance(crop),
    brightness: crop.reduce((sum, grey) => sum + grey, 0) / crop.length,
  };
}

function turn({ x, y }: Point, rad: number): Point {
  return { x: x * Math.cos(rad) - y * Math.sin(rad), y: x * Math.sin(rad) + y * Math.cos(rad) };
}

/** Why a face must not be judged; null when it may. */
export function poorFace(quality: FaceQuality, detection: FaceDetection, frame: VideoFrame): PoorFaceCause | null {
  const { eyeDistancePx, yawDeg, pitchDeg, sharpness, brightness } = quality;
  if (!(eyeDistancePx >= LIMITS.minEyeDistancePx)) return 'small';
  if (!(outsideShare(detection, frame) <= LIMITS.maxOutside)) return 'cut-off';
  if (!(Math.abs(yawDeg) <= LIMITS.maxYawDeg)) return 'turned';
  if (!(pitchDeg >= LIMITS.minPitchDeg && pitchDeg <= LIMITS.maxPitchDeg)) return 'turned';
  if (!(brightness >= LIMITS.minBrightness)) return 'dark';
  if (!(sharpness >= LIMITS.minSharpness)) return 'blurred';
  return null;
}

/** Share of the crop that lies outside the frame. */
function outsideShare({ keyPoints }: FaceDetection, { width, height }: VideoFrame): number {
  const { origin, right, down } = cropSquare(keyPoints);
  const grid = 12;
  let outside = 0;
  for (let row = 0; row < grid; row++) {
    for (let column = 0; column < grid; column++) {
      const u = ((column + 0.5) / grid) * CROP_SIZE;
      const v = ((row + 0.5) / grid) * CROP_SIZE;
      const x = origin.x + u * right.x + v * down.x;
      const y = origin.y + u * right.y + v * down.y;
      if (x < 0 || y < 0 || x > width || y > height) outside++;
    }
  }
  return outside / (grid * grid);
}

/** Variance of the four-neighbour Laplacian over the inner pixels (Pech-Pacheco et al., 2000). */
function laplacianVariance(crop: Float32Array): number {
  let sum = 0;
  let squares = 0;
  const inner = CROP_SIZE - 2;
  for (let row = 1; row <= inner; row++) {
    for (let column = 1; column <= inner; column++) {
      const at = row * CROP_SIZE + column;
      const grey = (offset: number): number => crop[at + offset] ?? 0;
      const laplacian = grey(-1) + grey(1) + grey(-CROP_SIZE) + grey(CROP_SIZE) - 4 * grey(0);
      sum += laplacian;
      squares += laplacian * laplacian;
    }
  }
  const mean = sum / (inner * inner);
  return squares / (inner * inner) - mean * mean;
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
