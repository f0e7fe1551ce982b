/** Features in a folder: one encoder over one corpus, with progress. */
import { basename } from 'node:path';
import { encoderHash } from '../../models/encoder-format.ts';
import { type EncoderRunOptions, openEncoder, type OpenEncoder } from '../../models/encoder.ts';
import { extractFeatures, type ExtractOptions } from '../../models/toolkit/features/extract.ts';
import { faceStates, sideOf } from '../../models/toolkit/features/face-states.ts';
import type { FeaturesManifest, Making } from '../../models/toolkit/features/format.ts';
import { videoCrops } from '../../models/toolkit/features/video-crops.ts';
import { voiceStates } from '../../models/toolkit/features/voice-states.ts';
import { sizeWords } from '../../models/toolkit/features/write.ts';
import { UndertoneError } from '../errors.ts';
import type { Corpus } from '../io/corpus/corpus.ts';
import { openMedia } from '../io/corpus/media.ts';
import { faceClips, featureMedia, voiceClips } from './features-clips.ts';
import { counted, type Progress, progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';

/** What is made, and how. */
export interface FeaturesOptions extends Pick<ExtractOptions, 'signal' | 'shardBytes' | 'shardClips' | 'freeBytes'> {
  /** Folder of the encoder. */
  readonly encoder: string;
  /** Folder that gets the features; made where it is not there. */
  readonly out: string;
  /** Hidden states to keep. Default: all of a voice encoder. */
  readonly layers?: readonly number[];
  /** Whether every frame is kept, or their mean over a clip. Default `each`. */
  readonly frames?: Making['frames'];
  /** Voice: of a longer clip, so many seconds in its middle are taken. Default 12. */
  readonly seconds?: number;
  /** Face: side of the pictures, where the encoder leaves it open. Default 224. */
  readonly side?: number;
  readonly network: EncoderRunOptions;
  readonly ffmpeg: string;
  readonly stream: ProgressStream;
}

/** Attention's cost grows with the square of the length. */
const SECONDS = 12;

/**
 * Run an encoder over a corpus.
 * @returns null after an abort; the same call goes on.
 * @throws UndertoneError `encoder-invalid`, `config-invalid`, `corpus-invalid`, as `openEncoder`, `extractFeatures` and `openMedia` do.
 */
export async function makeFeatures(corpus: Corpus, options: FeaturesOptions): Promise<FeaturesManifest | null> {
  const open = await openEncoder(options.encoder, options.network);
  try {
    return await withRunLock(options.out, () => extract(corpus, open, options));
  } finally {
    await open.network.close();
  }
}

async function extract(
  corpus: Corpus,
  { encoder, network, precision }: OpenEncoder,
  options: FeaturesOptions,
): Promise<FeaturesManifest | null> {
  const { stream, seconds = SECONDS, frames = 'each', ffmpeg, out, layers, side } = options;
  const { modality, kind, width } = encoder;
  const made = {
    encoder: { kind, source: encoder.source.name, sha256: encoderHash(encoder) },
    modality,
    width,
    frames,
  };
  const computed = precision === 'float16' ? { precision } : {};
  const clips = corpus.clips.filter((clip) => featureMedia(clip, modality));
  const bars: Progress[] = [];
  const told: Omit<ExtractOptions, 'making'> = {
    ...options,
    out,
    corpus: basename(corpus.file),
    without: corpus.clips.length - clips.length,
    onStart(before, bytes) {
      stream.write(
        `${clips.length} clips, ${corpus.clips.length - clips.length} more without a ${modality}; ` +
          `about ${sizeWords(bytes)} to write${before > 0 ? `, ${before} clips are done` : ''}\n`,
      );
      bars.push(
        progress({
          stream,
          doing: 'encoding',
          total: clips.length,
          before,
          tell: counted(clips.length),
          now: () => performance.now(),
        }),
      );
    },
    onClips(done, failed) {
      for (const { id, why } of failed) bars[0]?.line(`undertone: failed: ${id}: ${why}`);
      bars[0]?.update(done);
    },
  };
  const kinds = modality === 'voice' ? (['audio', 'video'] as const) : (['image', 'video'] as const);
  const media = await openMedia({ ...corpus, clips }, { kinds, ffmpeg });
  const video = videoCrops(options.network);
  try {
    if (encoder.modality === 'voice') {
      const chosen = checkLayers(layers, encoder.layers);
      const making: Making = { ...made, layers: [...chosen], seconds, side: null, ...computed };
      const states = voiceStates(encoder, network, { layers: chosen, frames });
      return await extractFeatures(voiceClips(clips, media, seconds), states, { ...told, making });
    }
    if (layers)
      throw new UndertoneError('config-invalid', '--layers: an encoder of faces gives one layer: leave it out');
    const given = sideOf(encoder, side);
    const making: Making = { ...made, layers: [0], seconds: null, side: given, ...computed };
    const states = faceStates(encoder, network, { side: given, frames });
    return await extractFeatures(faceClips(clips, media, video), states, { ...told, making });
  } finally {
    bars[0]?.end();
    await video.close();
    await media.close();
  }
}

/** @returns in ascending order. */
function checkLayers(layers: readonly number[] | undefined, there: number): readonly number[] {
  if (!layers) return Array.from({ length: there }, (_, i) => i);
  const absent = layers.find((layer) => layer >= there);
  if (absent === undefined) return [...new Set(layers)].toSorted((a, b) => a - b);
  throw new UndertoneError(
    'config-invalid',
    `--layers: there is no hidden state ${absent}: the encoder gives 0 to ${there - 1}`,
  );
}
