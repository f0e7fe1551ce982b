/**
 * How far to let the points diffuse: the fixed point of Botev, Grotowski and Kroese (2010), section 5 and appendix E.
 * Lengths are in sides of the square, so a time t is a squared standard deviation of a normal kernel in them.
 */
import type { Spectrum } from './spectrum.ts';

/** Times of diffusion along both axes. */
export interface Bandwidth {
  /** The fixed point: t = gamma(t). */
  readonly t: number;
  readonly first: number;
  readonly second: number;
  /** The shortest time on the way: frequencies k with exp(-pi^2 k^2 least) near 0 had no say. */
  readonly least: number;
}

/** Times at which the fixed point is looked for, in sides squared: beyond the longest nothing is left to be seen. */
export const LONGEST = 0.1;
const SHORTEST = 1e-9;
/** Steps of the search at most; a tenth of them are enough for most points. */
const STEPS = 200;
/** Precision of the logarithm of a time. */
const PRECISION = 1e-10;
/** What fades below this adds to a norm less than the 12th digit: x^5 e^-x is greatest at 5, and 1e12 times less here. */
const FADED = Math.exp(-55);

/**
 * Factor of the time at which the norm of a derivative of order (i, j) is estimated: all that does not depend on the
 * density. (1 + 2^-(i + j + 1)) / 3 times the odd numbers below 2 i and below 2 j, over pi (appendix E).
 */
export function timeFactor(i: number, j: number): number {
  return ((1 + 2 ** -(i + j + 1)) * oddProduct(i) * oddProduct(j)) / (3 * Math.PI);
}

/** 1 x 3 x ... x (2 i - 1). */
function oddProduct(i: number): number {
  return Array.from({ length: i }, (_, n) => 2 * n + 1).reduce((product, odd) => product * odd, 1);
}

/**
 * The times for a histogram. Where gamma has no fixed point up to `LONGEST`, as for points spread evenly, it is `LONGEST`.
 * @example bandwidth(spectrumOf(histogram2d(points, 64))).t;
 */
export function bandwidth(spectrum: Spectrum): Bandwidth {
  const norms = derivativeNorms(spectrum);
  const t = Math.exp(
    fallingRoot((u) => Math.log(gamma(norms(Math.exp(u)), spectrum.points)) - u, Math.log(SHORTEST), Math.log(LONGEST)),
  );
  const { n02, n11, n20, least } = norms(t);
  const both = n11 + Math.sqrt(n02 * n20);
  const along = (one: number, other: number): number =>
    Math.cbrt((one / other) ** 0.75 / (4 * Math.PI * spectrum.points * both));
  const [first, second] = [along(n02, n20), along(n20, n02)].map((time) => Math.min(LONGEST, time));
  return {
    t,
    first: first ?? LONGEST,
    second: second ?? LONGEST,
    least: Math.min(least, t, (first ?? 1) / 2, (second ?? 1) / 2),
  };
}

/**
 * Where a function that falls crosses 0: false position by the Illinois rule. The end where it is nearer to 0 when it does
 * not cross.
 */
function fallingRoot(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  let [above, below] = [f(low), f(high)];
  if (!(below < 0)) return high;
  if (!(above > 0)) return low;
  let side = 0;
  for (let step = 0; step < STEPS && high - low > PRECISION; step++) {
    const between = (low * below - high * above) / (below - above);
    // Rounding may put it on an end: then the middle is next.
    const x = between > low && between < high ? between : (low + high) / 2;
    const y = f(x);
    if (Math.abs(y) < PRECISION) return x;
    if (y > 0) {
      [low, above] = [x, y];
      if (side > 0) below /= 2;
      side = 1;
    } else {
      [high, below] = [x, y];
      if (side < 0) above /= 2;
      side = -1;
    }
  }
  return (low + high) / 2;
}

/** Squared norms of the density's derivatives of order (0, 2), (1, 1) and (2, 0). */
interface Norms {
  readonly n02: number;
  readonly n11: number;
  readonly n20: number;
  readonly least: number;
}

/** The time that the norms call for. */
function gamma({ n02, n11, n20 }: Norms, points: number): number {
  return (2 * Math.PI * points * (n02 + n20 + 2 * n11)) ** (-1 / 3);
}

/** Order of the derivatives whose norms are estimated at t itself; those of lower orders at times that follow from it. */
export const HIGHEST_ORDER = 5;

function derivativeNorms({ size, amplitudes, points }: Spectrum): (t: number) => Norms {
  const energy = amplitudes.map((amplitude, at) => {
    const halves = (at < size ? 1 : 0.5) * (at % size === 0 ? 1 : 0.5);
    return halves * amplitude * amplitude;
  });
  const squares = Float64Array.from({ length: size }, (_, k) => (Math.PI * k) ** 2);
  const powers = Array.from({ length: HIGHEST_ORDER + 1 }, (_, n) => squares.map((square) => square ** n));
  /** The norm of order (i, j) after time t. */
  const norm = (i: number, j: number, t: number): number => {
    const faded = squares.map((square) => Math.exp(-square * t));
    const [rows, columns] = [i, j].map((power) => faded.map((x, k) => x * (powers[power]?.[k] ?? 0)));
    if (!rows || !columns) return 0;
    let sum = 0;
    for (let k = 0, seen = size; k < size; k++) {
      while (seen > 0 && (faded[k] ?? 0) * (faded[seen - 1] ?? 0) < FADED) seen--;
      if (seen === 0) break;
      let row = 0;
      for (let l = 0; l < seen; l++) row += (energy[k * size + l] ?? 0) * (columns[l] ?? 0);
      sum += row * (rows[k] ?? 0);
    }
    return sum;
  };
  return (t) => {
    let least = t;
    let norms = Array.from({ length: HIGHEST_ORDER + 1 }, (_, i) => norm(i, HIGHEST_ORDER - i, t));
    for (let order = HIGHEST_ORDER - 1; order >= 2; order--)
      norms = Array.from({ length: order + 1 }, (_, i) => {
        const j = order - i;
        const above = (norms[i] ?? 0) + (norms[i + 1] ?? 0);
        // A density without a slope anywhere calls for the longest time.
        const time = Math.min(LONGEST * 10, (timeFactor(i, j) / (points * above)) ** (1 / (2 + order)));
        least = Math.min(least, time);
        return norm(i, j, time);
      });
    const [n02 = 0, n11 = 0, n20 = 0] = norms;
    return { n02, n11, n20, least };
  };
}
