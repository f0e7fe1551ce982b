/** Training the shared layers of a pack from pairs, over encoders that are done. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Encoder } from '../../models/toolkit/train/encode.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { pairSource } from '../../models/toolkit/train/fusion-pairs.ts';
import { trainSystem } from '../../models/toolkit/train/fusion-system.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { UndertoneError } from '../errors.ts';
import type { Label, Modality } from '../domain.ts';
import { judgeFusion, type Judgement } from './fusion-judgement.ts';
import { type EncodedClip, type EncodedClips, encodeCorpora } from './fusion-media.ts';
import { writeWhole } from './part-file.ts';
import { progress, type ProgressStream } from './progress.ts';
import { withRunLock } from './run-lock.ts';
import { claimRun, endRun } from './run-record.ts';
import type { TrainingOutcome } from './training.ts';

/** Where and how shared layers are trained. */
export interface FusionTrainingOptions {
  /** Folder that the configuration's paths start from. */
  readonly data: string;
  /** Folder that gets everything; made where it is not there. */
  readonly out: string;
  /** The encoders, ONNX, as `train` writes them. */
  readonly voice: string;
  readonly face: string;
  readonly network: NetworkOptions;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  readonly stream: ProgressStream;
}

/** Name of the network that a run ends with. */
const NETWORK = 'fusion.onnx';

/**
 * Train and judge the one system of a configuration with `pairs`. `out` gets a checkpoint a stage, `held-back.txt` (faces, an id
 * a line), `run.json`, and at the end `fusion.onnx` and `judgement.json`. After an abort the same call goes on.
 * @throws UndertoneError `config-invalid` for a configuration without pairs or with several systems; as corpora, encoders
 * and training do.
 */
export function trainFusion(config: FusionConfig, options: FusionTrainingOptions): Promise<TrainingOutcome> {
  return withRunLock(options.out, () => trainLocked(config, options));
}

async function trainLocked(config: FusionConfig, options: FusionTrainingOptions): Promise<TrainingOutcome> {
  const { out, signal, network, stream } = options;
  const { pairs, labels, shape } = config;
  const file = join(out, NETWORK);
  const stopped = (): boolean => signal.aborted;
  const [system, ...more] = config.systems;
  if (!pairs || !system || more.length > 0)
    throw new UndertoneError('config-invalid', `${config.name} has no 'pairs', or several systems: write one of each`);
  const paired = { ...config, pairs };
  const encoders = {
    voice: {
      ...(await readEncoder(options.voice, [shape.steps, shape.voiceWidth], pairs.voices.encoderLabels)),
      trimDb: config.hearing.trimDb,
    },
    face: await readEncoder(options.face, [shape.faceWidth], pairs.faces.encoderLabels),
  };
  const read = async (modality: Modality, split: 'train' | 'dev'): Promise<EncodedClips> => {
    const bar = progress({
      stream,
      doing: `encoding ${split} ${modality}s`,
      total: null,
      tell: (done) => `${done} clips`,
      now: () => performance.now(),
      plainStep: 2000,
    });
    let done = 0;
    const onClip = (): void => {
      bar.update(++done);
    };
    try {
      const encoded = await encodeCorpora(modality, split, paired, encoders[modality], {
        ...options,
        onClip,
      });
      const { unread } = encoded;
      if (unread.length > 0)
        bar.line(`${unread.length} ${modality}s cannot be read; the first: ${unread[0]?.why ?? ''}`);
      return encoded;
    } finally {
      bar.end();
    }
  };
  const { clips: faces, heldBack } = await read('face', 'train');
  const { clips: voices } = await read('voice', 'train');
  if (stopped()) return { status: 'stopped', file };
  const fingerprint = fingerprintOf(config, encoders, [...faces, ...voices]);
  if (await claimRun(out, fingerprint, NETWORK)) return { status: 'before', file };
  await writeWhole(join(out, 'held-back.txt'), heldBack.map((id) => `${id}\n`).join(''), '--out');

  const embedded = (clips: readonly EncodedClip[]) =>
    clips.map(({ target, looks }) => ({ target, looks: looks.map(({ embedding }) => embedding) }));
  const source = pairSource(embedded(faces), embedded(voices), { labels, frames: shape.frames });
  const bar = progress({
    stream,
    doing: 'training',
    total: null,
    tell: (step) => `step ${step}`,
    now: () => performance.now(),
    plainStep: 500,
  });
  const trained = await trainSystem(source, system, config, {
    ...network,
    folder: out,
    fingerprint,
    signal,
    onStep({ done }) {
      bar.update(done);
    },
    onEpoch(history) {
      const { epoch = 0, loss = NaN } = history.at(-1) ?? {};
      bar.line(`epoch ${epoch}  loss ${loss.toFixed(4)}`);
    },
  });
  bar.end();
  if (!trained) return { status: 'stopped', file };
  const dev = { faces: (await read('face', 'dev')).clips, voices: (await read('voice', 'dev')).clips };
  if (stopped()) return { status: 'stopped', file };
  const judgement = await judgeFusion(trained, dev, paired);
  for (const line of table(judgement)) stream.write(`${line}\n`);
  await writeWhole(join(out, 'judgement.json'), `${JSON.stringify(judgement, null, 2)}\n`, '--out');
  await endRun(out, fingerprint, NETWORK, trained.bytes);
  return { status: 'finished', file };
}

async function readEncoder(file: string, embedding: readonly number[], labels: readonly Label[]): Promise<Encoder> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${file} cannot be read: give an encoder that train wrote`, { cause });
  });
  return { bytes, embedding, labels: labels.length };
}

function fingerprintOf(
  config: FusionConfig,
  encoders: Record<Modality, Encoder>,
  clips: readonly EncodedClip[],
): string {
  const hash = createHash('sha256').update(JSON.stringify(config));
  hash.update(encoders.voice.bytes).update(encoders.face.bytes);
  for (const { clip, target } of clips) hash.update(`\n${JSON.stringify([clip.id, target.votes, target.shares])}`);
  return hash.digest('hex');
}

function table(judgement: Judgement): readonly string[] {
  return Object.entries(judgement).flatMap(([subset, ways]) =>
    Object.entries(ways).map(([way, figures]) => {
      const said = Object.entries(figures).map(([name, figure]) => `${name} ${(figure as number).toFixed(4)}`);
      return `${subset.padEnd(6)} ${way.padEnd(7)} ${said.join('  ')}`;
    }),
  );
}
