/**
 * Voice, face and both on real people: RAVDESS with its action units as the face, rows 9 to 12 of paper 5.
 *
 *     node scripts/run.mjs scripts/fusion-experiment.ts --voice voice.onnx [--data ../shared/data] [--seeds 7,8,9]
 *         [--config models/configs/fusion-ravdess-au.json] [--out runs/fusion-ravdess-au]
 *
 * Prints the table of docs/fusion.md. Stopped, the same command goes on; encoding the clips is not kept.
 */
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readFusionConfig } from '../models/toolkit/train/fusion-config.ts';
import { score } from './fusion/score.ts';
import { encodeClips } from './fusion/clips.ts';
import { runSystems, type SystemScore } from './fusion/systems.ts';
import { markdownTable } from './generated.ts';

const { values } = parseArgs({
  options: {
    voice: { type: 'string' },
    data: { type: 'string', default: '../shared/data' },
    seeds: { type: 'string', default: '7,8,9' },
    config: { type: 'string', default: 'models/configs/fusion-ravdess-au.json' },
    out: { type: 'string', default: 'runs/fusion-ravdess-au' },
  },
});
const config = await readFusionConfig(values.config);
if (config === null || values.voice === undefined) throw new Error('give --voice FILE and a --config of kind fusion');
const { labels, shape } = config;
const bytes = await readFile(values.voice);
const encoder = {
  bytes,
  embedding: [shape.steps, shape.voiceWidth],
  labels: labels.length,
  trimDb: config.hearing.trimDb,
};
const say = (line: string) => process.stderr.write(`${line}\n`);

say('encoding clips ...');
const learned = await encodeClips(values.data, 'train', config, encoder);
const dev = await encodeClips(values.data, 'dev', config, encoder);
const fingerprint = createHash('sha256').update(bytes).update(JSON.stringify(config)).digest('hex');
const controller = new AbortController();
process.once('SIGINT', () => {
  controller.abort();
});
const runs: SystemScore[][] = [];
for (const seed of values.seeds.split(',').map(Number)) {
  say(`seed ${seed.toString()} ...`);
  const run = { folder: values.out, fingerprint, signal: controller.signal, threads: 1 };
  runs.push([...(await runSystems({ ...config, seed }, { learned, dev }, run))]);
  if (controller.signal.aborted) process.exit(1);
}

const truth = dev.map(({ example }) => example.target.shares);
const speakers = dev.map(({ example }) => example.clip.speaker ?? example.clip.id);
const three = (x: number) => x.toFixed(3);
const interval = (range: readonly [number, number] | null) => (range ? `${three(range[0])} to ${three(range[1])}` : '');
const rows = (runs[0] ?? []).map(({ system, subset }, i) => {
  const same = runs.flatMap((run) => run[i] ?? []);
  const mean = (of: (one: SystemScore) => number) => same.reduce((sum, one) => sum + of(one), 0) / same.length;
  // Intervals are of the mean of the runs' shares: of what these clips and speakers happen to be, not of the seed.
  const shares = truth.map((row, clip) => row.map((_, k) => mean((one) => one.shares[clip]?.[k] ?? 0)));
  const { uar, byClip, bySpeaker } = score(truth, shares, speakers);
  return [
    system,
    subset,
    three(mean((one) => one.uar)),
    three(uar),
    interval(byClip),
    interval(bySpeaker),
    three(mean(({ macroF1 }) => macroF1)),
    three(mean(({ learnedUar }) => learnedUar)),
  ];
});
const header = [
  'System',
  'Given',
  'UAR',
  'UAR, mean of shares',
  '95 % by clip',
  '95 % by speaker',
  'macro-F1',
  'UAR on learned clips',
];
process.stdout.write(`${markdownTable([header, ...rows])}\n`);
