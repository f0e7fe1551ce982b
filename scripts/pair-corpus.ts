/**
 * A corpus of pairs: a face and a voice of agreeing labels, as `evaluate` and `calibrate` take it for --modality av. No
 * paired video with votes is to be had where the default pack is made; its shared layers learned from such pairs.
 *
 *     node scripts/run.mjs scripts/pair-corpus.ts --faces ferplus/dev.jsonl --voices speech/ravdess.jsonl
 *         --speakers ravdess-19,ravdess-20 --out pairs/dev [--ids held-back.txt] [--count 1000] [--seed 7]
 *
 * For each face a label is drawn from its raters' votes, then a voice clip of that label; the pair's votes are those of
 * the face and as many for the voice's label. `--out` gets `pairs.jsonl` and links to the corpora's folders.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LABELS } from '../src/core/labels.ts';
import type { Clip, MediaRef } from '../src/core/manifest.ts';
import { mediaRefText } from '../src/core/manifest-media.ts';
import { integerBelow, permutation, randomStream } from '../src/core/random.ts';
import type { Label } from '../src/domain.ts';
import { readCorpus } from '../src/io/corpus/corpus.ts';

const { values } = parseArgs({
  options: {
    faces: { type: 'string' },
    voices: { type: 'string' },
    speakers: { type: 'string' },
    ids: { type: 'string' },
    out: { type: 'string' },
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '7' },
  },
});
const { faces: faceFile, voices: voiceFile, out } = values;
if (faceFile === undefined || voiceFile === undefined || out === undefined)
  throw new Error('--faces, --voices and --out are needed: two manifests and a folder');

const ids = values.ids === undefined ? null : new Set(readFileSync(values.ids, 'utf8').split('\n'));
const speakers = values.speakers?.split(',');
const faces = (await readCorpus(faceFile)).clips.filter(({ id }) => ids?.has(id) ?? true);
const voices = (await readCorpus(voiceFile)).clips.filter(({ speaker = '' }) => speakers?.includes(speaker) ?? true);
const byLabel = new Map<Label, Clip[]>();
for (const clip of voices) {
  const label = LABELS.find((name) => clip.votes.voice?.[name] !== undefined);
  if (label !== undefined) byLabel.set(label, [...(byLabel.get(label) ?? []), clip]);
}

const lines: string[] = [];
for (const index of permutation(randomStream(values.seed, 'pairs'), faces.length)) {
  const face = faces[index];
  if (lines.length >= Number(values.count)) break;
  if (!face?.media.image) continue;
  const votes = LABELS.map((label) => [label, face.votes.face?.[label] ?? 0] as const);
  const total = votes.reduce((sum, [, count]) => sum + count, 0);
  const random = randomStream(values.seed, 'pair', face.id);
  let lot = integerBelow(random, Math.max(1, total));
  const drawn = votes.find(([, count]) => (lot -= count) < 0)?.[0];
  const candidates = (drawn && byLabel.get(drawn)) ?? [];
  const voice = candidates[integerBelow(random, candidates.length)];
  if (drawn === undefined || !voice?.media.audio) continue;
  const both = votes.map(([label, count]) => [label, count + (label === drawn ? total : 0)] as const);
  lines.push(
    JSON.stringify({
      id: `${face.id} ${voice.id}`,
      ...(voice.speaker !== undefined && { speaker: voice.speaker }),
      media: { image: within('faces', face.media.image), audio: within('voices', voice.media.audio) },
      votes: { av: Object.fromEntries(both.filter(([, count]) => count > 0)) },
    }),
  );
}
mkdirSync(out, { recursive: true });
symlinkSync(resolve(dirname(faceFile)), join(out, 'faces'));
symlinkSync(resolve(dirname(voiceFile)), join(out, 'voices'));
writeFileSync(join(out, 'pairs.jsonl'), `${lines.join('\n')}\n`);
process.stdout.write(`${join(out, 'pairs.jsonl')}: ${lines.length} pairs\n`);

function within(folder: string, ref: MediaRef): string {
  return `${folder}/${mediaRefText(ref)}`;
}
