/** How long a network trains and how fast it learns at each step. */

/** The course of a training run. */
export interface Schedule {
  /** Passes over all clips. */
  readonly epochs: number;
  /** Clips a step. */
  readonly batch: number;
  /** Highest learning rate. */
  readonly rate: number;
  /** Epochs over which the rate rises to its highest. */
  readonly warmupEpochs: number;
  /** Pull of matrices and kernels to 0, times the rate. */
  readonly weightDecay: number;
  /** Share of the past that the served average of the weights keeps at each step, for example 0.998. */
  readonly averaging: number;
}

/**
 * The learning rate of a step: a linear rise, then half a cosine down to a hundredth (Loshchilov and Hutter 2017).
 * @param step from 0.
 * @param stepsPerEpoch at least 1.
 */
export function rateAt({ epochs, rate, warmupEpochs }: Schedule, step: number, stepsPerEpoch: number): number {
  const rise = warmupEpochs * stepsPerEpoch;
  if (step < rise) return (rate * (step + 1)) / (rise + 1);
  const way = Math.min(1, (step - rise) / Math.max(1, epochs * stepsPerEpoch - rise));
  return rate * (0.01 + 0.99 * 0.5 * (1 + Math.cos(Math.PI * way)));
}

/**
 * How much of the new weights enters their average: much at the start, where the old ones are random.
 * @param step from 0.
 */
export function averagingAt({ averaging }: Schedule, step: number): number {
  return Math.max(1 - averaging, 1 / (step + 1));
}
