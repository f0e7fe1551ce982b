/** Full-size encoders with random weights, imported as any other. */
import { rm, stat, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ENCODER_MANIFEST } from '../../../models/encoder-format.ts';
import { importEncoder } from '../../../models/toolkit/encoders/import-encoder.ts';
import { readSpeechConfig } from '../../../models/toolkit/encoders/speech-config.ts';
import { megabytes } from '../../../src/commands/megabytes.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { MOBILENET, writeRandomCheckpoint, writeSpeechConfig } from './random-checkpoint.ts';
import { PICTURE_SIDE, pictureFlops, speechFlops, type Subject, WINDOW_SAMPLES } from './subjects.ts';

/** Hears how far some work is, in bytes. */
export type Advance = (doing: string, done: number, total: number) => void;

/** How an encoder is made. */
export interface MakeOptions {
  readonly advance: Advance;
  readonly signal: AbortSignal;
  /** Import it with a network that computes in float16 on a GPU. Default false. */
  readonly half?: boolean;
  /** How many bytes are free in a folder's file system. Default: asks it. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

/**
 * Make an encoder, unless it is there; the checkpoint that it is made of is removed, whatever happens.
 * @throws UndertoneError `config-invalid` where the disk has no room for both; whatever importing throws; the signal's reason.
 */
export async function makeEncoder(
  subject: Subject,
  out: string,
  { advance, signal, half = false, freeBytes = freeOf }: MakeOptions,
): Promise<void> {
  if (await stat(join(out, ENCODER_MANIFEST)).catch(() => null)) return;
  const from = `${out}.checkpoint`;
  try {
    await writeRandomCheckpoint(subject.architecture, from, {
      room: async (bytes) => {
        checkRoom(from, 2 * bytes, await freeBytes(from));
      },
      progress: (done, total) => advance('weights', done, total),
      signal,
    });
    await importEncoder(subject.kind, {
      from,
      out,
      licence: 'random weights',
      half,
      ...(subject.layers !== undefined && { layers: subject.layers }),
      progress: (done, total) => advance('importing', done, total),
      signal,
    });
  } finally {
    await rm(from, { recursive: true, force: true });
  }
}

/** Of the checkpoint and the encoder, which are there at once. */
function checkRoom(dir: string, bytes: number, free: number): void {
  if (free >= bytes) return;
  throw new UndertoneError(
    'config-invalid',
    `'${resolve(dir)}' needs ${megabytes(bytes)} for a while, and ${megabytes(free)} are free there: make room, ` +
      'or choose another folder by TMPDIR or --keep',
  );
}

async function freeOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}

/**
 * Multiplications and additions of an encoder for one window, or one picture.
 * @param scratch a folder for `config.json`.
 */
export async function itemFlops({ architecture, layers }: Subject, scratch: string): Promise<number> {
  if (architecture === 'mobilenetv2') return pictureFlops(MOBILENET, PICTURE_SIDE);
  const kind = await writeSpeechConfig(architecture, scratch);
  return speechFlops(await readSpeechConfig(join(scratch, 'config.json'), kind), WINDOW_SAMPLES, layers);
}
