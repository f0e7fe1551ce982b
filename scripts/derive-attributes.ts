/**
 * Learns what raters of each emotion score, from the tables of IEMOCAP and MSP-IMPROV, and writes it where the product
 * reads it: `node scripts/run.mjs scripts/derive-attributes.ts [../shared/data/vad]`. The result is committed.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ATTRIBUTES } from '../src/core/vad/attributes.ts';
import { emotionAttributes } from '../src/core/vad/emotion-attributes.ts';
import { ratedClips, type RatedTable } from '../src/core/vad/rated-clips.ts';

const means = { valence: 'EmoVal', arousal: 'EmoAct', dominance: 'EmoDom' };

// Excitement is happiness here, as FER+ has no label for it; frustration is no label, but must not be taken for another.
const TABLES: Readonly<Record<string, RatedTable>> = {
  'iemocap.csv': {
    emotions: {
      frustration: 'frustrated',
      anger: 'angry',
      sadness: 'sad',
      disgust: 'disgust',
      excitement: 'excited',
      fear: 'fear',
      neutral: 'neutral',
      surprise: 'surprise',
      happiness: 'happy',
    },
    means,
    smoothing: 0.05,
    fewestRaters: 2,
  },
  'improv.csv': {
    emotions: { anger: 'angry', sadness: 'sad', neutral: 'neutral', happiness: 'happy' },
    means,
    smoothing: 0.05,
    fewestRaters: 5,
  },
};

const folder = process.argv[2] ?? '../shared/data/vad';
const read = await Promise.all(
  Object.entries(TABLES).map(async ([file, table]) => {
    const text = await readFile(join(folder, file), 'utf8');
    const clips = ratedClips(text, file, table).map((clip) => {
      const { excitement = 0, happiness = 0, ...shares } = clip.shares;
      return { ...clip, shares: { ...shares, happiness: happiness + excitement } };
    });
    return { file, clips, sha256: createHash('sha256').update(text).digest('hex') };
  }),
);
const emotions = Object.fromEntries(
  Object.entries(emotionAttributes(read.map(({ clips }) => clips))).map(([label, scores]) => [
    label,
    Object.fromEntries(
      ATTRIBUTES.map((attribute) => [
        attribute,
        { mean: rounded(scores[attribute].mean), sd: rounded(scores[attribute].sd) },
      ]),
    ),
  ]),
);
const written = {
  about:
    'Derived, not rated: mean and standard deviation of single raters who vote for an emotion, on [-1, 1]. Contempt is in ' +
    'neither table and is an even mixture of anger and disgust. Written by scripts/derive-attributes.ts.',
  tables: read.map(({ file, clips, sha256 }) => ({ file, clips: clips.length, sha256 })),
  emotions,
};
const target = new URL('../src/core/vad/derived-attributes.json', import.meta.url);
await writeFile(target, `${JSON.stringify(written, null, 2)}\n`);
for (const [label, scores] of Object.entries(emotions))
  process.stdout.write(`${label.padEnd(10)} ${JSON.stringify(scores)}\n`);

function rounded(x: number): number {
  return Math.round(x * 1e4) / 1e4;
}
