/**
 * The figures of docs/performance.md, measured in one run on this machine: ratios and counts, written as JSON too.
 *
 *     npm run bench -- [--minutes 3] [--seconds 12] [--out docs/performance.json]
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCapacity } from './bench/capacity.ts';
import { decodeClip } from './bench/clip.ts';
import { measureEncodeOnce } from './bench/encode-once.ts';
import { measureMemory } from './bench/memory.ts';
import { measureOverhead } from './bench/overhead.ts';
import { loadRecording } from './bench/recording.ts';

const PACK = 'models/packs/starter';
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
        `decided ${two(load.decided)}  voice and face ${two(load.both)}  skipped ${two(load.skipped)}  ` +
        `looks skipped ${two(load.looksSkipped)}  ${load.held ? 'held' : 'not held'}`,
    );
  },
);
const capacity = Math.max(0, ...loads.filter(({ held }) => held).map(({ participants }) => participants));
say(`  ${capacity.toString()} held   goal >= 16`);

say(`memory: ${values.minutes} minutes of joining, leaving, muting and camera off ...`);
const memory = await measureMemory(PACK, recording, { minutes: Number(values.minutes) });
say(
  `  ${memory.slopeMiBPerHour.toFixed(0)} MiB an hour, 95 % interval +- ${memory.halfWidth.toFixed(0)}   goal: not above zero`,
);

await writeFile(values.out, `${JSON.stringify({ machine, overhead, encodeOnce, capacity, loads, memory }, null, 2)}\n`);
say(`written to ${values.out}`);
