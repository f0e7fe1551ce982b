/** Platt scaling of one label's presence: a and b on the logit (Platt, 1999; vector scaling in Guo et al., 2017). */
import type { PlattScaling } from '../../domain.ts';
import { logit, sigmoid } from '../probability.ts';
import { marginLoss } from './nll.ts';

/** Least slope: order is kept even where the data would turn it round. */
const LEAST_A = 0.01;
/** Nothing beside real data, and what holds a where classes part. */
const RIDGE = { a: 0.01, b: 0.01 };

interface Line {
  readonly a: number;
  readonly b: number;
}

/** How a line is fitted. */
export interface PlattOptions {
  /** How often each example counts, [n], 0 or more. Default 1 each. */
  readonly weights?: readonly number[];
  /**
   * Pull towards a = 1, b = 0 against the summed loss: (pull.a (a - 1)^2 + pull.b b^2) / 2, which is a normal prior about the
   * identity with these precisions. Each above 0; default 0.01.
   */
  readonly pull?: Readonly<Record<'a' | 'b', number>>;
}

interface Examples extends Required<PlattOptions> {
  readonly z: readonly number[];
  readonly present: readonly number[];
}

/**
 * The a >= 0.01 and b of least negative log-likelihood, by damped Newton. The pull towards the identity keeps both
 * finite on data that a threshold parts without error; as it costs nothing there, the fit is never worse than no fit.
 * @param probabilities uncalibrated, [n], in [0, 1]. @param present 1 or 0, [n].
 * @example const fear = fitPlatt(column(probabilities, 6), column(present, 6)); // { a: 0.8, b: -0.4 }
 */
export function fitPlatt(
  probabilities: readonly number[],
  present: readonly number[],
  { weights = probabilities.map(() => 1), pull = RIDGE }: PlattOptions = {},
): PlattScaling {
  const examples = { z: probabilities.map((p) => logit(p)), present, weights, pull };
  const free = newton(examples, { a: 1, b: 0 }, 'both');
  // The loss is convex: where the free minimum lies beyond the bound, the bounded one lies on it.
  const line = free.a >= LEAST_A ? free : newton(examples, { a: LEAST_A, b: 0 }, 'b');
  return { method: 'platt', ...line };
}

/**
 * The calibrated probability; order is kept.
 * @example applyPlatt({ method: 'platt', a: 1, b: -1 }, 0.5); // 0.269
 */
export function applyPlatt({ a, b }: PlattScaling, p: number): number {
  return sigmoid(a * logit(p) + b);
}

function newton(examples: Examples, start: Line, moving: 'both' | 'b'): Line {
  let line = start;
  let value = objective(examples, line);
  for (let i = 0; i < 100; i++) {
    const { step, decrement } = newtonStep(examples, line, moving);
    if (decrement < 1e-12) break;
    let length = 1;
    let next = line;
    let nextValue = value;
    do {
      next = { a: line.a - length * step.a, b: line.b - length * step.b };
      nextValue = objective(examples, next);
      length /= 2;
    } while (nextValue > value && length > 1e-9);
    if (nextValue >= value) break;
    [line, value] = [next, nextValue];
  }
  return line;
}

function objective({ z, present, weights, pull }: Examples, { a, b }: Line): number {
  const loss = marginLoss(
    z.map((x) => a * x + b),
    present,
    weights,
  );
  return loss + (pull.a * (a - 1) ** 2 + pull.b * b ** 2) / 2;
}

/** Inverse Hessian times gradient, and the product of both with the gradient: twice what the step promises to gain. */
function newtonStep(
  { z, present, weights, pull }: Examples,
  { a, b }: Line,
  moving: 'both' | 'b',
): { step: Line; decrement: number } {
  let [ga, gb] = [pull.a * (a - 1), pull.b * b];
  let [haa, hab, hbb] = [pull.a, 0, pull.b];
  z.forEach((x, i) => {
    const q = sigmoid(a * x + b);
    const counts = weights[i] ?? 0;
    const residual = counts * (q - (present[i] ?? 0));
    const weight = counts * q * (1 - q);
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
