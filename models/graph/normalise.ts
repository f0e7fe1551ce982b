/** Normalisation of activations, with gradients worked out by hand: three passes over memory instead of a dozen. */
import { add, div, mul, neg, square, sqrt, sub } from './elementwise.ts';
import type { Initial, Value } from './graph.ts';
import { fixedSide, reshape } from './layout.ts';
import { mean, sum } from './reduce.ts';

const EPSILON = 1e-5;
/** Fills with ones. */
export const ones: Initial = (size) => new Float32Array(size).fill(1);
/** Fills with zeros. */
export const zeros: Initial = (size) => new Float32Array(size);

/**
 * Batch normalisation over all axes but the second: x [n, channels, ...]. In a graph that trains, by the batch's own
 * mean and variance, which are observed as statistics; in one that serves, by those. (Ioffe and Szegedy 2015.)
 * @param name of its four weights: `.scale`, `.shift`, `.mean`, `.variance`.
 */
export function batchNorm(x: Value, name: string): Value {
  const { graph } = x;
  const channels = fixedSide(x, 1);
  const scale = graph.parameter(`${name}.scale`, [channels], ones);
  const shift = graph.parameter(`${name}.shift`, [channels], zeros);
  const runningMean = graph.statistic(`${name}.mean`, [channels], zeros);
  const runningVariance = graph.statistic(`${name}.variance`, [channels], ones);
  const learns = graph.mode === 'train' && graph.statistics.has(`${name}.mean`);
  if (!learns) return affine(x, scale, shift, runningMean, runningVariance, EPSILON);

  const axes = x.dims.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const batchMean = mean(x, { axes });
  const variance = sub(mean(square(x), { axes }), square(batchMean));
  graph.observe(runningMean, batchMean);
  graph.observe(runningVariance, variance);
  return graph.node('BatchNormalization', [x, scale, shift, batchMean, variance], x.dims, {
    attributes: { epsilon: { float: EPSILON } },
    gradient: (dy) => {
      const deviation = sqrt(add(variance, EPSILON));
      const weighted = mul(dy, x);
      const dShift = sum(dy, { axes });
      const dScale = div(sub(sum(weighted, { axes }), mul(batchMean, dShift)), deviation);
      // The batch's mean and variance depend on x too: dx = a dy + b x + c, with one a, b and c a channel.
      const a = div(scale, deviation);
      const flow = mean(dy, { axes });
      const spread = div(sub(mean(weighted, { axes }), mul(batchMean, flow)), square(deviation));
      const b = neg(mul(a, spread));
      const c = sub(neg(mul(b, batchMean)), mul(a, flow));
      const sides = [1, channels, ...x.dims.slice(2).map(() => 1)];
      return [add(mul(dy, reshape(a, sides)), affine(x, b, c)), dScale, dShift, null, null];
    },
  });
}

/** x by a factor and an offset for each channel, in one pass; minus a mean and over a deviation where they are given. */
function affine(x: Value, factor: Value, offset: Value, centre?: Value, variance?: Value, epsilon = 0): Value {
  const { graph } = x;
  const channels = fixedSide(x, 1);
  const nought = (): Value => graph.constant(new Float32Array(channels), [channels]);
  const one = (): Value => graph.constant(new Float32Array(channels).fill(1), [channels]);
  return graph.node('BatchNormalization', [x, factor, offset, centre ?? nought(), variance ?? one()], x.dims, {
    attributes: { epsilon: { float: epsilon } },
    // Only frozen layers come here in a graph that trains: their own numbers do not learn.
    gradient: (dy) => {
      const slope = variance ? div(factor, sqrt(add(variance, epsilon))) : factor;
      return [mul(dy, reshape(slope, [1, channels, ...x.dims.slice(2).map(() => 1)])), null, null, null, null];
    },
  });
}

/**
 * Layer normalisation over the last axis. (Ba, Kiros and Hinton 2016.)
 * @param name of its two weights: `.scale`, `.shift`.
 * @param epsilon what is added to the variance. Default 1e-5.
 */
export function layerNorm(x: Value, name: string, epsilon = EPSILON): Value {
  const { graph } = x;
  const last = x.dims.length - 1;
  const width = fixedSide(x, last);
  const scale = graph.parameter(`${name}.scale`, [width], ones);
  const shift = graph.parameter(`${name}.shift`, [width], zeros);
  return graph.node('LayerNormalization', [x, scale, shift], x.dims, {
    attributes: { axis: { int: -1 }, epsilon: { float: epsilon } },
    gradient: (dy) => {
      const along = { axes: [last], keep: true };
      const centred = sub(x, mean(x, along));
      const deviation = sqrt(add(mean(square(centred), along), epsilon));
      const normal = div(centred, deviation);
      const flow = mul(dy, scale);
      const dx = div(sub(sub(flow, mean(flow, along)), mul(normal, mean(mul(flow, normal), along))), deviation);
      const rows = { axes: x.dims.slice(0, -1).map((_, axis) => axis) };
      return [dx, sum(mul(dy, normal), rows), sum(dy, rows)];
    },
  });
}
