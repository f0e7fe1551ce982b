/** A corpus' clips as encoders take them: the middle of a voice, the aligned crops of a face. */
import type { FeatureClip } from '../../models/toolkit/features/extract.ts';
import type { Crops } from '../../models/toolkit/features/face-states.ts';
import type { VideoCrops } from '../../models/toolkit/features/video-crops.ts';
import { SAMPLE_RATE_HZ } from '../../models/toolkit/features/voice-states.ts';
import type { Clip, MediaRef } from '../core/manifest.ts';
import { mediaRefText } from '../core/manifest-media.ts';
import type { Modality } from '../domain.ts';
import type { Media } from '../io/corpus/media.ts';

/** Where a clip's voice or face is; undefined where it has none. A crop is taken before a video, a sound likewise. */
export function featureMedia({ media }: Pick<Clip, 'media'>, modality: Modality): MediaRef | undefined {
  return modality === 'voice' ? (media.audio ?? media.video) : (media.image ?? media.video);
}

/** Clips that are heard. @param seconds of a longer clip, those in its middle are taken. */
export function voiceClips(
  clips: readonly Clip[],
  media: Media,
  seconds: number,
): readonly FeatureClip<Float32Array>[] {
  return clipsWith(clips, 'voice', async (_, ref) => middle(await media.audio(ref), seconds * SAMPLE_RATE_HZ));
}

/** Clips that are seen. */
export function faceClips(clips: readonly Clip[], media: Media, video: VideoCrops): readonly FeatureClip<Crops>[] {
  return clipsWith(clips, 'face', async (clip, ref) =>
    clip.media.image ? [await media.image(ref)] : video.of(await media.frames(ref)),
  );
}

function clipsWith<D>(
  clips: readonly Clip[],
  modality: Modality,
  read: (clip: Clip, ref: MediaRef) => Promise<D>,
): readonly FeatureClip<D>[] {
  return clips.flatMap((clip) => {
    const ref = featureMedia(clip, modality);
    return ref ? [{ id: clip.id, media: mediaRefText(ref), read: () => read(clip, ref) }] : [];
  });
}

function middle(samples: Float32Array, most: number): Float32Array {
  const from = Math.max(0, Math.floor((samples.length - most) / 2));
  return samples.length <= most ? samples : samples.slice(from, from + Math.floor(most));
}
