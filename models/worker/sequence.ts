/** Numbers over time, row-major [n, width], or [layers, n, width] of a voice encoder with several layers; oldest first. */
export interface StateSequence {
  readonly numbers: Float32Array;
  /** Frames, at least 1. */
  readonly n: number;
}
