/** A training run in a folder: prepare, train, write the network; whatever was done before is not done again. */
import { rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { TrainingConfig } from '../../models/toolkit/train/config-schema.ts';
import { fingerprintOf } from '../../models/toolkit/train/fingerprint.ts';
import { type History, train, type TrainingEvents } from '../../models/toolkit/train/loop.ts';
import { readStart, type Start, startingFrom } from '../../models/toolkit/train/start.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { writeWhole } from './part-file.ts';
import { counted, type Progress, progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';
import { claimRun, endRun } from './run-record.ts';
import { checkLabels, type TrainingClips, trainingClips } from './training-clips.ts';
import { prepare, type Prepared } from './training-media.ts';

/** Where and how a network is trained. */
export interface TrainingOptions {
  /** Folder that the configuration's paths start from. */
  readonly data: string;
  /** Folder that gets everything; made where it is not there. */
  readonly out: string;
  /** Where the training step runs. */
  readonly network: NetworkOptions;
  /** The ffmpeg binary. */
  readonly ffmpeg: string;
  /** Stops the run; the same call goes on later. */
  readonly signal: AbortSignal;
  /** Where it is told how far it is. */
  readonly stream: ProgressStream;
  /** Called after each step. */
  readonly onStep?: TrainingEvents['onStep'];
}

/** What became of a run, and the network's file. */
export interface TrainingOutcome {
  /** `before`: an earlier run had finished already. */
  readonly status: 'finished' | 'before' | 'stopped';
  readonly file: string;
}

/** Clips that cannot be read are named up to so many. */
const NAMED = 10;

/**
 * Train the network of a configuration. `out` gets `checkpoint`, `history.json` (an entry an epoch), `held-back.txt` (an
 * id a line), `run.json`, and at the end `face.onnx` or `voice.onnx`.
 * @throws UndertoneError `config-invalid` when another process writes there, `training-failed` when another run did or the
 * loss is no longer a number, `corpus-invalid` and `bad-media` as the corpora are.
 * @example const { status, file } = await trainInFolder(config, { data, out: 'runs/face', network: { threads: 2 }, ...rest });
 */
export function trainInFolder(config: TrainingConfig, options: TrainingOptions): Promise<TrainingOutcome> {
  return withRunLock(options.out, () => trainLocked(config, options));
}

async function trainLocked(config: TrainingConfig, options: TrainingOptions): Promise<TrainingOutcome> {
  const { out, signal, stream, network, data } = options;
  const within = (name: string): string => join(out, name);
  const write = (name: string, content: string | Uint8Array) => writeWhole(within(name), content, '--out');
  const name = `${config.kind}.onnx`;
  const file = within(name);
  const cache = within('cache');
  const stopped = { status: 'stopped', file } as const;

  const clips = await trainingClips(config, data);
  const start = config.start === '' ? null : await readStart(join(dirname(resolve(out)), config.start));
  const fingerprint = fingerprintOf(config, listed(clips), start);
  if (await claimRun(out, fingerprint, name)) return { status: 'before', file };
  await write('held-back.txt', clips.heldBack.map((id) => `${id}\n`).join(''));

  const prepared = await prepareTold(config, clips, { ...options, cache });
  if (signal.aborted) {
    stream.write('stopped; what is ready is kept: the same command goes on from here\n');
    return stopped;
  }
  tellClips(stream, clips, prepared);
  checkLabels(config, prepared.learned);
  const writeHistory = (history: History) => write('history.json', json(history));
  const { finished, weights, history, step, total } = await trainTold(
    prepared,
    { schedule: config.schedule, seed: config.seed, fingerprint: fingerprintOf(config, prepared.learned, start) },
    { start, ...options, checkpoint: within('checkpoint'), network, writeHistory },
  );
  if (!finished) {
    stream.write(`stopped after step ${step} of ${total}: the same command goes on from here\n`);
    return stopped;
  }
  await writeHistory(history);
  await endRun(out, fingerprint, name, prepared.model(weights));
  await rm(cache, { recursive: true, force: true });
  return { status: 'finished', file };
}

async function prepareTold(
  config: TrainingConfig,
  clips: TrainingClips,
  options: TrainingOptions & { readonly cache: string },
): Promise<Prepared> {
  const total = [...clips.learned, ...clips.dev].reduce((sum, { examples }) => sum + examples.length, 0);
  const bar = told(options.stream, 'reading clips', total);
  let done = 0;
  try {
    return await prepare(config, clips, {
      ...options,
      onClip() {
        bar.update(++done);
      },
    });
  } finally {
    bar.end();
  }
}

async function trainTold(
  prepared: Prepared,
  run: Pick<Parameters<typeof train>[1], 'schedule' | 'seed' | 'fingerprint'>,
  options: TrainingOptions & {
    readonly start: Start | null;
    readonly checkpoint: string;
    readonly writeHistory: (history: History) => Promise<void>;
  },
) {
  const { checkpoint, network, signal, stream, onStep, writeHistory } = options;
  const fresh = prepared.task();
  const task = options.start ? { ...fresh, model: startingFrom(fresh.model, options.start) } : fresh;
  const total = run.schedule.epochs * task.stepsPerEpoch;
  const bars: Progress[] = [];
  try {
    return await train(task, {
      ...run,
      ...network,
      checkpoint,
      signal,
      onStep(step) {
        // Neither the steps of an earlier run nor the first of this one were done in the bar's time.
        if (bars.length === 0) bars.push(told(stream, 'training', total, step.done));
        bars[0]?.update(step.done);
        onStep?.(step);
      },
      async onEpoch(history) {
        bars[0]?.line(epochLine(history, run.schedule.epochs));
        await writeHistory(history);
      },
    });
  } finally {
    bars[0]?.end();
  }
}

function told(stream: ProgressStream, doing: string, total: number, before = 0): Progress {
  return progress({ stream, doing, total, before, tell: counted(total), now: () => performance.now() });
}

/** `epoch 3 of 26  loss 1.2345  top1 0.8123`. */
function epochLine(history: History, epochs: number): string {
  const { epoch = 0, ...figures } = history.at(-1) ?? {};
  const said = Object.entries(figures).map(([name, figure]) => `${name} ${figure.toFixed(4)}`);
  return [`epoch ${epoch} of ${epochs}`, ...said].join('  ');
}

function tellClips(stream: ProgressStream, clips: TrainingClips, { learned, dev, unread }: Prepared): void {
  stream.write(
    `${learned.length} clips an epoch, ${clips.heldBack.length} held back, ${dev} judged on; ` +
      `${clips.unlabelled} have no vote for the labels, ${unread.length} cannot be read\n`,
  );
  for (const { id, why } of unread.slice(0, NAMED)) stream.write(`  ${id}: ${why}\n`);
  if (unread.length > NAMED) stream.write(`  and ${unread.length - NAMED} more\n`);
}

function listed({ learned, dev }: TrainingClips) {
  return [...learned, ...dev].flatMap(({ examples }) => examples.map(({ clip, target }) => ({ id: clip.id, target })));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
