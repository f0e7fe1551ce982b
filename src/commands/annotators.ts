import { dirname, join, resolve } from 'node:path';
import { readAnnotatorConfig } from '../../models/toolkit/train/annotator-config.ts';
import { readSettings } from '../config.ts';
import { svgFile } from '../core/figures/drawing.ts';
import { UndertoneError } from '../errors.ts';
import { withActions } from './actions.ts';
import { judgeAnnotators } from './annotator-evaluation.ts';
import { annotatorFigure, annotatorLines } from './annotator-output.ts';
import { type AnnotatorOptions, readAnnotators, toldClips, trainAnnotators } from './annotator-training.ts';
import type { Invocation } from './command.ts';
import { writeWhole } from './part-file.ts';
import { counted, progress } from './progress.ts';
import { projectPath } from './project.ts';
import { required, wholeNumber } from './scoring-options.ts';
import { tellOutcome } from './training-outcome.ts';

/** `undertone annotators`. */
export const annotators = withActions({
  usage: 'annotators train|evaluate PATH',
  about: [
    'Single raters, and the distribution of valence and arousal that they make together (docs/annotators.md). PATH is a',
    'configuration, or for evaluate the folder that train wrote.',
    'train:    learns each variant over embeddings of faces; Ctrl-C stops, the same command goes on. Raters are those of',
    "          the manifests' ratings, or simulated over their votes as the configuration says: then all is derived.",
    'evaluate: tells how far distributions and single ratings are from the true ones on dev clips, and what was recovered',
    '          of what was planted in simulated raters.',
  ],
  options: {
    out: { value: 'DIR', help: 'folder of the run; made where it is not there', only: ['train'] },
    encoder: { value: 'FILE', help: "the face encoder, ONNX (default: the default pack's)" },
    data: { value: 'DIR', help: "folder that the configuration's corpora are in (default: the configuration's own)" },
    cache: { value: 'DIR', help: 'folder that keeps embeddings and distributions (default: embeddings beside --out)' },
    clips: { value: 'N', help: 'so many dev clips, chosen by chance (default: all)', only: ['evaluate'] },
    resamples: { value: 'N', help: 'resamples behind the intervals (default: 1000)', only: ['evaluate'] },
    json: { help: 'print one JSON object' },
    svg: {
      value: 'FILE',
      help: 'draw what was planted and learned, or the distances of distributions',
      only: ['evaluate'],
    },
    threads: { value: 'N', help: 'threads of a network on the CPU (default: 1)' },
  },
  arguments: 2,
  actions: { train, evaluate },
});

async function train(invocation: Invocation): Promise<number> {
  const [path = ''] = invocation.positionals;
  const out = required(invocation.text, 'out', 'the folder of this run');
  const config = await readAnnotatorConfig(path);
  const outcome = await trainAnnotators(config, optionsOf(invocation, dirname(path), out));
  return tellOutcome(outcome, { json: invocation.has('json') });
}

async function evaluate(invocation: Invocation): Promise<number> {
  const [folder = ''] = invocation.positionals;
  const { text, has, signal } = invocation;
  const trained = await readAnnotators(folder);
  const { config } = trained;
  const options = optionsOf(invocation, trained.data, folder);
  const resamples = wholeNumber(text, 'resamples', 1) ?? 1000;
  const { clips } = await toldClips(config, 'dev', options, wholeNumber(text, 'clips', 1));
  if (signal.aborted) return 1;
  if (clips.length === 0)
    throw new UndertoneError(
      'corpus-invalid',
      `${config.dev.join(', ')}: no clip of split 'dev' has ${config.fewest} ratings: look at 'dev' and 'stimulus'`,
    );
  const total = clips.length * config.variants.filter((variant) => variant !== 'direct').length;
  const bar = progress({
    stream: options.stream,
    doing: 'judging',
    total,
    tell: counted(total),
    now: () => performance.now(),
  });
  let done = 0;
  const judging = {
    folder,
    network: options.network,
    signal,
    resamples,
    onClip() {
      bar.update(++done);
    },
  };
  const found = await judgeAnnotators(trained, clips, judging).finally(() => {
    bar.end();
  });
  if (!found) return 1;
  const svg = text('svg');
  if (svg !== undefined) await writeWhole(svg, svgFile(annotatorFigure(found, trained)), '--svg');
  process.stdout.write(has('json') ? `${JSON.stringify(found)}\n` : `${annotatorLines(found).join('\n')}\n`);
  return 0;
}

function optionsOf({ text, env, signal }: Invocation, data: string, out: string): AnnotatorOptions {
  return {
    data: resolve(text('data') ?? data),
    encoder: text('encoder') ?? projectPath(join('models', 'packs', 'default', 'face.onnx')),
    out,
    cache: text('cache') ?? join(dirname(resolve(out)), 'embeddings'),
    ffmpeg: readSettings(env).UNDERTONE_FFMPEG,
    network: { threads: wholeNumber(text, 'threads', 1) ?? 1 },
    signal,
    stream: process.stderr,
  };
}
