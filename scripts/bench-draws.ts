/**
 * What drawing many times costs: one run of a network of attributes with all draws, over one run with a single draw.
 *
 *     node scripts/run.mjs scripts/bench-draws.ts [--config models/configs/attributes.json] [--rows 1] [--draws 100]
 *
 * On one thread, with weights that were not trained, which changes no cost. The two take turns, so that what else the
 * machine does meets both; the fastest run of each is compared.
 */
import { parseArgs } from 'node:util';
import { weightsOf } from '../models/graph/training.ts';
import { openNetwork } from '../models/runtime.ts';
import { readUncertaintyConfig } from '../models/toolkit/train/uncertainty-config.ts';
import { trainingOf } from '../models/toolkit/train/uncertainty-system.ts';
import {
  attributeContract,
  attributeModel,
  attributeTask,
  EMBEDDING,
} from '../models/toolkit/train/uncertainty-task.ts';
import { ATTRIBUTES } from '../src/core/vad/attributes.ts';
import { derivedLabels } from '../src/core/vad/derived.ts';
import { gaussian, randomStream } from '../src/core/random.ts';

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: 'models/configs/attributes.json' },
    rows: { type: 'string', default: '1' },
    draws: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '400' },
  },
});
const config = await readUncertaintyConfig(values.config);
const rows = Number(values.rows);
const training = trainingOf(config);
const { width } = training;
const random = randomStream('bench');
const numbers = Float32Array.from({ length: rows * width }, () => gaussian(random));
const example = { looks: [numbers.slice(0, width)], derived: derivedLabels([1], ['neutral']) };
const { model } = attributeTask(
  [example, example],
  'labelled',
  new Map([
    ['input.mean', new Float32Array(width)],
    ['input.scale', new Float32Array(width).fill(1)],
  ]),
  config.schedules.labelled,
  training,
);
const weights = new Map([
  ['input.mean', new Float32Array(width)],
  ['input.scale', new Float32Array(width).fill(1)],
  ...weightsOf(model.initial.theta, model.parameters),
]);
const open = (draws: number) =>
  openNetwork({
    name: `${draws} draws`,
    bytes: attributeModel(weights, ATTRIBUTES.map(() => 1).slice(0, training.attributes.length), {
      ...training,
      draws,
    }),
    contract: attributeContract(training),
  });
const [one, many] = [await open(1), await open(Number(values.draws))];
const feeds = { [EMBEDDING]: { data: numbers, dims: [rows, width] } };
const timed = async (network: typeof one): Promise<number> => {
  const started = performance.now();
  await network.run(feeds);
  return performance.now() - started;
};
const times = { one: [] as number[], many: [] as number[] };
for (let round = 0; round < Number(values.rounds); round++) {
  times.one.push(await timed(one));
  times.many.push(await timed(many));
}
const [fastestOne, fastestMany] = [Math.min(...times.one), Math.min(...times.many)];
process.stdout.write(
  `${JSON.stringify({
    config: config.name,
    rows,
    draws: Number(values.draws),
    oneMs: Number(fastestOne.toFixed(3)),
    manyMs: Number(fastestMany.toFixed(3)),
    ratio: Number((fastestMany / fastestOne).toFixed(2)),
  })}\n`,
);
await one.close();
await many.close();
