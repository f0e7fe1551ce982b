import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFaces } from '../../../src/core/faces/blazeface.ts';
import { iou } from '../../../src/core/faces/box.ts';

const IDENTITY = { scale: 1, offsetX: 0, offsetY: 0 };
const SILENT = -20;

/** Outputs of the detector in which only these anchors speak: boxes are relative to the anchor. */
function outputs(said: readonly { anchor: number; logit: number; box: readonly number[] }[]) {
  const boxes = new Float32Array(896 * 16);
  const scores = new Float32Array(896).fill(SILENT);
  for (const { anchor, logit, box } of said) {
    boxes.set(box, anchor * 16);
    scores[anchor] = logit;
  }
  return [boxes, scores] as const;
}

/** Anchor of the fine map: two in each of 16 x 16 cells of 16 pixels. */
function fine(column: number, row: number): number {
  return (row * 16 + column) * 2;
}

describe('decodeFaces', () => {
  it('reads a box and its key points from the anchor', () => {
    const box = [4, -2, 40, 50, -10, -8, 10, -6, 1, 2, 3, 12, -20, -4, 20, -2];
    const [face] = decodeFaces(...outputs([{ anchor: fine(3, 5), logit: 2, box }]), IDENTITY);
    // The anchor is the centre of its cell: (56, 88).
    expect(face).toEqual({
      score: 1 / (1 + Math.exp(-2)),
      box: { x: 40, y: 61, width: 40, height: 50 },
      keyPoints: {
        rightEye: { x: 46, y: 80 },
        leftEye: { x: 66, y: 82 },
        nose: { x: 57, y: 90 },
        mouth: { x: 59, y: 100 },
        rightEar: { x: 36, y: 84 },
        leftEar: { x: 76, y: 86 },
      },
    });
  });

  it('reads the coarse map after the fine one: six anchors in each of 8 x 8 cells of 32 pixels', () => {
    const coarse = 512 + (2 * 8 + 7) * 6 + 5;
    const [face] = decodeFaces(...outputs([{ anchor: coarse, logit: 2, box: [0, 0, 10, 10] }]), IDENTITY);
    expect(face?.box).toEqual({ x: 7.5 * 32 - 5, y: 2.5 * 32 - 5, width: 10, height: 10 });
  });

  it('gives pixels of the frame, undoing the letterbox', () => {
    const place = { scale: 0.4, offsetX: 0, offsetY: 32 };
    const [face] = decodeFaces(...outputs([{ anchor: fine(0, 4), logit: 2, box: [0, 0, 16, 16] }]), place);
    expect(face?.box).toEqual({ x: 0, y: (64 - 32) / 0.4, width: 40, height: 40 });
    expect(face?.keyPoints.nose).toEqual({ x: 20, y: 100 });
  });

  it('blends anchors that see one face, weighted by score, and keeps the best score', () => {
    const [face, ...others] = decodeFaces(
      ...outputs([
        { anchor: fine(5, 5), logit: Math.log(4), box: [0, 0, 64, 64] }, // score 0.8, centre (88, 88)
        { anchor: fine(6, 5), logit: Math.log(4), box: [0, 0, 64, 64] }, // score 0.8, centre (104, 88)
      ]),
      IDENTITY,
    );
    expect(others).toEqual([]);
    expect(face?.score).toBeCloseTo(0.8, 6);
    expect(face?.box).toEqual({ x: 96 - 32, y: 88 - 32, width: 64, height: 64 });
  });

  it('keeps faces apart that hardly overlap, the largest first, and no more than asked for', () => {
    const said = [2, 5, 8, 11].map((column, i) => ({ anchor: fine(column, 8), logit: 4 - i, box: [0, 0, 20 + i, 20] }));
    const widths = decodeFaces(...outputs(said), IDENTITY).map(({ box }) => box.width);
    expect(widths).toEqual([23, 22, 21, 20]);
    expect(decodeFaces(...outputs(said), IDENTITY, { maxFaces: 2 }).map(({ box }) => box.width)).toEqual([23, 22]);
  });

  it('takes no face from low scores, NaN, or boxes without a size', () => {
    const said = [
      { anchor: 0, logit: 0, box: [0, 0, 20, 20] },
      { anchor: 100, logit: NaN, box: [0, 0, 20, 20] },
      { anchor: 200, logit: 5, box: [0, 0, NaN, 20] },
      { anchor: 300, logit: 5, box: [0, 0, -3, 20] },
    ];
    expect(decodeFaces(...outputs(said), IDENTITY)).toEqual([]);
    expect(decodeFaces(...outputs(said), IDENTITY, { minScore: 0.4 })).toHaveLength(1);
  });

  it('is sorted by size and bounded by what was said, whatever was said', () => {
    const anchor = fc.record({
      anchor: fc.integer({ min: 0, max: 895 }),
      logit: fc.double({ min: -3, max: 6, noNaN: true }),
      box: fc.tuple(fc.constant(0), fc.constant(0), fc.integer({ min: 4, max: 80 }), fc.integer({ min: 4, max: 80 })),
    });
    fc.assert(
      fc.property(fc.uniqueArray(anchor, { selector: (each) => each.anchor, maxLength: 60 }), (said) => {
        const faces = decodeFaces(...outputs(said), IDENTITY, { maxFaces: 100 });
        expect(faces.length).toBeLessThanOrEqual(said.length);
        for (const { score } of faces) expect(score).toBeGreaterThanOrEqual(0.6);
        const areas = faces.map(({ box }) => box.width * box.height);
        expect(areas).toEqual([...areas].sort((a, b) => b - a));
      }),
    );
  });
});

describe('iou', () => {
  it('is 1 for a box with itself, 0 for boxes apart, and the same both ways', () => {
    const side = fc.integer({ min: 1, max: 50 });
    const place = fc.integer({ min: -50, max: 50 });
    const box = fc.record({ x: place, y: place, width: side, height: side });
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(iou(a, a)).toBe(1);
        expect(iou(a, b)).toBe(iou(b, a));
        expect(iou(a, { ...b, x: a.x + a.width })).toBe(0);
      }),
    );
    expect(iou({ x: 0, y: 0, width: 2, height: 2 }, { x: 1, y: 0, width: 2, height: 2 })).toBeCloseTo(1 / 3, 12);
  });
});
