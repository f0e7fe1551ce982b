/** Square grey pictures of `SIDE` pixels, made worse in the ways that webcams know. */
import type { FaceDetection, Point, VideoFrame } from '../../src/domain.ts';

/** Side of a FER+ picture. */
export const SIDE = 48;

/** A full-range frame of a square grey picture. */
export function frameOf(grey: Uint8Array | Uint8ClampedArray, side = SIDE): VideoFrame {
  const data = new Uint8Array(side * side + 2 * Math.ceil(side / 2) ** 2).fill(128);
  data.set(grey);
  return { width: side, height: side, data, fullRange: true, captureMs: 0 };
}

/** A detection with each coordinate of its key points changed. */
export function moved(face: FaceDetection, along: (at: number) => number): FaceDetection {
  const { rightEye, leftEye, nose, mouth, rightEar, leftEar } = face.keyPoints;
  const move = ({ x, y }: Point): Point => ({ x: along(x), y: along(y) });
  return {
    ...face,
    keyPoints: {
      rightEye: move(rightEye),
      leftEye: move(leftEye),
      nose: move(nose),
      mouth: move(mouth),
      rightEar: move(rightEar),
      leftEar: move(leftEar),
    },
  };
}

/** Area average: each new pixel is the mean of 8 x 8 points in it. */
export function shrink(grey: Uint8Array, side: number): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: side * side }, (_, i) => {
    let sum = 0;
    for (let tap = 0; tap < 64; tap++) {
      const x = Math.floor((((i % side) + ((tap % 8) + 0.5) / 8) * SIDE) / side);
      const y = Math.floor(((Math.floor(i / side) + (Math.floor(tap / 8) + 0.5) / 8) * SIDE) / side);
      sum += grey[y * SIDE + x] ?? NaN;
    }
    return sum / 64;
  });
}

/** Gaussian blur; the edges repeat. */
export function blur(grey: Uint8Array, sigma: number): Uint8ClampedArray {
  const radius = Math.ceil(3 * sigma);
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const weights = offsets.map((offset) => Math.exp(-(offset ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const inside = (at: number): number => Math.min(SIDE - 1, Math.max(0, at));
  const along = (from: ArrayLike<number>, index: (x: number, y: number, offset: number) => number): Float32Array => {
    const to = new Float32Array(SIDE * SIDE);
    for (let i = 0; i < to.length; i++) {
      let sum = 0;
      for (let tap = 0; tap < offsets.length; tap++) {
        const at = index(i % SIDE, Math.floor(i / SIDE), tap - radius);
        sum += (from[at] ?? NaN) * (weights[tap] ?? NaN);
      }
      to[i] = sum / total;
    }
    return to;
  };
  const across = along(grey, (x, y, offset) => y * SIDE + inside(x + offset));
  return Uint8ClampedArray.from(along(across, (x, y, offset) => inside(y + offset) * SIDE + x));
}

/** What is beyond the edge repeats the edge, as it does for a frame. */
export function cutOff(grey: Uint8Array, side: 'left' | 'top' | 'bottom', pixels: number): Uint8Array {
  return Uint8Array.from(grey, (_, i) => {
    const x = side === 'left' ? Math.max(pixels, i % SIDE) : i % SIDE;
    const row = Math.floor(i / SIDE);
    const y = side === 'top' ? Math.max(pixels, row) : side === 'bottom' ? Math.min(SIDE - 1 - pixels, row) : row;
    return grey[y * SIDE + x] ?? NaN;
  });
}

/** Normal noise, the same on every run. */
export function gaussian(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
