import fc from 'fast-check';
import { expect, test } from 'vitest';
import { augmentLogMel, MEL_AUGMENTATION } from '../../../src/core/augment/mel.ts';
import { MEL_BANDS } from '../../../src/core/features.ts';
import { randomStream } from '../../../src/core/random.ts';
import { clips, hiss, melOf } from './frames.ts';

const nothing = Object.fromEntries(Object.keys(MEL_AUGMENTATION).map((name) => [name, 0]));

test('with nothing to change a clip stays as it is', () => {
  fc.assert(
    fc.property(clips, fc.integer(), (frames, seed) => {
      expect(augmentLogMel(frames, randomStream(seed), nothing)).toEqual(frames);
      const n = frames.length / MEL_BANDS;
      expect(augmentLogMel(frames, randomStream(seed), { ...nothing, frames: n })).toEqual(frames);
    }),
  );
});

test('a variant is finite, has the wanted length, and leaves the input alone', () => {
  fc.assert(
    fc.property(clips, fc.integer(), fc.constantFrom(0, 1), (frames, seed, chance) => {
      const before = frames.slice();
      const options = { frames: 30, lineChance: chance, noiseChance: chance };
      const variant = augmentLogMel(frames, randomStream(seed), options);
      expect(variant).toHaveLength(30 * MEL_BANDS);
      expect(variant.every(Number.isFinite)).toBe(true);
      expect(frames).toEqual(before);
    }),
  );
});

test('every strength changes something by itself', () => {
  const frames = melOf(hiss('alone', 16_000));
  const alone = [
    { stretch: 0.1 },
    { tract: 0.1 },
    { levelDb: 5 },
    { tiltDb: 5 },
    { lineChance: 1 },
    { noiseChance: 1 },
    { timeMasks: 2, timeMaskFrames: 20 },
    { bandMasks: 2, bandMaskWidth: 8 },
    { frames: 50 },
  ];
  for (const options of alone)
    expect(augmentLogMel(frames, randomStream(9), { ...nothing, ...options }), JSON.stringify(options)).not.toEqual(
      frames,
    );
});

test('is decided by the stream', () => {
  const frames = melOf(hiss('stream', 8000));
  expect(augmentLogMel(frames, randomStream(1))).toEqual(augmentLogMel(frames, randomStream(1)));
  expect(augmentLogMel(frames, randomStream(1))).not.toEqual(augmentLogMel(frames, randomStream(2)));
});
