/** An encoder that somebody else exported to ONNX: its file as it is, with a description of what it takes and gives. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UndertoneError } from '../../../src/errors.ts';
import { encoderDescription } from '../../encoder-format.ts';
import { fileSha256 } from '../../file-sha256.ts';
import { readJson } from './checkpoint.ts';
import { checkPlace, checkRoom, type EncoderPlace, type ImportedEncoder, writeEncoder } from './folder.ts';
import type { Unwritten } from './plan.ts';

/** Where the network is, and what describes it. */
export interface OnnxImport extends EncoderPlace {
  /** The description's file; docs/encoders.md tells what is in it. */
  readonly describe: string;
}

/**
 * Take an ONNX file in as an encoder. It is opened and run, and must have the inputs, outputs and sides that are described.
 * @throws UndertoneError `encoder-invalid` for a description that is not whole, or a network that is another; `config-invalid` for a
 * place that is taken or full.
 * @example await importOnnx({ from: 'model.onnx', describe: 'model.json', out: 'encoders/mine' });
 */
export async function importOnnx(options: OnnxImport): Promise<ImportedEncoder> {
  const { from, origin, describe, progress, signal } = options;
  await checkPlace(options);
  const manifest = await readDescription(describe);
  const found = await stat(from).catch(() => null);
  if (!found?.isFile())
    throw new UndertoneError('encoder-invalid', `there is no file '${from}': give the path of an ONNX file`);
  let done = 0;
  const did = (bytes: number): void => {
    signal?.throwIfAborted();
    progress?.((done += bytes), 2 * found.size);
  };
  const network = { graph: { bytes: found.size, pieces: () => piecesOf(from, did) }, weights: null, half: null };
  await checkRoom(network, options);
  const sha256 = await fileSha256(from, did);
  const { encoder, notices } = await writeEncoder(options, {
    manifest,
    source: { name: basename(from), ...origin, files: [{ file: basename(from), sha256 }] },
    precision: 'unknown',
    network,
  });
  return { encoder, notices };
}

async function readDescription(path: string): Promise<Unwritten> {
  const described = await readJson(path, encoderDescription);
  const whole = (shape: readonly (number | string)[], axis: number, output: string): number => {
    const side = shape.at(axis);
    if (typeof side === 'number') return side;
    throw new UndertoneError(
      'encoder-invalid',
      `${path}: outputs.${output}.shape: [${shape.join(', ')}] leaves a side open that must be a number`,
    );
  };
  const common = { format: 1, kind: 'onnx' } as const;
  if (described.modality === 'face')
    return { ...common, ...described, width: whole(described.outputs.pooled.shape, -1, 'pooled') };
  const { shape } = described.outputs.hidden;
  if (shape.length !== 3 && shape.length !== 4)
    throw new UndertoneError(
      'encoder-invalid',
      `${path}: outputs.hidden.shape: [${shape.join(', ')}] is neither [n, layers, frames, width] nor [n, frames, width]`,
    );
  const layers = shape.length === 4 ? whole(shape, 1, 'hidden') : 1;
  return { ...common, ...described, layers, width: whole(shape, -1, 'hidden') };
}

async function* piecesOf(path: string, did: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Uint8Array;
    did(bytes.length);
    yield bytes;
  }
}
