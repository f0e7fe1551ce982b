/** Starting from what an earlier run learned, instead of from random weights. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UndertoneError } from '../../../src/errors.ts';
import type { TrainingModel } from '../../graph/training.ts';
import { readCheckpoint } from './checkpoint.ts';

/** What an earlier run learned. */
export interface Start {
  /** Averaged weights, in the order of that run's network. */
  readonly average: Float32Array;
  readonly statistics: Float32Array;
  /** SHA-256 of both: part of the fingerprint of whatever starts from them. */
  readonly sha256: string;
}

/**
 * The averaged weights that the run in `folder` ended with.
 * @throws UndertoneError `training-failed` when there is no checkpoint, or a damaged one.
 */
export async function readStart(folder: string): Promise<Start> {
  const file = join(folder, 'checkpoint');
  const found = await readCheckpoint(file, null);
  if (!found)
    throw new UndertoneError(
      'training-failed',
      `there is no ${file} to start from: train that configuration first, with --out ${folder}`,
    );
  const { average, statistics } = found.state;
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [average, statistics])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return { average, statistics, sha256: hash.digest('hex') };
}

/**
 * A training step that starts from learned weights; AdamW's means start at 0 as ever.
 * @throws UndertoneError `training-failed` when they are of a network of another size.
 */
export function startingFrom(model: TrainingModel, { average, statistics }: Start): TrainingModel {
  const { initial } = model;
  if (average.length !== initial.theta.length || statistics.length !== initial.statistics.length)
    throw new UndertoneError(
      'training-failed',
      `what it is to start from has ${average.length} weights, and this network ${initial.theta.length}: ` +
        "make 'network' and 'labels' of both configurations alike",
    );
  return { ...model, initial: { ...initial, theta: average, average, statistics } };
}
