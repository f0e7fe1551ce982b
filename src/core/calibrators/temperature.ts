/** Temperature scaling of one label's presence (paper 1, section 3.4; after Guo et al., 2017). */
import type { TemperatureScaling } from '../../domain.ts';
import { logit, sigmoid } from '../probability.ts';
import { marginNll } from './nll.ts';

/** Temperatures are kept within [1 / LIMIT, LIMIT]: beyond, every p is 0.5, or 0 or 1. */
const LIMIT = 100;
const FORMS = ['logit', 'paper'] as const;

/**
 * The temperature of least negative log-likelihood, in the form that reaches the lesser one; on a tie the logit form.
 *
 * Both forms are sigmoid(u / T). The paper applies LogSoftmax to the pair [p, 1 - p] (Eq. 6) and softmax to that over T
 * (Eq. 7): what is left is the difference of the pair, u = 2p - 1. As u is at most 1 there, T is well below 1 wherever
 * the label is told well, and T = 1 is not the identity, whatever the paper's text says: it maps [0, 1] to [0.27, 0.73].
 *
 * @param probabilities uncalibrated, [n], in [0, 1]. @param present 1 or 0, [n].
 * @example const fear = fitTemperature(column(probabilities, 6), column(present, 6)); // { form: 'logit', temperature: 1.7 }
 */
export function fitTemperature(
  probabilities: readonly number[],
  present: readonly number[],
  { forms = FORMS }: TemperatureOptions = {},
): TemperatureScaling {
  const fits = forms.map((form) => {
    const margins = probabilities.map((p) => margin(form, p));
    const inverse = bestInverse(margins, present);
    const nll = marginNll(
      margins.map((u) => u * inverse),
      present,
    );
    return { nll, scaling: { method: 'temperature', form, temperature: 1 / inverse } as const };
  });
  return fits.reduce((best, fit) => (fit.nll < best.nll ? fit : best)).scaling;
}

/** How a temperature is looked for. */
export interface TemperatureOptions {
  /** Forms to choose from. Default both. */
  readonly forms?: readonly [TemperatureScaling['form'], ...TemperatureScaling['form'][]];
}

/**
 * The calibrated probability. Order is kept, and so is the side of 0.5, which is why no F1 at 0.5 can change.
 * @example applyTemperature({ method: 'temperature', form: 'logit', temperature: 2 }, 0.9); // 0.75
 */
export function applyTemperature({ form, temperature }: TemperatureScaling, p: number): number {
  const scaled = sigmoid(margin(form, p) / temperature);
  // A high temperature rounds what is barely above or below 0.5 to 0.5 itself.
  if (p > 0.5) return Math.max(scaled, 0.5 + Number.EPSILON / 2);
  return p < 0.5 ? Math.min(scaled, 0.5 - Number.EPSILON / 4) : scaled;
}

function margin(form: TemperatureScaling['form'], p: number): number {
  return form === 'logit' ? logit(p) : 2 * p - 1;
}

/** The s = 1 / T of least loss: the loss is convex in s, so its slope has one zero, found by Newton within a bracket. */
function bestInverse(margins: readonly number[], present: readonly number[]): number {
  let [low, high] = [1 / LIMIT, LIMIT];
  if (slope(margins, present, low)[0] >= 0) return low;
  if (slope(margins, present, high)[0] <= 0) return high;
  let s = 1;
  for (let i = 0; i < 100; i++) {
    const [first, second] = slope(margins, present, s);
    if (first > 0) high = s;
    else low = s;
    const newton = s - first / second;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next / s - 1) < 1e-12) return next;
    s = next;
  }
  return s;
}

/** First and second derivative of the summed loss by s. */
function slope(margins: readonly number[], present: readonly number[], s: number): readonly [number, number] {
  let [first, second] = [0, 0];
  margins.forEach((u, i) => {
    const q = sigmoid(u * s);
    first += (q - (present[i] ?? 0)) * u;
    second += q * (1 - q) * u * u;
  });
  return [first, second];
}
