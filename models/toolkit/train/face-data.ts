/** Pictures of faces, ready to be learned from. */
import type { MediaRef } from '../../../src/core/manifest.ts';
import type { Example } from './examples.ts';
import type { FaceExample } from './face-task.ts';
import { mediaOf, type ReadClips, readEach, type ReadingOptions } from './reading.ts';

/**
 * Read face crops. They are kept as bytes, so 28 000 of them take 66 MB.
 * @param image decodes a crop to [48, 48] grey levels in 0 .. 1.
 * @example const { read, unread } = await faceExamples(examples, media.image, { signal });
 */
export function faceExamples(
  examples: readonly Example[],
  image: (ref: MediaRef) => Promise<Float32Array>,
  options: ReadingOptions,
): Promise<ReadClips<FaceExample>> {
  return readEach(
    examples,
    async (example) => {
      const pixels = await image(mediaOf(example, 'image'));
      return {
        id: example.clip.id,
        pixels: Uint8Array.from(pixels, (level) => Math.round(level * 255)),
        target: example.target,
      };
    },
    options,
  );
}
