import type { FaceDetection, FaceQuality, PoorFaceCause, VideoFrame } from '../../domain.ts';
import { CROP_SIZE, cropSquare } from './align.ts';

/** Below or beyond these a face is not judged. */
const LIMITS = {
  minEyeDistancePx: 12,
  maxYawDeg: 40,
  maxPitchDeg: 40,
  minSharpness: 0.5,
  minBrightness: 0.08,
  maxOutside: 0.15,
} as const;

/**
 * Measures one face, to decide whether it may be judged.
 *
 * @param crop what `alignFace` gave for this detection, [48, 48].
 */
export function measureFace(_frame: VideoFrame, { keyPoints }: FaceDetection, crop: Float32Array): FaceQuality {
  const { rightEye, leftEye, nose, rightEar, leftEar } = keyPoints;
  const eyes = { x: leftEye.x - rightEye.x, y: leftEye.y - rightEye.y };
  const eyeDistancePx = Math.hypot(eyes.x, eyes.y);
  const along = { x: eyes.x / eyeDistancePx, y: eyes.y / eyeDistancePx };
  const fromEars = { x: nose.x - (rightEar.x + leftEar.x) / 2, y: nose.y - (rightEar.y + leftEar.y) / 2 };
  const earDistance = (leftEar.x - rightEar.x) * along.x + (leftEar.y - rightEar.y) * along.y;
  const aside = fromEars.x * along.x + fromEars.y * along.y;
  const below = fromEars.y * along.x - fromEars.x * along.y;
  return {
    eyeDistancePx,
    yawDeg: degrees(Math.atan2(aside, Math.max(1, earDistance))),
    pitchDeg: degrees(Math.atan2(-below, Math.max(1, earDistance))),
    rollDeg: degrees(Math.atan2(eyes.y, eyes.x)),
    sharpness: 1000 * laplacianVariance(crop),
    brightness: crop.reduce((sum, grey) => sum + grey, 0) / crop.length,
  };
}

/** Why a face must not be judged; null when it may. */
export function poorFace(quality: FaceQuality, detection: FaceDetection, frame: VideoFrame): PoorFaceCause | null {
  if (!(quality.eyeDistancePx >= LIMITS.minEyeDistancePx)) return 'small';
  if (outsideShare(detection, frame) > LIMITS.maxOutside) return 'cut-off';
  if (Math.abs(quality.yawDeg) > LIMITS.maxYawDeg || Math.abs(quality.pitchDeg) > LIMITS.maxPitchDeg) return 'turned';
  if (quality.brightness < LIMITS.minBrightness) return 'dark';
  if (quality.sharpness < LIMITS.minSharpness) return 'blurred';
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
