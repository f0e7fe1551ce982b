/** How far what a network was given lies from its pack's reference. */
import { MEL_BANDS } from '../../src/core/features.ts';
import { faceStatistics } from '../../src/core/reference/face-statistics.ts';
import { distanceFrom } from '../../src/core/reference/reference.ts';
import { voiceStatistics } from '../../src/core/reference/voice-statistics.ts';
import type { Contract } from '../contract.ts';

/**
 * A voice's embedding as its reference has it: the mean over the steps that hold sound, so that how much silence follows a short
 * sound does not count.
 * @param embedding row-major [Tv, Dv] of the voice network.
 * @param frames log-mel frames that hold sound.
 * @returns [Dv].
 */
export function soundingMean(embedding: Float32Array, frames: number, { inputs, outputs }: Contract): Float64Array {
  const [, steps, width] = (outputs['embedding'] ?? []).map(Number) as [number, number, number];
  const length = Number(inputs['logmel']?.[1]);
  const sounding = Math.min(steps, Math.max(1, Math.ceil((steps * frames) / length)));
  const mean = new Float64Array(width);
  for (let step = 0; step < sounding; step++)
    for (let k = 0; k < width; k++) mean[k] = (mean[k] ?? 0) + (embedding[step * width + k] ?? 0) / sounding;
  return mean;
}

/**
 * The distance of a voice.
 * @param logMel what the network was given, without the silence after it: row-major [frames, 64].
 * @param embedding row-major [Tv, Dv].
 * @returns undefined where the pack has no reference.
 */
export function voiceDistance(logMel: Float32Array, embedding: Float32Array, contract: Contract): number | undefined {
  const { reference } = contract;
  const frames = logMel.length / MEL_BANDS;
  return reference && distanceFrom(reference, voiceStatistics(logMel), soundingMean(embedding, frames, contract));
}

/** The distance of a face crop, [48, 48], with its embedding, [Df]; undefined where the pack has no reference. */
export function faceDistance(crop: Float32Array, embedding: Float32Array, { reference }: Contract): number | undefined {
  return reference && distanceFrom(reference, faceStatistics(crop), embedding);
}
