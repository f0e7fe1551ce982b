/** A published checkpoint: its tensors by name, whether they are in one file or in several. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../../../src/errors.ts';
import { openSafetensors, type SafetensorsFile } from '../safetensors.ts';

/** A tensor of a checkpoint, not read yet. */
export interface CheckpointTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** Of the file. */
  readonly bytes: number;
  /**
   * Its numbers as float32, row-major.
   * @throws UndertoneError as `SafetensorsFile.read`.
   */
  read(): Promise<Float32Array>;
}

/** An open checkpoint. */
export interface Checkpoint {
  /** Folder in which `config.json` is. */
  readonly dir: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Files that hold the tensors. */
  readonly files: readonly string[];
  close(): Promise<void>;
}

/** The weights of a checkpoint that has them in one file. */
export const SINGLE = 'model.safetensors';
/** What tells the files of one that has them in several. */
export const INDEX = 'model.safetensors.index.json';
/** Largest index that is read. */
export const MOST_INDEX_BYTES = 1 << 26;
/** Weights as Python objects, which only Python can read. */
const PICKLED = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];

const indexSchema = z.object({
  weight_map: z.record(
    z.string(),
    z.string().regex(/^[\w.-]+\.safetensors$/, 'is not the plain name of a safetensors file'),
  ),
});

/**
 * Open a checkpoint and judge the headers of all its files; of the weights nothing is read yet.
 * @param from a folder with `model.safetensors`, or with `model.safetensors.index.json` and the files that it names; or a safetensors file.
 * @throws UndertoneError `encoder-invalid`: nothing there, a missing shard, a broken header, a tensor in two files or in none.
 * @example const checkpoint = await openCheckpoint('wavlm-large');
 */
export async function openCheckpoint(from: string): Promise<Checkpoint> {
  const { dir, paths, index } = await locate(from);
  const files: SafetensorsFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for (const path of paths) files.push(await openSafetensors(path));
    const tensors = new Map<string, CheckpointTensor>();
    for (const file of files)
      for (const entry of file.entries) {
        const { name, dims, bytes } = entry;
        if (tensors.has(name)) throw invalid(`${file.path}: tensor '${name}' is in another shard too`);
        tensors.set(name, { name, dims, bytes, read: () => file.read(entry) });
        if (index && index[name] !== basename(file.path))
          throw invalid(`${file.path} has a tensor '${name}' that ${INDEX} does not say is there`);
      }
    const lost = Object.entries(index ?? {}).find(([name]) => !tensors.has(name));
    if (lost) throw invalid(`${INDEX} says that ${lost[1]} has a tensor '${lost[0]}', and it has not`);
    return { dir, tensors, files: paths, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Location {
  readonly dir: string;
  readonly paths: readonly string[];
  /** File of each tensor; null where there is one file. */
  readonly index: Readonly<Record<string, string>> | null;
}

async function locate(from: string): Promise<Location> {
  const found = await stat(from).catch(() => null);
  if (!found) throw invalid(`there is no '${from}': give the folder or the safetensors file of a checkpoint`);
  if (found.isFile()) {
    if (basename(from).endsWith('.index.json')) return sharded(dirname(from), from);
    return { dir: dirname(from), paths: [from], index: null };
  }
  if (await isFile(join(from, SINGLE))) return { dir: from, paths: [join(from, SINGLE)], index: null };
  if (await isFile(join(from, INDEX))) return sharded(from, join(from, INDEX));
  for (const name of PICKLED)
    if (await isFile(join(from, name)))
      throw invalid(
        `'${from}' has ${name} alone, which is read by running what is in it: save it as safetensors first ` +
          `(in Python: AutoModel.from_pretrained('${from}').save_pretrained('${from}'))`,
      );
  throw invalid(`'${from}' has no ${SINGLE} and no ${INDEX}: give the folder of a checkpoint`);
}

/**
 * In which file each tensor is, as an index tells.
 * @throws UndertoneError `encoder-invalid` as `readJson`.
 */
export async function readIndex(path: string): Promise<Readonly<Record<string, string>>> {
  return (await readJson(path, indexSchema, MOST_INDEX_BYTES)).weight_map;
}

async function sharded(dir: string, path: string): Promise<Location> {
  const index = await readIndex(path);
  const names = [...new Set(Object.values(index))].sort();
  for (const name of names)
    if (!(await isFile(join(dir, name))))
      throw invalid(`${join(dir, name)} is missing, and ${basename(path)} names it: fetch all ${names.length} shards`);
  return { dir, paths: names.map((name) => join(dir, name)), index };
}

/**
 * A JSON file beside a checkpoint, checked.
 * @throws UndertoneError `encoder-invalid` with every problem and its place; a file of more than `mostBytes` is not read.
 */
export async function readJson<S extends z.ZodType>(path: string, schema: S, mostBytes = 1 << 20): Promise<z.infer<S>> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw invalid(`there is no ${path}: it stands beside the weights of a published checkpoint`);
  if (found.size > mostBytes) throw invalid(`${path} has ${found.size} bytes; at most ${mostBytes} are read`);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalid(`${path} is not JSON: fetch it again`, cause);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'it'}: ${message}`);
  throw invalid(`${path}: ${problems.join('; ')}`, parsed.error);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true;
}

function invalid(message: string, cause?: unknown): UndertoneError {
  return new UndertoneError('encoder-invalid', message, { cause });
}
