/**
 * Differentiable kernel density estimation (paper 4, section 3.3): src/core/kde as a part of the training graph, over a
 * batch of point sets at once. docs/annotators.md says how the bandwidth is differentiated.
 */
import { timeFactor, HIGHEST_ORDER, LONGEST } from '../../src/core/kde/bandwidth.ts';
import { GRID } from '../../src/core/kde/kde2d.ts';
import { cellMeans, cosineTransform } from '../../src/core/kde/spectrum.ts';
import { gradients } from '../graph/differentiate.ts';
import { above, add, div, exp, log, mul, neg, relu, sigmoid, sqrt, square, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { detach, fixedSide, reshape, slice } from '../graph/layout.ts';
import { matmul } from '../graph/matmul.ts';
import { sum } from '../graph/reduce.ts';

/** How points become a distribution. */
export interface KdeOptions {
  /** Cells an axis of the soft histogram. Default 64 (paper 4, section 3.3). */
  readonly bins?: number;
  /** Steepness of its edges. Default 8 (paper 4, section 3.3). */
  readonly sigma?: number;
}

/** Shortest time that is looked at: below it a kernel is narrower than a fifth of a cell. */
const SHORTEST = 1e-5;
/** Times that are tried at once, twice: 10 over the whole range, then 10 between two of those; 9 % of a time apart. */
const TRIED = 10;
/** Keeps logarithms of norms finite where points are spread evenly. */
const LEAST_NORM = 1e-20;
/** Least of 1 - gamma'(t). */
const LEAST_STEEPNESS = 0.05;

/**
 * The distribution over the 4 x 4 grid of valence and arousal.
 * @param first [n, m], on [-1, 1]: the first coordinates of m points for each of n.
 * @param second [n, m].
 * @returns [n, 4, 4], each summing to 1; rows are the first coordinate, lowest first.
 * @example softCrossEntropyOfGrids(kdeGrid(valence, arousal), truth);
 */
export function kdeGrid(first: Value, second: Value, options: KdeOptions = {}): Value {
  const { graph } = first;
  const { bins = 64 } = options;
  const points = fixedSide(first, 1);
  const amplitudes = spectrum(softHistogram(first, second, options), bins);
  const { alongFirst, alongSecond } = bandwidths(square(amplitudes), points, bins);
  const squares = graph.constant(
    Float32Array.from(frequencies(bins), (square) => -square / 2),
    [1, bins],
  );
  const fade = (time: Value): Value => exp(mul(time, squares));
  const [n] = first.dims;
  const faded = mul(
    mul(amplitudes, reshape(fade(alongFirst), [n ?? 1, bins, 1])),
    reshape(fade(alongSecond), [n ?? 1, 1, bins]),
  );
  const means = graph.constant(Float32Array.from(cellMeans(GRID, bins, bins)), [GRID, bins]);
  const held = relu(matmul(means, matmul(faded, means, { transposeB: true })));
  return div(held, sum(held, { axes: [1, 2], keep: true }));
}

/** The soft histogram of paper 4, section 3.3: shares [n, bins, bins]. */
function softHistogram(first: Value, second: Value, { bins = 64, sigma = 8 }: KdeOptions = {}): Value {
  const { graph } = first;
  const [n = 1] = first.dims;
  const points = fixedSide(first, 1);
  // A cell's upper edge is the next one's lower: one sigmoid an edge.
  const edges = graph.constant(
    Float32Array.from({ length: bins + 1 }, (_, i) => -1 + (2 * i) / bins),
    [bins + 1],
  );
  const degrees = (x: Value): Value => {
    const passed = sigmoid(mul(sub(reshape(x, [n, points, 1]), edges), sigma));
    return sub(slice(passed, 2, 0, bins), slice(passed, 2, 1, bins + 1));
  };
  return mul(matmul(degrees(first), degrees(second), { transposeA: true }), 1 / points);
}

/** The two-dimensional cosine transform of [n, bins, bins]. */
function spectrum(histogram: Value, bins: number): Value {
  const transform = histogram.graph.constant(Float32Array.from(cosineTransform(bins, bins)), [bins, bins]);
  return matmul(transform, matmul(histogram, transform, { transposeB: true }));
}

/**
 * Botev's times along both axes, [n, 1] each.
 *
 * The fixed point t = gamma(t) is looked for without gradients: by the implicit function theorem
 * dt = dgamma / (1 - gamma'(t)) there, and a Newton step from there has that gradient and, as a value, the same t with twice
 * the digits. So one evaluation of gamma is differentiated, however many it took.
 * @param power squared amplitudes [n, bins, bins].
 */
function bandwidths(
  power: Value,
  points: number,
  bins: number,
): { readonly alongFirst: Value; readonly alongSecond: Value } {
  const norms = derivativeNorms(points, bins);
  const gamma = (energy: Value, times: Value): Value => timeOf(norms(energy, times), points);
  const newton = (energy: Value, at: Value): Value => {
    const asked = gamma(energy, at);
    const [slope] = gradients(sum(asked), [at]);
    if (!slope) throw new RangeError('gamma does not depend on its time');
    // Where gamma is nearly as steep as t itself, as for points spread evenly, a whole step would lead anywhere.
    const steepness = add(relu(sub(neg(slope), LEAST_STEEPNESS - 1)), LEAST_STEEPNESS);
    return atMost(add(at, div(sub(asked, at), detach(steepness))), LONGEST);
  };
  const fixed = detach(power);
  const near = detach(newton(fixed, detach(search((times) => gamma(fixed, times), fixed))));
  const [n02, n11, n20] = norms(power, newton(power, near));
  const both = add(n11, sqrt(mul(n02, n20)));
  const along = (one: Value, other: Value): Value => {
    const logarithm = sub(mul(sub(log(one), log(other)), 0.75), log(mul(both, 4 * Math.PI * points)));
    return atMost(exp(mul(logarithm, 1 / 3)), LONGEST);
  };
  return { alongFirst: along(n02, n20), alongSecond: along(n20, n02) };
}

/**
 * About where gamma crosses t, [n, 1]: gamma is above t up to there and below it after, so the times at which it is above
 * need only be counted.
 */
function search(gamma: (times: Value) => Value, power: Value): Value {
  const { graph } = power;
  let step = Math.log(LONGEST / SHORTEST) / TRIED;
  // All zeros, [n, 1], whatever n is.
  let low = add(mul(sum(power, { axes: [1, 2] }), 0), Math.log(SHORTEST));
  low = reshape(low, [power.dims[0] ?? 1, 1]);
  for (let round = 0; round < 2; round++, step /= TRIED) {
    const tried = Float32Array.from({ length: TRIED }, (_, i) => (i + 0.5) * step);
    const times = exp(add(low, graph.constant(tried, [1, TRIED])));
    low = add(low, mul(sum(above(sub(gamma(times), times), 0), { axes: [1], keep: true }), step));
    // The last one above and the first one below are half a step to either side.
    if (round === 0) low = sub(low, step / 2);
  }
  return exp(low);
}

type Norms = readonly [n02: Value, n11: Value, n20: Value];

/** The times that the norms call for. */
function timeOf([n02, n11, n20]: Norms, points: number): Value {
  const all = add(add(n02, n20), mul(n11, 2));
  return exp(mul(log(mul(all, 2 * Math.PI * points)), -1 / 3));
}

/**
 * Squared norms of derivatives after some times, as in src/core/kde/bandwidth.ts. All of one order, for all times, are two
 * matrix products.
 * @returns a function of the power [n, bins, bins] and times [n, times], which gives norms [n, times].
 */
function derivativeNorms(points: number, bins: number): (power: Value, times: Value) => Norms {
  const squares = frequencies(bins);
  /** @param times [n, times, 1] or one for each norm. @returns [n, times, norms]. */
  const ofOrder = (power: Value, order: number, times: Value): Value => {
    const { graph } = power;
    const count = order + 1;
    const tried = fixedSide(times, 1);
    const [n = 1] = power.dims;
    // The i-th of the one is half the square of each frequency to the i-th, of the other to the (order - i)-th.
    const powers = (exponent: (i: number) => number): Value =>
      graph.constant(
        Float32Array.from({ length: bins * count }, (_, at) => {
          const k = Math.floor(at / count);
          return (k === 0 ? 1 : 0.5) * (squares[k] ?? 0) ** exponent(at % count);
        }),
        [bins, 1, count],
      );
    const column = graph.constant(
      Float32Array.from(squares, (square) => -square),
      [bins, 1, 1],
    );
    const faded = exp(mul(column, reshape(times, [n, 1, tried, fixedSide(times, 2)])));
    const folded = (x: Value): Value => reshape(x, [n, bins, tried * count]);
    const rows = folded(
      mul(
        faded,
        powers((i) => i),
      ),
    );
    const columns = folded(
      mul(
        faded,
        powers((i) => order - i),
      ),
    );
    const norms = sum(mul(rows, matmul(power, columns)), { axes: [1] });
    return add(reshape(norms, [n, tried, count]), LEAST_NORM);
  };
  return (power, times) => {
    const [n = 1] = power.dims;
    const tried = fixedSide(times, 1);
    let norms = ofOrder(power, HIGHEST_ORDER, reshape(times, [n, tried, 1]));
    for (let order = HIGHEST_ORDER - 1; order >= 2; order--) {
      const beyond = add(slice(norms, 2, 0, order + 1), slice(norms, 2, 1, order + 2));
      const factors = Float32Array.from({ length: order + 1 }, (_, i) => Math.log(timeFactor(i, order - i) / points));
      const later = exp(mul(sub(norms.graph.constant(factors, [order + 1]), log(beyond)), 1 / (2 + order)));
      norms = ofOrder(power, order, atMost(later, LONGEST * 10));
    }
    const norm = (i: number): Value => reshape(slice(norms, 2, i, i + 1), [n, tried]);
    return [norm(0), norm(1), norm(2)];
  };
}

/** Squared frequencies (pi k)^2. */
function frequencies(bins: number): Float64Array {
  return Float64Array.from({ length: bins }, (_, k) => (Math.PI * k) ** 2);
}

/** min(x, most), with a gradient below it. */
function atMost(x: Value, most: number): Value {
  return sub(neg(relu(sub(neg(x), -most))), -most);
}
