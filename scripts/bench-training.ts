/**
 * One training step of the face network, over the same step in PyTorch, in one run on the same cores:
 *
 *     node scripts/run.mjs scripts/bench-training.ts [--config models/configs/face.json] [--threads 2] [--rounds 3]
 *
 * PyTorch is measured by scripts/torch/face-step.py where Debian's python3-torch is installed. The two take turns, so
 * that what else the machine does meets both; the fastest step of each is compared.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { faceTask } from '../models/toolkit/train/face-task.ts';
import type { FaceTraining } from '../models/toolkit/train/face-task.ts';
import { measureSteps } from '../models/toolkit/train/loop.ts';
import { randomStream } from '../src/core/random.ts';

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'models/configs/face.json' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
  },
});
const STEPS = 12;
const training = JSON.parse(readFileSync(values.config, 'utf8')) as FaceTraining;
const random = randomStream('bench');
const examples = Array.from({ length: training.schedule.batch }, (_, i) => ({
  id: i.toString(),
  pixels: Uint8Array.from({ length: 48 * 48 }, () => Math.floor(256 * random())),
  target: {
    shares: training.labels.map(() => 1 / training.labels.length),
    present: training.labels.map((__, k) => (k === i % training.labels.length ? 1 : 0)),
    votes: 10,
  } as const,
}));
const threads = Number(values.threads);
const task = faceTask(examples, training, () => Promise.resolve({}));

const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  ours.push(...(await measureSteps(task, { threads, steps: STEPS, schedule: training.schedule })));
  const fastest = pytorch();
  if (fastest !== null) theirs.push(fastest);
}
const best = Math.min(...ours);
const other = theirs.length > 0 ? Math.min(...theirs) : null;
process.stdout.write(
  `${JSON.stringify({
    threads,
    parameters: task.model.initial.theta.length,
    stepMs: Math.round(best),
    pytorchMs: other === null ? null : Math.round(other),
    ratio: other === null ? null : Number((best / other).toFixed(2)),
  })}\n`,
);

/** Fastest step in PyTorch, ms; null where it is not installed. */
function pytorch(): number | null {
  try {
    const said = execFileSync(
      '/usr/bin/python3',
      ['scripts/torch/face-step.py', values.config, '--threads', values.threads, '--steps', STEPS.toString()],
      { encoding: 'utf8' },
    );
    return (JSON.parse(said) as { fastestMs: number }).fastestMs;
  } catch {
    process.stderr.write('PyTorch cannot be run: install python3-torch to compare with it\n');
    return null;
  }
}
