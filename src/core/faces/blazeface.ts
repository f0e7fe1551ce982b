/**
 * Reads the face detector's outputs.
 *
 * Source: Bazarevsky et al., BlazeFace, 2019 (section 3: anchors, blending instead of suppression); numbers of
 * MediaPipe's back camera model.
 */
import type { Box, FaceDetection, Point } from '../../domain.ts';
import { logit, sigmoid } from '../probability.ts';
import { area, iou } from './box.ts';
import { DETECTOR_SIZE } from './letterbox.ts';
import type { Letterbox } from './letterbox.ts';

/** Feature maps in the order of the outputs: cells of `stride` pixels, with some anchors at the centre of each. */
const FEATURE_MAPS = [
  { stride: 16, anchorsPerCell: 2 },
  { stride: 32, anchorsPerCell: 6 },
] as const;

/** Numbers per anchor: centre, size and six key points. */
const BOX_WIDTH = 16;

/** Anchors' centres, x and y in turn, in pixels of the detector's input. */
const ANCHORS = anchorCentres();

export interface DecodeFacesOptions {
  /** Faces of a lower score are left out; in 0..1. Default 0.6. */
  readonly minScore?: number;
  /** Boxes that share more than this part of their union are one face. Default 0.3. */
  readonly minOverlap?: number;
  /** Faces returned at most; the largest are kept. Default 8. */
  readonly maxFaces?: number;
}

/**
 * Faces in a frame, largest first. Anchors that see the same face are blended, weighted by their scores: key points
 * jitter less from frame to frame than with the best anchor alone.
 *
 * @param boxes [896, 16]: offsets from the anchors in pixels of the detector's input.
 * @param scores [896]: logits.
 * @example
 * const faces = decodeFaces(boxes, scores, letterbox(frame, pixels));
 */
export function decodeFaces(
  boxes: Float32Array,
  scores: Float32Array,
  letterbox: Letterbox,
  { minScore = 0.6, minOverlap = 0.3, maxFaces = 8 }: DecodeFacesOptions = {},
): readonly FaceDetection[] {
  const minLogit = logit(minScore);
  let candidates: Candidate[] = [];
  for (let anchor = 0; anchor < scores.length; anchor++) {
    const score = scores[anchor] ?? NaN;
    if (!(score >= minLogit)) continue;
    const candidate = candidateAt(boxes, anchor, sigmoid(score));
    // Also false for NaN: what has no size is no face, whatever its score.
    if (candidate.box.width > 0 && candidate.box.height > 0) candidates.push(candidate);
  }
  candidates.sort((a, b) => b.score - a.score);
  const faces: FaceDetection[] = [];
  for (let best = candidates[0]; best !== undefined; best = candidates[0]) {
    const { box } = best;
    const overlaps = (other: Candidate): boolean => other === best || iou(box, other.box) > minOverlap;
    faces.push(toFace(blend(candidates.filter(overlaps)), best.score, letterbox));
    candidates = candidates.filter((other) => !overlaps(other));
  }
  return faces.sort((a, b) => area(b.box) - area(a.box)).slice(0, maxFaces);
}

/** What one anchor says, in pixels of the detector's input. */
interface Candidate {
  readonly score: number;
  readonly box: Box;
  /** Centre x and y, width, height, then x and y of the key points. */
  readonly numbers: Float64Array;
}

function candidateAt(boxes: Float32Array, anchor: number, score: number): Candidate {
  const numbers = Float64Array.from(boxes.subarray(anchor * BOX_WIDTH, (anchor + 1) * BOX_WIDTH));
  for (let i = 0; i < BOX_WIDTH; i++) {
    // Width and height (2 and 3) are not relative to the anchor.
    if (i !== 2 && i !== 3) numbers[i] = (numbers[i] ?? NaN) + (ANCHORS[anchor * 2 + (i % 2)] ?? NaN);
  }
  return { score, box: boxOf(numbers), numbers };
}

function blend(candidates: readonly Candidate[]): Float64Array {
  const total = candidates.reduce((sum, { score }) => sum + score, 0);
  const blended = new Float64Array(BOX_WIDTH);
  for (const { score, numbers } of candidates) {
    for (let i = 0; i < BOX_WIDTH; i++) blended[i] = (blended[i] ?? 0) + (numbers[i] ?? NaN) * (score / total);
  }
  return blended;
}

function toFace(numbers: Float64Array, score: number, { scale, offsetX, offsetY }: Letterbox): FaceDetection {
  const point = (keyPoint: number): Point => ({
    x: ((numbers[4 + keyPoint * 2] ?? NaN) - offsetX) / scale,
    y: ((numbers[5 + keyPoint * 2] ?? NaN) - offsetY) / scale,
  });
  const box = boxOf(numbers);
  return {
    score,
    box: {
      x: (box.x - offsetX) / scale,
      y: (box.y - offsetY) / scale,
      width: box.width / scale,
      height: box.height / scale,
    },
    keyPoints: {
      rightEye: point(0),
      leftEye: point(1),
      nose: point(2),
      mouth: point(3),
      rightEar: point(4),
      leftEar: point(5),
    },
  };
}

function boxOf([x = NaN, y = NaN, width = NaN, height = NaN]: Float64Array): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function anchorCentres(): Float32Array {
  const centres: number[] = [];
  for (const { stride, anchorsPerCell } of FEATURE_MAPS) {
    const cells = DETECTOR_SIZE / stride;
    for (let cell = 0; cell < cells * cells; cell++) {
      const x = ((cell % cells) + 0.5) * stride;
      const y = (Math.floor(cell / cells) + 0.5) * stride;
      for (let anchor = 0; anchor < anchorsPerCell; anchor++) centres.push(x, y);
    }
  }
  return Float32Array.from(centres);
}
