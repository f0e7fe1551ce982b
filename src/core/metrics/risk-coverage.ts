/** What is gained by rejecting: error among the accepted, as more and more is rejected. */
import { checkLength, checkMatrix } from './matrix.ts';

/** One way to cut: accept the clips whose confidence is at least `least`. */
export interface RiskPoint {
  readonly least: number;
  /** Share of clips accepted, above 0 to 1. */
  readonly coverage: number;
  /** Share of wrong clips among the accepted, 0 to 1. */
  readonly risk: number;
}

/** The whole trade. */
export interface RiskCoverage {
  /** From the surest clips to all, one point for each distinct confidence. */
  readonly curve: readonly RiskPoint[];
  /** Area under the curve as steps, 0 to 1: the mean over clips of the risk at which each would be accepted. */
  readonly area: number;
}

/**
 * Risk against coverage of a prediction with a reject option (paper 2, section V-B, with error for its CCC). Clips of equal
 * confidence are accepted together, so the order of clips does not matter.
 * @param confidence a number from 0 to 1 a clip.
 * @param wrong whether each clip, if accepted, is wrong (`misses`).
 * @throws RangeError when there is no clip, the lists differ in length, or a confidence is not a number from 0 to 1.
 * @example riskCoverage([0.9, 0.6], [false, true]).curve; // risk 0 at coverage 0.5, 0.5 at 1
 */
export function riskCoverage(confidence: readonly number[], wrong: readonly boolean[]): RiskCoverage {
  const clips = checkMatrix('confidence', [confidence]);
  checkLength('wrong', wrong, clips);
  const falling = confidence.map((least, i) => ({ least, wrong: wrong[i] === true })).sort((a, b) => b.least - a.least);
  const curve: RiskPoint[] = [];
  let errors = 0;
  let area = 0;
  let before = 0;
  falling.forEach((clip, i) => {
    if (clip.wrong) errors += 1;
    if (falling[i + 1]?.least === clip.least) return;
    const point = { least: clip.least, coverage: (i + 1) / clips, risk: errors / (i + 1) };
    curve.push(point);
    area += (point.coverage - before) * point.risk;
    before = point.coverage;
  });
  return { curve, area };
}
