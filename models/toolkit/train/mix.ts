/** Two voices at once: what a network is told between two clips keeps it from being sure of either (mixup). */

/** A window and what is to be learned from it. */
export interface VoiceRow {
  /** Log-mel, row-major [frames, 64]. */
  readonly logMel: Float32Array;
  /** Shares of raters; sum to 1. */
  readonly shares: readonly number[];
  /** 0 to 1 for each label. */
  readonly present: readonly number[];
}

/**
 * `a` with `b` beneath it: powers add up as sounds do, and so do what raters said (Zhang et al. 2018).
 * @param part of `a`, 0.5 .. 1; 1 is `a`.
 * @example mixVoices(row, other, 0.7)
 */
export function mixVoices(a: VoiceRow, b: VoiceRow, part: number): VoiceRow {
  const blend = (xs: readonly number[], ys: readonly number[]): number[] =>
    xs.map((x, k) => part * x + (1 - part) * (ys[k] ?? 0));
  return {
    logMel: a.logMel.map((x, i) => Math.log(part * Math.exp(x) + (1 - part) * Math.exp(b.logMel[i] ?? x))),
    shares: blend(a.shares, b.shares),
    present: blend(a.present, b.present),
  };
}
