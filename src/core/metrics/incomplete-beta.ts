/** The regularised incomplete beta function, from which the tails of Student's t and of the binomial follow. */

/** The continued fraction is evaluated until a step moves it by less than this. */
const PRECISION = 1e-15;
/** Stands for 0 in a denominator (Lentz). */
const TINY = 1e-300;
/** Far more steps than any argument of a t-test takes. */
const MOST_STEPS = 10_000;

/**
 * I_x(a, b).
 * @param x 0 to 1.
 * @param y 1 - x, given beside x so that neither need lose digits.
 * @param a above 0.
 * @param b above 0.
 * @returns 0 to 1, right to about 1e-12.
 * @example incompleteBeta(0.5, 0.5, 2, 2); // 0.5
 */
export function incompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x === 0) return 0;
  if (y === 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(y, b, a)) / b;
}

/** The continued fraction of the incomplete beta function by Lentz's method (Numerical Recipes, section 6.4). */
function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return value;
}

function away(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}

/** ln of the gamma function for x > 0: Stirling's series, after stepping x up to where it is exact to 1e-16. */
function logGamma(x: number): number {
  let steps = 1;
  let z = x;
  for (; z < 15; z++) steps *= z;
  const w = 1 / (z * z);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188))))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - Math.log(steps);
}
