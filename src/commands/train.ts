import { dirname, resolve } from 'node:path';
import { readTrainingConfig } from '../../models/toolkit/train/config.ts';
import { readFusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import { readSettings } from '../config.ts';
import { UndertoneError } from '../errors.ts';
import type { Command } from './command.ts';
import { trainFromFeatures } from './features-training.ts';
import { trainFusion } from './fusion-training.ts';
import { tellOutcome } from './training-outcome.ts';
import { trainInFolder } from './training.ts';

const PROVIDERS = ['cpu', 'cuda'] as const;

/** `undertone train`. */
export const train: Command = {
  usage: 'train CONFIG --out DIR',
  about: [
    'Trains a network from clips that people voted on, as a configuration says (docs/training.md). DIR gets the network',
    'at the end; until then a checkpoint. Ctrl-C stops; the same command goes on from the checkpoint. The same command on',
    'the same machine gives the same network, bit for bit. Shared layers (kind fusion, docs/fusion.md) learn from what',
    'encoders give that were trained before: --voice and --face name them, or folders that features wrote.',
  ],
  options: {
    out: { value: 'DIR', help: 'folder of this run; made where it is not there' },
    data: { value: 'DIR', help: "folder that the configuration's corpora are in (default: the configuration's own)" },
    voice: { value: 'PATH', help: 'voice encoder, for shared layers; or folders of features, comma-separated' },
    face: { value: 'PATH', help: 'face encoder, likewise' },
    epochs: { value: 'N', help: "epochs instead of the configuration's, to try it out" },
    threads: { value: 'N', help: 'threads of a training step on the CPU (default: 1)' },
    provider: { value: 'NAME', help: `where to train: ${PROVIDERS.join(' or ')} (default: cpu)` },
  },
  arguments: 1,
  async run({ positionals: [file = ''], text, env, signal }) {
    const out = text('out');
    if (out === undefined) throw new UndertoneError('config-invalid', '--out is missing: give the folder of this run');
    const provider = PROVIDERS.find((name) => name === (text('provider') ?? 'cpu'));
    if (provider === undefined)
      throw new UndertoneError('config-invalid', `--provider is none of ${PROVIDERS.join(', ')}: choose one`);
    const threads = whole('threads', text('threads')) ?? 1;
    const epochs = whole('epochs', text('epochs'));
    const data = resolve(text('data') ?? dirname(file));
    const rest = { data, out, network: { provider, threads }, signal, stream: process.stderr };
    const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;
    const fusion = await readFusionConfig(file);
    if (fusion) {
      const [voice, face] = [text('voice'), text('face')];
      const { clips } = fusion;
      if (clips) {
        if (fusion.pairs || epochs !== undefined)
          throw new UndertoneError('config-invalid', `${file}: 'clips' are learned from without 'pairs' or --epochs`);
        const features = { voice: folders(voice), face: folders(face) };
        return tellOutcome(await trainFromFeatures({ ...fusion, clips }, { ...rest, features }));
      }
      if (voice === undefined || face === undefined || epochs !== undefined)
        throw new UndertoneError('config-invalid', 'shared layers take --voice FILE and --face FILE, and no --epochs');
      return tellOutcome(await trainFusion(fusion, { ...rest, voice, face, ffmpeg }));
    }
    const config = await readTrainingConfig(file);
    const chosen = epochs === undefined ? config : { ...config, schedule: { ...config.schedule, epochs } };
    return tellOutcome(await trainInFolder(chosen, { ...rest, ffmpeg }));
  },
};

function folders(list: string | undefined): readonly string[] {
  return list?.split(',').filter((dir) => dir !== '') ?? [];
}

function whole(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= 10_000) return number;
  throw new UndertoneError('config-invalid', `--${option} is '${value}': write a whole number from 1 to 10000`);
}
