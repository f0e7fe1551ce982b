/** Isotonic scaling of one label's presence: any rising curve (Zadrozny and Elkan, 2002; pool adjacent violators). */
import type { IsotonicScaling } from '../../domain.ts';

/** Neighbouring examples that share one level. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly positives: number;
  readonly n: number;
}

/**
 * The rising steps nearest to what was observed. Equal probabilities are pooled first, then neighbours until no level is
 * below the one before it. Each step keeps its two ends; between steps `applyIsotonic` draws a straight line. Levels are
 * held within [1 / 2n, 1 - 1 / 2n]: n examples cannot show that something never happens.
 * @param probabilities uncalibrated, [n], in [0, 1]. @param present 1 or 0, [n].
 * @example fitIsotonic([0.1, 0.4, 0.6], [0, 1, 0]); // x [0.1, 0.4, 0.6], y [0.167, 0.5, 0.5]
 */
export function fitIsotonic(probabilities: readonly number[], present: readonly number[]): IsotonicScaling {
  const blocks: Block[] = [];
  for (const single of tied(probabilities, present)) {
    let block = single;
    for (let last = blocks.at(-1); last !== undefined && level(last) >= level(block); last = blocks.at(-1)) {
      blocks.pop();
      block = { from: last.from, to: block.to, positives: last.positives + block.positives, n: last.n + block.n };
    }
    blocks.push(block);
  }
  const least = 1 / (2 * probabilities.length);
  const points = blocks.flatMap((block) => {
    const y = Math.min(1 - least, Math.max(least, level(block)));
    return (block.from === block.to ? [block.from] : [block.from, block.to]).map((x) => ({ x, y }));
  });
  return { method: 'isotonic', x: points.map(({ x }) => x), y: points.map(({ y }) => y) };
}

/**
 * The calibrated probability: on the line between the two points about p, level outside. Order is kept, but what differed
 * may become equal.
 * @example applyIsotonic({ method: 'isotonic', x: [0.2, 0.6], y: [0.1, 0.9] }, 0.4); // 0.5
 */
export function applyIsotonic({ x, y }: IsotonicScaling, p: number): number {
  const after = firstAbove(x, p);
  const [x0, y0] = [x[after - 1], y[after - 1]];
  const [x1, y1] = [x[after], y[after]];
  if (x1 === undefined || y1 === undefined) return y0 ?? p;
  if (x0 === undefined || y0 === undefined) return y1;
  return Math.min(y1, y0 + (y1 - y0) * ((p - x0) / (x1 - x0)));
}

/** One block for each different probability, lowest first. */
function tied(probabilities: readonly number[], present: readonly number[]): Block[] {
  const order = probabilities.map((p, i) => ({ p, y: present[i] ?? 0 })).sort((one, other) => one.p - other.p);
  const blocks: Block[] = [];
  for (const { p, y } of order) {
    const last = blocks.at(-1);
    if (last?.to === p) blocks[blocks.length - 1] = { ...last, positives: last.positives + y, n: last.n + 1 };
    else blocks.push({ from: p, to: p, positives: y, n: 1 });
  }
  return blocks;
}

const level = ({ positives, n }: Block): number => positives / n;

/** Index of the first x above p; the length where there is none. */
function firstAbove(x: readonly number[], p: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) > p) high = middle;
    else low = middle + 1;
  }
  return low;
}
