import { dirname, join, resolve } from 'node:path';
import { askAttributes } from '../../models/toolkit/train/uncertainty-system.ts';
import { readUncertaintyConfig, type UncertaintyConfig } from '../../models/toolkit/train/uncertainty-config.ts';
import { readSettings } from '../config.ts';
import { svgFile } from '../core/figures/drawing.ts';
import { attributeCurves } from '../core/figures/attribute-curves.ts';
import { randomStream } from '../core/random.ts';
import { attributeFigures } from '../core/vad/attribute-figures.ts';
import { withActions } from './actions.ts';
import type { Invocation } from './command.ts';
import { writeWhole } from './part-file.ts';
import { projectPath } from './project.ts';
import { oneOf, required, wholeNumber } from './scoring-options.ts';
import { tellOutcome } from './training-outcome.ts';
import { ablations, TABLE_III } from './uncertainty-ablation.ts';
import { addAttributes } from './uncertainty-add.ts';
import { judgeAttributes } from './uncertainty-evaluation.ts';
import { ablationLines, evaluationLines } from './uncertainty-output.ts';
import { judgedByShares } from './uncertainty-shares.ts';
import { readAttributes, toldClips, trainUncertainty, type UncertaintyOptions } from './uncertainty-training.ts';

/** `undertone uncertainty`. */
export const uncertainty = withActions({
  usage: 'uncertainty train|evaluate|ablate|add PATH',
  about: [
    'Valence, arousal and dominance with their uncertainty (docs/uncertainty.md). No rater gave the labels: they are derived',
    'from votes for emotions. PATH is a configuration, or for evaluate and add the folder that train wrote.',
    'train:    learns a network over embeddings; Ctrl-C stops, the same command goes on.',
    'evaluate: tells agreement (CCC) with all and with the surest clips, by own and by transferred uncertainty.',
    'ablate:   trains and evaluates the configuration without each of its parts (Table III) and the baselines.',
    "add:      puts the network that train wrote into a pack of its encoder, as the pack's next version.",
  ],
  options: {
    out: {
      value: 'DIR',
      help: 'folder of the run, made where it is not there; of add, the folder of the new pack',
      only: ['train', 'ablate', 'add'],
    },
    pack: { value: 'DIR', help: 'folder of the model pack', only: ['add'] },
    force: { help: 'replace a pack that is in the folder of --out', only: ['add'] },
    modality: { value: 'NAME', help: 'which network of a pack, voice or face (default: face)', only: ['evaluate'] },
    encoder: { value: 'FILE', help: "the encoder, ONNX (default: the default pack's)" },
    data: {
      value: 'DIR',
      help: "folder that the configuration's corpora are in (default: the configuration's own; evaluate: here)",
    },
    cache: { value: 'DIR', help: 'folder that keeps embeddings (default: .undertone/embeddings)' },
    rows: { value: 'NAMES', help: `only these, with commas (default: ${TABLE_III.join(',')})`, only: ['ablate'] },
    json: { help: 'print one JSON object' },
    shares: { help: "also judge what follows from the encoder's own shares of emotions", only: ['evaluate'] },
    svg: { value: 'FILE', help: 'draw CCC by coverage', only: ['evaluate'] },
    threads: { value: 'N', help: 'threads of a network on the CPU (default: 1)' },
  },
  arguments: 2,
  actions: { train, evaluate, ablate, add: addAttributes },
});

async function train(invocation: Invocation): Promise<number> {
  const [path = ''] = invocation.positionals;
  const out = required(invocation.text, 'out', 'the folder of this run');
  const config = await readUncertaintyConfig(path);
  const outcome = await trainUncertainty(config, optionsOf(invocation, config, dirname(path), out));
  return tellOutcome(outcome, { json: invocation.has('json') });
}

async function evaluate(invocation: Invocation): Promise<number> {
  const [path = ''] = invocation.positionals;
  const trained = await readAttributes(path, oneOf(invocation.text, 'modality', ['voice', 'face']));
  const options = optionsOf(invocation, trained.config, '.', path);
  const clips = await toldClips(trained.config, options, ['dev']);
  if (invocation.signal.aborted) return 1;
  const answers = await askAttributes(trained, clips.dev, options.network);
  const found = judgeAttributes(trained.config, clips.dev, answers);
  const evaluation = invocation.has('shares')
    ? {
        ...found,
        byShares: attributeFigures(await judgedByShares(trained.config, options), {
          random: randomStream(trained.config.seed, 'intervals'),
        }),
      }
    : found;
  const svg = invocation.text('svg');
  if (svg !== undefined) await writeWhole(svg, svgFile(attributeCurves(evaluation.attributes)), '--svg');
  const lines = invocation.has('json') ? [JSON.stringify(evaluation)] : evaluationLines(evaluation);
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

async function ablate(invocation: Invocation): Promise<number> {
  const [path = ''] = invocation.positionals;
  const out = required(invocation.text, 'out', 'the folder of these runs');
  const config = await readUncertaintyConfig(path);
  const rows = invocation.text('rows')?.split(',') ?? TABLE_III;
  const options = { ...optionsOf(invocation, config, dirname(path), out), rows };
  const table = await ablations(config, options);
  if (table === null) return 1;
  process.stdout.write(`${invocation.has('json') ? JSON.stringify(table) : ablationLines(table).join('\n')}\n`);
  return 0;
}

function optionsOf(
  { text, env, signal }: Invocation,
  { modality }: UncertaintyConfig,
  data: string,
  out: string,
): UncertaintyOptions {
  return {
    data: resolve(text('data') ?? data),
    encoder: text('encoder') ?? projectPath(join('models', 'packs', 'default', `${modality}.onnx`)),
    out,
    cache: text('cache') ?? join('.undertone', 'embeddings'),
    ffmpeg: readSettings(env).UNDERTONE_FFMPEG,
    network: { threads: wholeNumber(text, 'threads', 1) ?? 1 },
    signal,
    stream: process.stderr,
  };
}
