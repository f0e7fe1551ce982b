/** A training run on disk: everything it needs to go on as if it had never stopped. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { asUndertoneError, UndertoneError } from '../../../src/errors.ts';
import { STATE, type TrainingState } from '../../graph/training.ts';

/** Where a run stands. */
export interface Checkpoint {
  /** Of the configuration and everything it trains on: another one cannot go on from here. */
  readonly fingerprint: string;
  /** Steps done. */
  readonly step: number;
  /** Sum of the losses since the last epoch ended. */
  readonly epochLoss: number;
  readonly state: TrainingState;
  /** One entry for each epoch done: what was measured after it. */
  readonly history: readonly Readonly<Record<string, number>>[];
}

const MAGIC = 'undertone checkpoint 1\n';
const header = z.strictObject({
  fingerprint: z.string(),
  step: z.int().min(0),
  epochLoss: z.number().default(0),
  lengths: z.array(z.int().min(0)).length(STATE.length),
  history: z.array(z.record(z.string(), z.number())),
});

/** Write a checkpoint: whole or not at all, also when the machine stops in the middle. */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const { fingerprint, step, epochLoss, history, state } = checkpoint;
  const lengths = STATE.map((key) => state[key].length);
  const head = `${MAGIC}${JSON.stringify({ fingerprint, step, epochLoss, lengths, history })}\n`;
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part`;
  const handle = await open(part, 'w');
  try {
    await handle.writeFile(head);
    for (const key of STATE) {
      const { buffer, byteOffset, byteLength } = state[key];
      await handle.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    }
    await handle.sync();
  } catch (thrown) {
    await rm(part, { force: true });
    throw new UndertoneError(
      'training-failed',
      `${file} cannot be written (${asUndertoneError(thrown).message}): free some space, or choose another --out`,
      { cause: thrown },
    );
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

/**
 * Read a checkpoint.
 * @param fingerprint of the run that is to go on; null takes any run's.
 * @returns null where there is none.
 * @throws UndertoneError `training-failed` when the file is damaged, or of another run.
 */
export async function readCheckpoint(file: string, fingerprint: string | null): Promise<Checkpoint | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
    throw thrown;
  }
  const damaged = (): UndertoneError =>
    new UndertoneError('training-failed', `${file} is no checkpoint, or damaged: remove it to start afresh`);
  const headEnd = bytes.indexOf('\n', MAGIC.length);
  if (bytes.toString('utf8', 0, MAGIC.length) !== MAGIC || headEnd < 0) throw damaged();
  const parsed = header.safeParse(json(bytes.toString('utf8', MAGIC.length, headEnd)));
  if (!parsed.success) throw damaged();
  const { lengths, ...head } = parsed.data;
  if (fingerprint !== null && head.fingerprint !== fingerprint)
    throw new UndertoneError(
      'training-failed',
      `${file} is of another run: its configuration or its clips have changed. Remove it to start afresh, or choose another --out`,
    );
  if (bytes.length !== headEnd + 1 + 4 * lengths.reduce((sum, length) => sum + length, 0)) throw damaged();
  let offset = headEnd + 1;
  const arrays = lengths.map((length) => {
    const array = new Float32Array(length);
    new Uint8Array(array.buffer).set(bytes.subarray(offset, offset + 4 * length));
    offset += 4 * length;
    return array;
  });
  const [theta, moment1, moment2, average, statistics] = arrays;
  if (!theta || !moment1 || !moment2 || !average || !statistics) throw damaged();
  return { ...head, state: { theta, moment1, moment2, average, statistics } };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
