/**
 * What a verdict costs beyond its labels: uncertainty by source, attributes with their network, grid, disagreement and distances,
 * over what the same hop costs without any of them.
 *
 *     node scripts/run.mjs scripts/bench-perception.ts [--pack models/packs/default] [--rounds 300]
 *
 * One thread, one window at a time, on this thread. A hop is 0.5 s: the windows of the sample clip, and the three looks at a
 * face that a hop has. Both ways take turns, so that what else the machine does meets both; the fastest of each part is compared.
 */
import { parseArgs } from 'node:util';
import type { WindowRequest } from '../models/calls.ts';
import { loadPack } from '../models/pack.ts';
import { loadPerception } from '../models/perception.ts';
import { faceOf } from '../models/toolkit/score/looks.ts';
import { faceDistance } from '../models/worker/distances.ts';
import { faceCalls } from '../models/worker/faces.ts';
import { type Networks, openNetworks } from '../models/worker/networks.ts';
import { windowCalls } from '../models/worker/windows.ts';
import { calibrate } from '../src/core/calibration.ts';
import { decide } from '../src/core/decision.ts';
import { logMel } from '../src/core/features.ts';
import { perceive } from '../src/core/perception.ts';
import { predict } from '../src/core/prediction.ts';
import { doubtOf } from '../src/core/reject/doubt.ts';
import { sourcesOf } from '../src/core/sources.ts';
import type { Logits, VideoFrame } from '../src/domain.ts';
import { decodeClip } from './bench/clip.ts';
import { markdownTable } from './generated.ts';

const { values } = parseArgs({
  options: { pack: { type: 'string', default: 'models/packs/default' }, rounds: { type: 'string', default: '300' } },
});
const LOOKS_OF_A_HOP = 3;
const LOOKS_OF_A_WINDOW = 15;
const WINDOW_SAMPLES = 48_240;

const { pack, networks: models } = await loadPack(values.pack);
const full = await openNetworks({
  models: { ...models, ...(await loadPerception('models/perception')) },
  provider: 'cpu',
  threads: 1,
});
/** The same networks, which know of no reference and no attributes. */
const plain: Networks = {
  ...full,
  voice: { ...full.voice, contract: { ...full.voice.contract } },
  face: { ...full.face, contract: { ...full.face.contract } },
  attributes: {},
};
for (const { contract } of [plain.voice, plain.face]) delete (contract as { reference?: unknown }).reference;

const { samples, frames } = await decodeClip();
const sound = logMel(new Float32Array(0), samples.subarray(0, WINDOW_SAMPLES)).frames;
const voice: WindowRequest['voice'] = { logMel: sound, frames: sound.length / 64 };
const shown = frames.slice(0, LOOKS_OF_A_HOP);
const calls = {
  full: { look: faceCalls(full), judge: windowCalls(full) },
  plain: { look: faceCalls(plain), judge: windowCalls(plain) },
};
const [first] = await calls.full.look(shown.slice(0, 1).map(copied));
const encoding = first?.ok ? first.value[0]?.encoding : null;
if (!encoding) throw new Error('the clip shows no face that can be judged');
const looks = Array.from({ length: LOOKS_OF_A_WINDOW }, () => ({ atMs: null, encoding }));
const face = faceOf(looks);
const unmeasured = faceOf(looks.map(({ atMs, encoding: { distance: _, ...rest } }) => ({ atMs, encoding: rest })));

type Way = keyof typeof calls;
const windowOf = (way: Way, kind: Kind): WindowRequest => ({
  voice: kind === 'face' ? null : voice,
  face: kind === 'voice' ? null : way === 'full' ? face : unmeasured,
});
type Kind = 'voice' | 'face' | 'both';
const facts = { startMs: 0, lengthMs: 3000, missing: {}, consented: true };

/** ms of the looks of a hop, of a window, and of what `predict` and `decide` add to a window whatever the pack knows. */
interface Times {
  readonly looks: number;
  readonly window: number;
  readonly always: number;
}

/** ms of the looks of a hop (as many times the fastest), and of the window through the networks to its verdict. */
async function hop(way: Way, kind: Kind): Promise<Times> {
  const { look, judge } = calls[way];
  let looked = kind === 'voice' ? 0 : Infinity;
  if (kind !== 'voice')
    for (const frame of shown) {
      const own = copied(frame);
      const begun = performance.now();
      await look([own]);
      looked = Math.min(looked, LOOKS_OF_A_HOP * (performance.now() - begun));
    }
  const begun = performance.now();
  const [answer] = await judge([windowOf(way, kind)]);
  if (!answer?.ok) throw new Error(answer?.message ?? 'no answer');
  const prediction = predict(answer.value, pack);
  decide(facts, prediction, { decision: pack.decision, require: 'any', pack: 'bench@1' });
  const window = performance.now() - begun;
  return { looks: looked, window, always: followed(answer.value) };
}

/** ms of sources, perception and doubt alone. */
function followed(logits: Logits): number {
  const opinions = {
    ...(logits.voice && { voice: calibrate(logits.voice, pack.networks.voice) }),
    ...(logits.face && { face: calibrate(logits.face, pack.networks.face) }),
  };
  const prediction = predict(logits, pack);
  const begun = performance.now();
  sourcesOf(opinions);
  if (prediction) {
    perceive(prediction.shares);
    doubtOf('entropy', prediction);
  }
  return performance.now() - begun;
}

const faster = (one: Times, other: Times): Times => ({
  looks: Math.min(one.looks, other.looks),
  window: Math.min(one.window, other.window),
  always: Math.min(one.always, other.always),
});
/** ms of the distance of one look, measured by itself: it is far less than looks differ by chance. */
function distanceMs(): number {
  const crop = Float32Array.from({ length: 48 * 48 }, (_, i) => (i % 97) / 97);
  const { embedding } = encoding ?? {};
  let least = Infinity;
  for (let round = 0; round < 2000; round++) {
    const begun = performance.now();
    if (embedding) faceDistance(crop, embedding, full.face.contract);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

const rows: string[][] = [];
for (const kind of ['voice', 'face', 'both'] as const) {
  let [bare, whole] = [await hop('plain', kind), await hop('full', kind)];
  for (let round = 0; round < Number(values.rounds); round++) {
    bare = faster(bare, await hop('plain', kind));
    whole = faster(whole, await hop('full', kind));
  }
  const window = bare.window - bare.always;
  const added = { looks: kind === 'voice' ? 0 : LOOKS_OF_A_HOP * distanceMs(), window: whole.window - window };
  const ms = (time: number) => `${time.toFixed(2)} ms`;
  rows.push([
    kind,
    ms(bare.looks),
    ms(window),
    ms(added.looks),
    ms(added.window),
    `${((100 * (added.looks + added.window)) / (bare.looks + window)).toFixed(1)} %`,
  ]);
}
await full.close();
const head = ['Judged', 'looks', 'window', 'added to looks', 'added to the window', 'added in all'];
process.stdout.write(`${markdownTable([head, ...rows])}\n`);

/** Frames are taken over when they are looked at. */
function copied(frame: VideoFrame): VideoFrame {
  return { ...frame, data: frame.data.slice() };
}
