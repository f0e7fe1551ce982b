/**
 * What of attributes the live monitor had best say: how the looks of a window are made into one answer, and what is said of
 * windows with voice and face. The tables of docs/uncertainty.md; labels are derived.
 *
 *     node scripts/run.mjs scripts/attributes-live.ts --faces ../shared/data/ferplus/dev.jsonl \
 *         [--pairs pairs/pairs.jsonl] [--pack models/packs/default] [--limit 1500] [--looks 5]
 *
 * `--pairs` is what scripts/pair-corpus.ts wrote. Looks of one picture are varied as webcams vary: no video with votes is
 * to be had.
 */
import { parseArgs } from 'node:util';
import type { WindowRequest } from '../models/calls.ts';
import { loadPack } from '../models/pack.ts';
import { openNetwork } from '../models/runtime.ts';
import { windowsOf } from '../models/toolkit/score/clip-windows.ts';
import { cropLooks, faceOf } from '../models/toolkit/score/looks.ts';
import { openForScoring } from '../models/toolkit/score/networks.ts';
import { examplesOf } from '../models/toolkit/train/examples.ts';
import { mediaOf } from '../models/toolkit/train/reading.ts';
import { windowCalls } from '../models/worker/windows.ts';
import { augmentFace } from '../src/core/augment/face.ts';
import { concordance } from '../src/core/metrics/concordance.ts';
import { perceive } from '../src/core/perception.ts';
import { predict } from '../src/core/prediction.ts';
import { randomStream } from '../src/core/random.ts';
import { ATTRIBUTES, type PerAttribute } from '../src/core/vad/attributes.ts';
import { derivedLabels } from '../src/core/vad/derived.ts';
import type { Logits } from '../src/domain.ts';
import { readCorpus } from '../src/io/corpus/corpus.ts';
import { openMedia } from '../src/io/corpus/media.ts';
import { markdownTable } from './generated.ts';

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '../shared/data/ferplus/dev.jsonl' },
    pairs: { type: 'string' },
    pack: { type: 'string', default: 'models/packs/default' },
    limit: { type: 'string', default: '1500' },
    looks: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
  },
});

const loaded = await loadPack(values.pack);
const { pack } = loaded;
const threads = Number(values.threads);
const networks = await openForScoring(values.pack, loaded, { threads });
const model = loaded.networks.attributes.face;
if (!model) throw new Error(`${values.pack} has no network of a face's attributes`);
const opened = await openNetwork(model, { threads });
const asked: typeof networks.face = {
  contract: model.contract,
  run: (feeds, outputs) => opened.run(feeds, outputs),
  plan: (n) => networks.face.plan(n),
};
const scored = { ...networks, attributes: { face: asked } };
const lookAt = cropLooks(networks);
const judge = windowCalls(scored);
const LABELS = pack.labels;

/** What each way says, by attribute, a number a clip. */
type Said = Map<string, PerAttribute<number[]>>;
const note = (said: Said, way: string, of: PerAttribute<number>): void => {
  const lists = said.get(way) ?? { valence: [], arousal: [], dominance: [] };
  for (const attribute of ATTRIBUTES) lists[attribute].push(of[attribute]);
  said.set(way, lists);
};
const per = (of: (attribute: (typeof ATTRIBUTES)[number]) => number): PerAttribute<number> => ({
  valence: of('valence'),
  arousal: of('arousal'),
  dominance: of('dominance'),
});
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

function table(said: Said): string {
  const truth = said.get('truth');
  const ways = [...said].filter(([way]) => way !== 'truth');
  return markdownTable([
    ['CCC with derived consensus', ...ATTRIBUTES],
    ...ways.map(([way, of]) => [
      way,
      ...ATTRIBUTES.map((attribute) => concordance(truth?.[attribute] ?? [], of[attribute]).toFixed(3)),
    ]),
  ]);
}

async function answersOf(windows: readonly WindowRequest[]): Promise<readonly Logits[]> {
  return (await judge(windows)).map((answer) => {
    if (!answer.ok) throw new Error(answer.message);
    return answer.value;
  });
}

async function readExamples(file: string, stimulus: 'face' | 'av') {
  const corpus = await readCorpus(file);
  const clips = corpus.clips.filter(({ split = 'dev' }) => split === 'dev');
  return { corpus, examples: examplesOf(clips, stimulus, LABELS).examples.slice(0, Number(values.limit)) };
}

/** Looks: one of them, the mean of their embeddings, the mean of what is said of each. */
async function looksTable(file: string): Promise<string> {
  const { corpus, examples } = await readExamples(file, 'face');
  const media = await openMedia(corpus, { kinds: ['image'], ffmpeg: 'ffmpeg' });
  const said: Said = new Map();
  for (const example of examples) {
    const pixels = await media.image(mediaOf(example, 'image'));
    const crops = Array.from({ length: Number(values.looks) }, (_, k) =>
      augmentFace(pixels, randomStream('looks', example.clip.id, k)),
    );
    const looks = (await lookAt(crops)).flatMap((look) => (look.ok ? [look.value] : []));
    const [together, ...each] = await answersOf(
      [looks, ...looks.map((look) => [look])].map((some) => ({ voice: null, face: faceOf(some) })),
    );
    const truth = derivedLabels(example.target.shares, LABELS);
    const consensus = (logits: Logits | undefined) =>
      per((attribute) => logits?.attributes?.[attribute].consensus ?? NaN);
    const followed = together && predict(together, pack);
    note(
      said,
      'truth',
      per((attribute) => truth[attribute].consensus),
    );
    note(said, 'one look', consensus(each[0]));
    note(said, `mean of ${looks.length} embeddings`, consensus(together));
    note(
      said,
      `mean of ${looks.length} answers`,
      per((attribute) => mean(each.map((one) => consensus(one)[attribute]))),
    );
    note(
      said,
      'from pooled shares',
      per((attribute) => perceive(followed?.shares ?? {}).attributes[attribute].mean),
    );
  }
  await media.close();
  return `${examples.length} pictures, ${values.looks} varied looks at each:\n\n${table(said)}`;
}

/** Voice and face: what follows from the shares, what the network says of the face, and ways to have both. */
async function pairsTable(file: string): Promise<string> {
  const { corpus, examples } = await readExamples(file, 'av');
  const media = await openMedia(corpus, { kinds: ['image', 'audio'], ffmpeg: 'ffmpeg' });
  const length = Number(networks.voice.contract.inputs['logmel']?.[1]);
  const said: Said = new Map();
  let kept = 0;
  for (const example of examples) {
    const [look] = await lookAt([await media.image(mediaOf(example, 'image'))]);
    if (!look?.ok) continue;
    const sound = await media.audio(mediaOf(example, 'audio'));
    const windows = windowsOf({ sound, face: { crop: new Float32Array(0) } }, [look.value], length);
    if (!windows.ok) continue;
    const [window] = windows.value.slice(windows.value.length >> 1);
    if (!window) continue;
    const [logits, seen] = await answersOf([window, { ...window, voice: null }]);
    const face = seen?.attributes;
    if (!logits?.voice || !logits.face || !face) continue;
    kept += 1;
    const truth = derivedLabels(example.target.shares, LABELS);
    const both = perceive(predict(logits, pack)?.shares ?? {}).attributes;
    const own = perceive(predict({ ...logits, voice: null, fusion: null }, pack)?.shares ?? {}).attributes;
    note(
      said,
      'truth',
      per((attribute) => truth[attribute].consensus),
    );
    note(
      said,
      'from the shares of both',
      per((attribute) => both[attribute].mean),
    );
    note(
      said,
      "the face's network",
      per((attribute) => face[attribute].consensus),
    );
    note(
      said,
      'mean of the two',
      per((attribute) => (both[attribute].mean + face[attribute].consensus) / 2),
    );
    note(
      said,
      'shares of both, and what the network adds to the face',
      per((attribute) => both[attribute].mean + face[attribute].consensus - own[attribute].mean),
    );
  }
  await media.close();
  return `${kept} pairs:\n\n${table(said)}`;
}

process.stdout.write(`${await looksTable(values.faces)}\n`);
if (values.pairs !== undefined) process.stdout.write(`\n${await pairsTable(values.pairs)}\n`);
await networks.close();
await opened.close();
