/** From the clips of a run to a task: media decoded, log-mel made, the network's training step built. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TrainingConfig } from '../../models/toolkit/train/config-schema.ts';
import type { Example, Target } from '../../models/toolkit/train/examples.ts';
import { faceExamples } from '../../models/toolkit/train/face-data.ts';
import { faceModel, faceTask, meanShares } from '../../models/toolkit/train/face-task.ts';
import { faceJudge, voiceJudge } from '../../models/toolkit/train/judge.ts';
import type { Task } from '../../models/toolkit/train/loop.ts';
import type { ReadClips, Unread } from '../../models/toolkit/train/reading.ts';
import { voiceExamples } from '../../models/toolkit/train/voice-data.ts';
import { voiceModel, voiceTask } from '../../models/toolkit/train/voice-task.ts';
import { encodeOnnx } from '../../models/toolkit/onnx-writer.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import type { MediaRef } from '../core/manifest.ts';
import { type Media, openMedia } from '../io/corpus/media.ts';
import type { CorpusClips, TrainingClips } from './training-clips.ts';

/** A network that is ready to be trained. */
export interface Prepared {
  readonly learned: readonly { readonly id: string; readonly target: Target }[];
  /** Clips that are judged on. */
  readonly dev: number;
  readonly unread: readonly Unread[];
  /** Builds the training step. */
  task(): Task;
  /** The network that serves, ONNX. */
  model(weights: ReadonlyMap<string, Float32Array>): Uint8Array;
}

/** How media is made ready. */
export interface PreparationOptions {
  /** The ffmpeg binary. */
  readonly ffmpeg: string;
  /** Where log-mel is kept. */
  readonly cache: string;
  /** Of the network that is asked for the dev figures. */
  readonly network: NetworkOptions;
  /** Ends the preparation between two clips; what there is then is of no use. */
  readonly signal: AbortSignal;
  readonly onClip: () => void;
}

/**
 * Make the clips ready.
 * @throws UndertoneError `bad-media` for a shard that cannot be opened, `setup-missing` without ffmpeg.
 */
export async function prepare(
  config: TrainingConfig,
  clips: TrainingClips,
  { ffmpeg, cache, network, signal, onClip }: PreparationOptions,
): Promise<Prepared> {
  const reading = { signal, onClip };
  const { labels } = config;
  if (config.kind === 'face') {
    const { learned, dev, unread } = await readAll(clips, 'image', ffmpeg, (examples, media) =>
      faceExamples(examples, (ref) => media.image(ref), reading),
    );
    const serving = { ...config, prior: meanShares(learned, labels.length) };
    return {
      learned,
      dev: dev.length,
      unread,
      task: () => faceTask(learned, config, faceJudge(dev, serving, network)),
      model: (weights) => faceModel(weights, serving),
    };
  }
  const { seed, variants, voiceAugmentation: augmentation } = config;
  const { learned, dev, unread } = await readAll(clips, 'audio', ffmpeg, (examples, media, folder, judged) => {
    const options = {
      ...reading,
      audio: (ref: MediaRef) => media.audio(ref),
      stamp: stamps(folder),
      cache,
      seed,
      augmentation,
    };
    return voiceExamples(examples, { ...options, variants: judged ? 1 : variants });
  });
  return {
    learned,
    dev: dev.length,
    unread,
    task: () => voiceTask(learned, config, voiceJudge(dev, config, network)),
    model: (weights) => encodeOnnx(voiceModel(weights, config.network, labels.length)),
  };
}

async function readAll<E>(
  clips: TrainingClips,
  kind: 'audio' | 'image',
  ffmpeg: string,
  read: (examples: readonly Example[], media: Media, folder: string, judged: boolean) => Promise<ReadClips<E>>,
): Promise<{ readonly learned: readonly E[]; readonly dev: readonly E[]; readonly unread: readonly Unread[] }> {
  const unread: Unread[] = [];
  const all = async (parts: readonly CorpusClips[], judged: boolean): Promise<E[]> => {
    const done: E[] = [];
    for (const { corpus, examples, repeat } of parts) {
      const media = await openMedia(corpus, { kinds: [kind], ffmpeg });
      try {
        const found = await read(examples, media, dirname(corpus.file), judged);
        for (let i = 0; i < repeat; i++) done.push(...found.read);
        unread.push(...found.unread);
      } finally {
        await media.close();
      }
    }
    return done;
  };
  return { learned: await all(clips.learned, false), dev: await all(clips.dev, true), unread };
}

/** Size and time of change of a media file; each file is looked at once. */
function stamps(folder: string): (ref: MediaRef) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return ({ file }) => {
    const stamp =
      known.get(file) ??
      stat(join(folder, file)).then(
        ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
        () => 'missing',
      );
    known.set(file, stamp);
    return stamp;
  };
}
