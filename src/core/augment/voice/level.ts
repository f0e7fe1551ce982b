/** How loud a voice is, and what becomes of it where it is too loud. */

/** Mean of the squares; 0 for no samples. */
export function meanPower(samples: Float32Array): number {
  let sum = 0;
  for (const x of samples) sum += x * x;
  return samples.length === 0 ? 0 : sum / samples.length;
}

/**
 * Louder or softer by `db`.
 * @param samples mono, any length.
 * @param db decibels of amplitude; 0 changes nothing, 6 nearly doubles.
 * @returns a new array of the same length; it may leave [-1, 1].
 * @example const closer = gain(samples, 6);
 */
export function gain(samples: Float32Array, db: number): Float32Array {
  const factor = Math.pow(10, db / 20);
  return samples.map((x) => x * factor);
}

/**
 * Cut off what lies above a level under the clip's peak, as an overdriven microphone does.
 * @param samples mono, any length.
 * @param depthDb how far under the peak, decibels, 0 or more; 0 changes nothing.
 * @returns a new array of the same length.
 * @example const overdriven = clip(samples, 6); // the upper half of the amplitude is gone
 */
export function clip(samples: Float32Array, depthDb: number): Float32Array {
  const peak = samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const most = peak * Math.pow(10, -depthDb / 20);
  return samples.map((x) => Math.min(Math.max(x, -most), most));
}
