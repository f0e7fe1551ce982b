/** Voices, ready to be learned from: log-mel of each clip as it is, and as other rooms and lines would have given it. */
import { augmentVoice, type VoiceAugmentation } from '../../../src/core/augment/voice.ts';
import { FRAME_SAMPLES, logMel } from '../../../src/core/features.ts';
import type { MediaRef } from '../../../src/core/manifest.ts';
import { mediaRefText } from '../../../src/core/manifest-media.ts';
import { randomStream } from '../../../src/core/random.ts';
import { UndertoneError } from '../../../src/errors.ts';
import type { Example } from './examples.ts';
import { hasLogMel, logMelFile, readLogMel, writeLogMel } from './mel-cache.ts';
import { mediaOf, type ReadClips, readEach, type ReadingOptions } from './reading.ts';
import type { VoiceExample } from './voice-task.ts';

/** How voices are made ready. */
export interface VoiceDataOptions extends ReadingOptions {
  /** Decodes a clip to 16 kHz mono in [-1, 1]. */
  readonly audio: (ref: MediaRef) => Promise<Float32Array>;
  /** Tells one state of a media file from another, for instance by its size and time of change. */
  readonly stamp: (ref: MediaRef) => Promise<string>;
  /** Where log-mel is kept. */
  readonly cache: string;
  readonly seed: number;
  /** At least 1; the first is the clip as it is. */
  readonly variants: number;
  readonly augmentation: VoiceAugmentation;
}

/**
 * Make log-mel of each clip's variants, or find it in the cache. Of all clips, one is in memory at a time.
 * @example const { read } = await voiceExamples(examples, { audio: media.audio, cache: 'out/cache', variants: 3, ...rest });
 */
export function voiceExamples(
  examples: readonly Example[],
  { audio, stamp, cache, seed, variants, augmentation, ...reading }: VoiceDataOptions,
): Promise<ReadClips<VoiceExample>> {
  async function read(example: Example): Promise<VoiceExample> {
    const { id } = example.clip;
    const ref = mediaOf(example, 'audio');
    const source = [id, mediaRefText(ref), await stamp(ref)];
    const files = Array.from({ length: variants }, (_, k) =>
      logMelFile(cache, k === 0 ? source : [...source, k, seed, augmentation]),
    );
    const there = await Promise.all(files.map(hasLogMel));
    if (there.includes(false)) {
      const samples = await audio(ref);
      if (samples.length < FRAME_SAMPLES)
        throw new UndertoneError(
          'bad-media',
          `clip ${id} has ${samples.length} samples: give it ${FRAME_SAMPLES} or more`,
        );
      for (const [k, file] of files.entries())
        if (there[k] !== true) await writeLogMel(file, framesOf(variant(samples, id, k)));
    }
    return { id, target: example.target, variants: files.map((file) => () => readLogMel(file)) };
  }

  function variant(samples: Float32Array, id: string, k: number): Float32Array {
    return k === 0 ? samples : augmentVoice(samples, randomStream(seed, 'variant', id, k), augmentation);
  }

  return readEach(examples, read, reading);
}

function framesOf(samples: Float32Array): Float32Array {
  return logMel(new Float32Array(0), samples).frames;
}
