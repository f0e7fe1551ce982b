import { expect, it } from 'vitest';
import { clipRow } from '../../../../models/toolkit/train/fusion-clips.ts';
import { fusionFeeds } from '../../../../models/toolkit/train/fusion-rows.ts';

const shape = { layers: 2, steps: 3, voiceWidth: 1, frames: 2, faceWidth: 2 };

it('masks the steps that a short voice lacks, in every layer', () => {
  const { voice, voiceMask } = fusionFeeds(
    [
      { voice: Float32Array.of(1, 2, 11, 12), face: null, targets: {} },
      { voice: Float32Array.of(1, 2, 3, 11, 12, 13), face: null, targets: {} },
    ],
    shape,
  );
  expect([...voice.data]).toEqual([1, 2, 0, 11, 12, 0, 1, 2, 3, 11, 12, 13]);
  expect([...voiceMask.data]).toEqual([1, 1, 0, 1, 1, 1]);
});

it('takes the frames in the middle of a clip that has too many, or those that are chosen', () => {
  const clip = {
    voice: { frames: 7, read: (from: number, count: number) => Float32Array.of(from, count) },
    face: { frames: 1, read: (from: number, count: number) => Float32Array.of(from, count) },
    targets: {},
  };
  expect(clipRow(clip, shape)).toMatchObject({ voice: Float32Array.of(2, 3), face: Float32Array.of(0, 1) });
  expect(clipRow(clip, shape, (n) => n - 1).voice).toEqual(Float32Array.of(4, 3));
});
