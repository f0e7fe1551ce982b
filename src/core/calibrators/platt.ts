/** Platt scaling of one label's presence: a and b on the logit (Platt, 1999; vector scaling in Guo et al., 2017). */
import type { PlattScaling } from '../../domain.ts';
import { logit, sigmoid } from '../probability.ts';
import { marginNll } from './nll.ts';

/** Least slope: order is kept even where the data would turn it round. */
const LEAST_A = 0.01;
/** Pull towards a = 1, b = 0, against the summed loss: nothing beside real data, and what holds a where classes part. */
const RIDGE = 0.01;

interface Line {
  readonly a: number;
  readonly b: number;
}

/**
 * The a >= 0.01 and b of least negative log-likelihood, by damped Newton. A ridge of 0.01 towards the identity keeps both
 * finite on data that a threshold parts without error; as it costs nothing there, the fit is never worse than no fit.
 * @param probabilities uncalibrated, [n], in [0, 1]. @param present 1 or 0, [n].
 * @example const fear = fitPlatt(column(probabilities, 6), column(present, 6)); // { a: 0.8, b: -0.4 }
 */
export function fitPlatt(probabilities: readonly number[], present: readonly number[]): PlattScaling {
  const z = probabilities.map((p) => logit(p));
  const free = newton(z, present, { a: 1, b: 0 }, 'both');
  // The loss is convex: where the free minimum lies beyond the bound, the bounded one lies on it.
  const line = free.a >= LEAST_A ? free : newton(z, present, { a: LEAST_A, b: 0 }, 'b');
  return { method: 'platt', ...line };
}

/**
 * The calibrated probability; order is kept.
 * @example applyPlatt({ method: 'platt', a: 1, b: -1 }, 0.5); // 0.269
 */
export function applyPlatt({ a, b }: PlattScaling, p: number): number {
  return sigmoid(a * logit(p) + b);
}

function newton(z: readonly number[], present: readonly number[], start: Line, moving: 'both' | 'b'): Line {
  let line = start;
  let value = objective(z, present, line);
  for (let i = 0; i < 100; i++) {
    const { step, decrement } = newtonStep(z, present, line, moving);
    if (decrement < 1e-12) break;
    let length = 1;
    let next = line;
    let nextValue = value;
    do {
      next = { a: line.a - length * step.a, b: line.b - length * step.b };
      nextValue = objective(z, present, next);
      length /= 2;
    } while (nextValue > value && length > 1e-9);
    if (nextValue >= value) break;
    [line, value] = [next, nextValue];
  }
  return line;
}

function objective(z: readonly number[], present: readonly number[], { a, b }: Line): number {
  const loss = marginNll(
    z.map((x) => a * x + b),
    present,
  );
  return z.length * loss + (RIDGE / 2) * ((a - 1) ** 2 + b ** 2);
}

/** Inverse Hessian times gradient, and the product of both with the gradient: twice what the step promises to gain. */
function newtonStep(
  z: readonly number[],
  present: readonly number[],
  { a, b }: Line,
  moving: 'both' | 'b',
): { step: Line; decrement: number } {
  let [ga, gb] = [RIDGE * (a - 1), RIDGE * b];
  let [haa, hab, hbb] = [RIDGE, 0, RIDGE];
  z.forEach((x, i) => {
    const q = sigmoid(a * x + b);
    const residual = q - (present[i] ?? 0);
    const weight = q * (1 - q);
    ga += residual * x;
    gb += residual;
    haa += weight * x * x;
    hab += weight * x;
    hbb += weight;
  });
  const determinant = haa * hbb - hab * hab;
  const step =
    moving === 'b'
      ? { a: 0, b: gb / hbb }
      : { a: (hbb * ga - hab * gb) / determinant, b: (haa * gb - hab * ga) / determinant };
  return { step, decrement: step.a * ga + step.b * gb };
}
