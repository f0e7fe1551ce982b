/** Training the shared layers of a pack from pairs, over encoders that are done. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Encoder } from '../../models/toolkit/train/encode.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { pairSource } from '../../models/toolkit/train/fusion-pairs.ts';
import { trainSystem } from '../../models/toolkit/train/fusion-system.ts';
import type { NetworkOptions } from '../../models/runtime.ts';
import { UndertoneError } from '../errors.ts';
import type { Label, Modality } from '../domain.ts';
import { judgeFusion, type Judgement } from './fusion-judgement.ts';
import { type EncodedClip, encodeCorpora } from './fusion-media.ts';
import { writeWhole } from './part-file.ts';
import { progress, type ProgressStream } from './progress.ts';

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

/**
 * Train and judge the one system of a configuration with `pairs`. `out` gets a checkpoint a stage, and at the end
 * `fusion.onnx` and `judgement.json`.
 * @returns whether it finished; after an abort the same call goes on.
 * @throws UndertoneError `config-invalid` for a configuration without pairs or with several systems; as corpora, encoders
 * and training do.
 */
export async function trainFusion(config: FusionConfig, options: FusionTrainingOptions): Promise<boolean> {
  const { out, signal, network, stream } = options;
  const { pairs, labels, shape } = config;
  const stopped = (): boolean => signal.aborted;
  const [system, ...more] = config.systems;
  if (!pairs || !system || more.length > 0)
    throw new UndertoneError('config-invalid', `${config.name} has no 'pairs', or several systems: write one of each`);
  const paired = { ...config, pairs };
  await mkdir(out, { recursive: true });
  const encoders = {
    voice: {
      ...(await readEncoder(options.voice, [shape.steps, shape.voiceWidth], pairs.voices.encoderLabels)),
      trimDb: config.hearing.trimDb,
    },
    face: await readEncoder(options.face, [shape.faceWidth], pairs.faces.encoderLabels),
  };
  const read = async (modality: Modality, split: 'train' | 'dev'): Promise<readonly EncodedClip[]> => {
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
      const { clips, unread } = await encodeCorpora(modality, split, paired, encoders[modality], {
        ...options,
        onClip,
      });
      if (unread.length > 0)
        bar.line(`${unread.length} ${modality}s cannot be read; the first: ${unread[0]?.why ?? ''}`);
      return clips;
    } finally {
      bar.end();
    }
  };
  const faces = await read('face', 'train');
  const voices = await read('voice', 'train');
  if (stopped()) return false;

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
    fingerprint: fingerprint(config, encoders, [...faces, ...voices]),
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
  if (!trained) return false;
  const dev = { faces: await read('face', 'dev'), voices: await read('voice', 'dev') };
  if (stopped()) return false;
  const judgement = await judgeFusion(trained, dev, paired);
  for (const line of table(judgement)) stream.write(`${line}\n`);
  await writeWhole(join(out, 'judgement.json'), `${JSON.stringify(judgement, null, 2)}\n`, '--out');
  await writeWhole(join(out, 'fusion.onnx'), trained.bytes, '--out');
  return true;
}

async function readEncoder(file: string, embedding: readonly number[], labels: readonly Label[]): Promise<Encoder> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UndertoneError('config-invalid', `${file} cannot be read: give an encoder that train wrote`, { cause });
  });
  return { bytes, embedding, labels: labels.length };
}

function fingerprint(config: FusionConfig, encoders: Record<Modality, Encoder>, clips: readonly EncodedClip[]): string {
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
