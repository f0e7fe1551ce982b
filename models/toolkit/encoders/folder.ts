/** An encoder's folder, written whole or not at all, and believed once it has answered. */
import { createHash } from 'node:crypto';
import { chmod, open, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UndertoneError } from '../../../src/errors.ts';
import { openEncoder } from '../../encoder.ts';
import { type Encoder, ENCODER_MANIFEST } from '../../encoder-format.ts';
import type { TensorData } from '../../runtime.ts';
import { type FileStream, type OnnxStream, WEIGHTS_FILE } from '../onnx-stream.ts';
import { checkFree, writeWholeFolder } from '../whole-folder.ts';
import type { Unwritten } from './plan.ts';
import { proveEncoder, proveHalf } from './prove.ts';

/** Where an encoder is from and where it goes. */
export interface EncoderPlace {
  /** Folder of the checkpoint, or its safetensors file. */
  readonly from: string;
  /** What `from` is called and where it was fetched, if it was. Default: called as its file or folder is. */
  readonly origin?: { readonly name: string; readonly url: string };
  /** Folder of the encoder. */
  readonly out: string;
  /** Whether an encoder that is there is written over. Default false. */
  readonly replace?: boolean;
  /** Of the weights. Default: what the checkpoint's README says. */
  readonly licence?: string;
  /** Hears how far it is, in bytes. Default: nobody. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the import; nothing half-done is left. */
  readonly signal?: AbortSignal;
  /** How many bytes are free in a folder's file system. Default: asks it. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

/** What was imported. */
export interface ImportedEncoder {
  readonly encoder: Encoder;
  /** What the user should know of it, a sentence each. */
  readonly notices: readonly string[];
}

const KIND = { name: 'an encoder', file: ENCODER_MANIFEST };
const NETWORK = 'encoder.onnx';
const HALF = 'encoder.half.onnx';
const ROUNDED = 'encoder.rounded.onnx';
/** For `encoder.json`. */
const MANIFEST_ROOM = 1 << 16;

/** A graph that computes in float16 over the weights of another. */
export interface HalfFiles {
  readonly graph: FileStream;
  /** The same, which tells on the CPU what float16 makes of it (rounded-model.ts); it does not stay. */
  readonly rounded: FileStream;
}

/** The files of a network. */
export interface EncoderFiles extends OnnxStream {
  /** Null where there is to be none. */
  readonly half: HalfFiles | null;
}

/** What goes into the folder. */
export interface EncoderContent {
  readonly manifest: Unwritten;
  readonly source: Encoder['source'];
  readonly precision: Encoder['network']['precision'];
  readonly network: EncoderFiles;
}

/**
 * Refuse a place that is taken, before any work is done.
 * @throws UndertoneError `config-invalid`.
 */
export async function checkPlace({ out, replace = false }: EncoderPlace): Promise<void> {
  await checkFree(out, { replace, option: '--out', kind: KIND });
}

/**
 * Refuse a network that does not fit on the disk.
 * @throws UndertoneError `config-invalid` that names both sizes.
 */
export async function checkRoom({ graph, weights, half }: EncoderFiles, place: EncoderPlace): Promise<void> {
  const { out, freeBytes = freeOf } = place;
  const bytes = graph.bytes + (weights?.bytes ?? 0) + (half ? half.graph.bytes + half.rounded.bytes : 0);
  const free = await freeBytes(dirname(resolve(out)));
  if (free < bytes + MANIFEST_ROOM)
    throw new UndertoneError(
      'config-invalid',
      `--out: '${out}' needs ${megabytes(bytes)}, and ${megabytes(free)} are free there: make room, choose another ` +
        'folder, or import with --half',
    );
}

async function freeOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

/**
 * Write the folder, open the network and run it, and only then give the folder its name. A network that float16 does not suit is left
 * without the graph that computes in it, with a notice.
 * @throws UndertoneError `encoder-invalid` for a network that does not do what the manifest says; `config-invalid` for a place that is
 * taken or full.
 */
export async function writeEncoder(place: EncoderPlace, content: EncoderContent): Promise<ImportedEncoder> {
  const { manifest, source, precision, network } = content;
  const { out, replace = false } = place;
  const name = basename(resolve(out));
  const written: ImportedEncoder[] = [];
  await writeWholeFolder(out, { replace, option: '--out', kind: KIND }, async (part) => {
    await chmod(part, 0o755);
    const graph = await writeFileStream(part, NETWORK, network.graph);
    const weights = network.weights && (await writeFileStream(part, WEIGHTS_FILE, network.weights));
    const encoder = (half: Encoder['network']['half']): Encoder => ({
      ...manifest,
      licence: place.licence ?? manifest.licence,
      network: { ...graph, ...(weights && { weights }), ...(half && { half }), precision },
      source,
    });
    const plain = encoder(undefined);
    await writeManifest(part, plain);
    const answer = await proveEncoder(part, name);
    written.push(
      network.half ? await withHalf(part, { files: network.half, encoder, answer }) : { encoder: plain, notices: [] },
    );
  });
  const [imported] = written;
  if (!imported) throw new UndertoneError('internal', 'nothing was written');
  return imported;
}

/** Add the graph that computes in float16, if it suits the network: first one that rounds as it would is run, then it is opened. */
async function withHalf(
  part: string,
  {
    files,
    encoder,
    answer,
  }: {
    readonly files: HalfFiles;
    readonly encoder: (half: Encoder['network']['half']) => Encoder;
    readonly answer: TensorData<Float32Array>;
  },
): Promise<ImportedEncoder> {
  const adds = async (name: string, stream: FileStream): Promise<Encoder> => {
    const added = encoder(await writeFileStream(part, name, stream));
    await writeManifest(part, added);
    return added;
  };
  await adds(ROUNDED, files.rounded);
  const unfit = await proveHalf(part, answer);
  await rm(join(part, ROUNDED));
  if (unfit === null) {
    const whole = await adds(HALF, files.graph);
    await (await openEncoder(part, { precision: 'float16' })).network.close();
    return { encoder: whole, notices: [] };
  }
  const plain = encoder(undefined);
  await writeManifest(part, plain);
  return { encoder: plain, notices: [`it computes in float32 on every provider: in float16 ${unfit}`] };
}

async function writeManifest(dir: string, encoder: Encoder): Promise<void> {
  await writeFile(join(dir, ENCODER_MANIFEST), `${JSON.stringify(encoder, null, 2)}\n`);
}

async function writeFileStream(dir: string, name: string, stream: FileStream) {
  const hash = createHash('sha256');
  const file = await open(join(dir, name), 'wx');
  try {
    for await (const piece of stream.pieces()) {
      hash.update(piece);
      await file.appendFile(piece);
    }
    await file.sync();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')))
      throw cause;
    throw new UndertoneError('config-invalid', `--out: the disk is full (${cause.message}): make room`, { cause });
  } finally {
    await file.close();
  }
  return { file: name, sha256: hash.digest('hex'), bytes: stream.bytes };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-GB', { maximumFractionDigits: 1 })} MB`;
}
