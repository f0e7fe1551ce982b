import type { FeaturesManifest } from '../../models/toolkit/features/format.ts';
import { sizeWords } from '../../models/toolkit/features/write.ts';
import { readSettings } from '../config.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { chooseClips } from './choose-clips.ts';
import type { Command } from './command.ts';
import { makeFeatures } from './features-run.ts';
import { oneOf, required, SCORING_OPTIONS, wholeNumber } from './scoring-options.ts';

const PROVIDERS = ['cpu', 'cuda', 'webgpu'] as const;

/** `undertone features`. */
export const features: Command = {
  usage: 'features CORPUS --encoder ENCODER --out DIR',
  about: [
    "Runs an imported encoder over a corpus' clips and keeps what it gives, as float16: the hidden states of a voice, the",
    'vectors of a face (docs/encoders.md). DIR gets shards, and features.json at the end. Ctrl-C stops; the same command goes',
    'on after the last whole shard. train takes DIR in place of an encoder.',
  ],
  options: {
    encoder: { value: 'DIR', help: 'folder of the encoder, as import wrote it' },
    out: { value: 'DIR', help: 'folder of the features; made where it is not there' },
    split: SCORING_OPTIONS.split,
    ids: SCORING_OPTIONS.ids,
    layers: { value: 'LIST', help: 'voice: hidden states to keep, for example 0,12,24 (default: all)' },
    pooled: { help: "keep the mean over a clip's frames, instead of every frame" },
    seconds: { value: 'N', help: 'voice: of a longer clip, take N seconds in its middle (default: 12)' },
    side: { value: 'N', help: 'face: side of the pictures, where the encoder leaves it open (default: 224)' },
    provider: SCORING_OPTIONS.provider,
    precision: {
      value: 'P',
      help: 'float32, or float16 after import --half (default: float16 on a GPU that sums it in float32)',
    },
    threads: { value: 'N', help: 'threads of the encoder on the CPU (default: 1)' },
    json: { help: 'print features.json' },
  },
  arguments: 1,
  async run({ positionals: [file = ''], text, has, env, signal }) {
    const [encoder, out] = [
      required(text, 'encoder', 'the folder of an encoder'),
      required(text, 'out', 'a folder for the features'),
    ];
    const [seconds, side] = [wholeNumber(text, 'seconds', 1), wholeNumber(text, 'side', 32)];
    const layers = text('layers');
    const precision = oneOf(text, 'precision', ['float32', 'float16'] as const);
    const corpus = await chooseClips(await readCorpus(file), { split: text('split'), ids: text('ids') });
    const manifest = await makeFeatures(corpus, {
      encoder,
      out,
      frames: has('pooled') ? 'mean' : 'each',
      ...(layers !== undefined && { layers: layerList(layers) }),
      ...(seconds !== undefined && { seconds }),
      ...(side !== undefined && { side }),
      network: {
        provider: oneOf(text, 'provider', PROVIDERS) ?? 'cpu',
        threads: wholeNumber(text, 'threads', 1) ?? 1,
        ...(precision && { precision }),
      },
      ffmpeg: readSettings(env).UNDERTONE_FFMPEG,
      signal,
      stream: process.stderr,
    });
    if (!manifest) {
      process.stderr.write('stopped; whole shards are kept: the same command goes on from here\n');
      return 1;
    }
    process.stdout.write(has('json') ? `${JSON.stringify({ out, ...manifest })}\n` : summary(out, manifest));
    return 0;
  },
};

function layerList(given: string): readonly number[] {
  if (!/^\d{1,3}(,\d{1,3})*$/.test(given))
    throw new UndertoneError('config-invalid', `--layers '${given}' is no list of whole numbers: write 0,12,24`);
  return given.split(',').map(Number);
}

function summary(out: string, { clips, failed, without, bytes, making }: FeaturesManifest): string {
  const { layers, width, frames } = making;
  const each = frames === 'mean' ? 'a clip' : 'a frame';
  return (
    `${out}: ${clips} clips, ${layers.length} x ${width} ${each}, ${sizeWords(bytes)}` +
    `${failed > 0 ? `; ${failed} could not be encoded` : ''}${without > 0 ? `; ${without} have no ${making.modality}` : ''}\n`
  );
}
