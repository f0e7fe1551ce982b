/** The figures of docs/performance.md for the whole pipeline, measured in one run on this machine: ratios and counts, written as JSON too. */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCapacity } from './capacity.ts';
import { decodeClip } from './clip.ts';
import { measureEncodeOnce } from './encode-once.ts';
import { measureMemory } from './memory.ts';
import { measureOverhead } from './overhead.ts';
import { loadRecording } from './recording.ts';
import { measureStore } from './store.ts';
import { markdownTable, writeBetween } from '../generated.ts';

const PACK = 'models/packs/default';
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '12' },
    participants: { type: 'string', default: '4,8,12,16,20,24,32,40' },
    out: { type: 'string', default: 'docs/performance.json' },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);
const two = (x: number) => x.toFixed(2);
const machine = {
  cpu: cpus()[0]?.model ?? '',
  cores: cpus().length,
  node: process.version,
  date: new Date().toISOString(),
};
say(`${machine.cpu}, ${machine.cores.toString()} cores, Node ${machine.node}`);

say('overhead: windows through analyse, over the bare runs they make ...');
const overhead = await measureOverhead(PACK);
say(`  ${two(overhead.ratio)}   goal <= 1.10`);

say('encode once: a hop, over encoding its window again ...');
const encodeOnce = await measureEncodeOnce(PACK, await decodeClip());
say(`  ${two(encodeOnce.ratio)}   goal <= 0.35`);

say('capacity: participants with voice and face, two decisions a second ...');
const recording = await loadRecording();
const loads = await measureCapacity(
  PACK,
  recording,
  { participants: values.participants.split(',').map(Number), seconds: Number(values.seconds) },
  (load) => {
    say(
      `  ${load.participants.toString().padStart(3)}  p50 ${load.p50Ms.toFixed(0).padStart(4)} ms  p95 ${load.p95Ms.toFixed(0).padStart(4)} ms  ` +
        `decided ${two(load.decided)}  all judged ${two(load.whole)}  skipped ${two(load.skipped)}  ` +
        `looks skipped ${two(load.looksSkipped)}  hop ${load.load.hopMs.toString()} ms, 1 of ${load.load.oneIn.toString()}  ${load.held ? 'held' : 'not held'}`,
    );
  },
);
const capacity = Math.max(0, ...loads.filter(({ held }) => held).map(({ participants }) => participants));
say(`  ${capacity.toString()} held   goal >= 16`);

say('store: reviews and writes of the embedded store, every commit on the disk ...');
const store = await measureStore();
say(
  `  ${store.reviewsPerSecond.toFixed(0)} reviews, ${store.segmentsPerSecond.toFixed(0)} segments a second; a window's verdict ${store.perWindow.toFixed(5)} of a hop; ` +
    `opens in ${store.openMs.toFixed(0)} ms (first ${store.firstOpenMs.toFixed(0)} ms)`,
);

say(`memory: ${values.minutes} minutes of joining, leaving, muting and camera off ...`);
const memory = await measureMemory(PACK, recording, { minutes: Number(values.minutes) });
say(
  `  ${memory.slopeMiBPerHour.toFixed(0)} MiB an hour, 95 % interval +- ${memory.halfWidth.toFixed(0)}   goal: not above zero`,
);

const range = `${memory.slopeMiBPerHour.toFixed(0)} ± ${memory.halfWidth.toFixed(0)} MiB an hour`;
const [last] = loads.filter(({ held }) => held).slice(-1);
const figures = [
  ['Figure', 'Measured', 'Goal'],
  ['Overhead', two(overhead.ratio), '<= 1.10'],
  ['Encode once', two(encodeOnce.ratio), '<= 0.35'],
  ['Capacity, participants', capacity.toString(), '>= 16'],
  ['... p95 from window closed to socket there', `${last?.p95Ms.toFixed(0) ?? '-'} ms`, '< 250 ms'],
  ['Store: reviews a second, claimed and answered', store.reviewsPerSecond.toFixed(0), ''],
  ['... segments written a second', store.segmentsPerSecond.toFixed(0), ''],
  ["... storing a window's verdict, over the hop", store.perWindow.toFixed(5), ''],
  [`Memory, ${values.minutes} minutes, ${memory.joins.toString()} joins`, range, 'none that a fit can tell from zero'],
];
const steps = loads.map((load) => [
  load.participants.toString(),
  `${load.p50Ms.toFixed(0)} ms`,
  `${load.p95Ms.toFixed(0)} ms`,
  two(load.whole),
  two(load.looksSkipped),
  `${(load.load.hopMs / 1000).toString()} s, 1 of ${load.load.oneIn.toString()}`,
  load.held ? 'yes' : 'no',
]);
const head = ['Participants', 'p50', 'p95', 'All judged', 'Looks skipped', 'Hop, judged', 'Held'];
const where = `${machine.cpu}, ${machine.cores.toString()} cores, Node ${machine.node}, ${machine.date.slice(0, 10)}:`;
writeBetween(
  new URL('../../docs/performance.md', import.meta.url),
  'figures',
  [where, markdownTable(figures), markdownTable([head, ...steps])].join('\n\n'),
);
await writeFile(
  values.out,
  `${JSON.stringify({ machine, overhead, encodeOnce, capacity, loads, store, memory }, null, 2)}\n`,
);
say(`written to ${values.out} and docs/performance.md`);
