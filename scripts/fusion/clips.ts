/** RAVDESS as sequences: what the voice encoder hears in each clip, and the clip's action units as its face. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Encoded, openEncoder, windowsOf, type Encoder } from '../../models/toolkit/train/encode.ts';
import { examplesOf, type Example } from '../../models/toolkit/train/examples.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { WINDOW_FRAMES } from '../../models/toolkit/train/voice-task.ts';
import { augmentLogMel } from '../../src/core/augment/mel.ts';
import { invalid, parseCsv } from '../../src/core/csv.ts';
import { logMel, MEL_BANDS } from '../../src/core/features.ts';
import { randomStream } from '../../src/core/random.ts';
import { readCorpus } from '../../src/io/corpus/corpus.ts';
import { openMedia } from '../../src/io/corpus/media.ts';

/** A clip, encoded. */
export interface EncodedClip {
  readonly example: Example;
  /** A clip that is judged on: its windows, every 250 ms. One that is learned from: as often as it was varied. */
  readonly heard: readonly Encoded[];
  /** Square roots of the action units: intensities and shares of frames are many small ones, few large. */
  readonly units: Float32Array;
}

const HOP_FRAMES = 25;

/**
 * All clips of a split that have action units.
 * @param data folder of the corpora.
 * @throws UndertoneError `corpus-invalid` for a manifest or table that cannot be read, `bad-media` for a clip.
 */
export async function encodeClips(
  data: string,
  split: 'train' | 'dev',
  { labels, seed, hearing }: Pick<FusionConfig, 'labels' | 'seed' | 'hearing'>,
  voice: Encoder,
): Promise<readonly EncodedClip[]> {
  const units = await readUnits(join(data, 'ravdess-au/au.csv'));
  const corpus = await readCorpus(join(data, 'speech/ravdess.jsonl'));
  const clips = corpus.clips.filter((clip) => clip.split === split && units.has(clip.id));
  const media = await openMedia(corpus, { kinds: ['audio'] });
  const encoder = await openEncoder(voice, { logmel: [WINDOW_FRAMES, MEL_BANDS] });
  const done: EncodedClip[] = [];
  try {
    for (const example of examplesOf(clips, 'voice', labels).examples) {
      const { id, media: files } = example.clip;
      if (!files.audio) continue;
      const { frames } = logMel(new Float32Array(0), await media.audio(files.audio));
      const inputs =
        split === 'dev'
          ? windowsOf(frames, HOP_FRAMES)
          : Array.from({ length: hearing.looks }, (_, k) => {
              const random = randomStream(seed, 'hearing', id, k);
              return augmentLogMel(frames, random, { ...hearing.augmentation, frames: WINDOW_FRAMES });
            });
      done.push({
        example,
        heard: await encoder.run(inputs),
        units: units.get(id) ?? new Float32Array(0),
      });
    }
  } finally {
    await encoder.close();
    await media.close();
  }
  return done;
}

async function readUnits(file: string): Promise<ReadonlyMap<string, Float32Array>> {
  const { rows } = parseCsv(await readFile(file, 'utf8'), file);
  return new Map(
    rows.map(({ line, cells: [id = '', ...cells] }) => {
      const numbers = Float32Array.from(cells, (cell) => Math.sqrt(Number(cell)));
      if (!numbers.every(Number.isFinite))
        throw invalid(file, line, 'an action unit is no number of at least 0: mend it');
      return [id, numbers];
    }),
  );
}
