import { describe, expect, test } from 'vitest';
import { conv } from '../../../models/graph/conv.ts';
import {
  add,
  clip,
  div,
  exp,
  gelu,
  log,
  mul,
  neg,
  relu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from '../../../models/graph/elementwise.ts';
import type { Value } from '../../../models/graph/graph.ts';
import { concat, gather, pad, reshape, slice, transpose } from '../../../models/graph/layout.ts';
import { matmul } from '../../../models/graph/matmul.ts';
import { batchNorm, layerNorm } from '../../../models/graph/normalise.ts';
import { logSoftmax, mean, softmax, sum } from '../../../models/graph/reduce.ts';
import { gradientError, type Operand } from './gradient-check.ts';

const matrix: Operand = { dims: [2, 3] };
const positive: Operand = { dims: [2, 3], data: [0.5, 1, 1.5, 2, 2.5, 3] };
const awayFromZero: Operand = { dims: [2, 3], data: [-1, 0.5, 1.5, -0.7, 2, 0.3] };

type Unary = (x: Value) => Value;
type Binary = (a: Value, b: Value) => Value;

describe('gradients of operators of one value agree with finite differences', () => {
  test.each<readonly [string, Operand, Unary]>([
    ['neg', matrix, neg],
    ['exp', matrix, exp],
    ['log', positive, log],
    ['sqrt', positive, sqrt],
    ['square', matrix, square],
    ['relu', awayFromZero, relu],
    ['sigmoid', matrix, sigmoid],
    ['tanh', matrix, tanh],
    ['silu', matrix, silu],
    ['softplus', matrix, softplus],
    ['gelu', matrix, gelu],
    ['clip', { dims: [2, 3], data: [-2, -0.5, 0.2, 0.7, 1.4, 3] }, (x) => square(clip(x, -1, 1))],
    ['numbers as operands', positive, (x) => sub(div(mul(add(x, 2), 3), 4), 1)],
    ['a value used twice', matrix, (x) => add(mul(x, x), x)],
    ['reshape', { dims: [2, 6] }, (x) => square(reshape(x, [3, 4]))],
    ['transpose', { dims: [2, 3, 4] }, (x) => square(transpose(x, [2, 0, 1]))],
    ['slice', { dims: [3, 7] }, (x) => square(slice(x, 1, 2, 5))],
    ['slice with a step', { dims: [3, 8] }, (x) => square(slice(x, 1, 1, 8, 2))],
    ['slice with a step that ends early', { dims: [3, 7] }, (x) => square(slice(x, 1, 0, 7, 3))],
    ['pad', { dims: [2, 3] }, (x) => square(pad(x, 1, 1, 2))],
    ['sum over an axis', { dims: [2, 3, 4] }, (x) => square(sum(x, { axes: [1] }))],
    ['sum of all', matrix, (x) => square(sum(x))],
    ['mean, keeping sides', { dims: [2, 3, 4] }, (x) => mul(x, mean(x, { axes: [0, 2], keep: true }))],
    ['softmax', matrix, (x) => softmax(x, 1)],
    ['softmax over an inner axis', { dims: [2, 3, 4] }, (x) => softmax(x, 1)],
    ['logSoftmax', matrix, (x) => logSoftmax(x, 1)],
    ['batchNorm', { dims: [3, 2, 4] }, (x) => batchNorm(x, 'norm')],
    ['batchNorm of pictures', { dims: [3, 2, 3, 2] }, (x) => batchNorm(x, 'norm')],
    ['layerNorm', { dims: [2, 3, 4] }, (x) => layerNorm(x, 'norm')],
    ['layerNorm of another epsilon', { dims: [2, 3, 4] }, (x) => layerNorm(x, 'norm', 0.1)],
    [
      'rows of a table',
      { dims: [4, 3] },
      (x) => square(gather(x, x.graph.constant(BigInt64Array.of(1n, 3n, 1n), [3]))),
    ],
  ])('%s', async (_, operand, f) => {
    expect(await gradientError([operand], (...[x]) => (x ? f(x) : fail()))).toBeLessThan(2e-3);
  });
});

describe('gradients of operators of two values agree with finite differences', () => {
  test.each<readonly [string, Operand, Operand, Binary]>([
    ['add', matrix, matrix, add],
    ['sub, a row against a column', { dims: [1, 3] }, { dims: [2, 1] }, sub],
    ['mul, a scalar', matrix, { dims: [] }, mul],
    ['mul, fewer sides', { dims: [2, 3, 2] }, { dims: [3, 1] }, mul],
    ['div', matrix, awayFromZero, div],
    ['concat', { dims: [2, 3] }, { dims: [2, 1] }, (a, b) => square(concat([a, b, a], 1))],
    ['matmul', { dims: [2, 3] }, { dims: [3, 4] }, (a, b) => matmul(a, b)],
    ['matmul, A turned', { dims: [3, 2] }, { dims: [3, 4] }, (a, b) => matmul(a, b, { transposeA: true })],
    ['matmul, B turned', { dims: [2, 3] }, { dims: [4, 3] }, (a, b) => matmul(a, b, { transposeB: true })],
    [
      'matmul, both turned',
      { dims: [3, 2] },
      { dims: [4, 3] },
      (a, b) => matmul(a, b, { transposeA: true, transposeB: true }),
    ],
    ['matmul of batches', { dims: [2, 2, 3] }, { dims: [2, 3, 2] }, (a, b) => matmul(a, b)],
    ['matmul of a batch by one matrix', { dims: [2, 2, 3] }, { dims: [3, 2] }, (a, b) => matmul(a, b)],
    [
      'matmul, B turned under a batch',
      { dims: [2, 2, 3] },
      { dims: [4, 3] },
      (a, b) => matmul(a, b, { transposeB: true }),
    ],
    ['matmul of batches that combine', { dims: [2, 1, 2, 3] }, { dims: [1, 2, 3, 2] }, (a, b) => matmul(a, b)],
    ['conv 1-D', { dims: [2, 3, 7] }, { dims: [2, 3, 3] }, (x, w) => conv(x, w, { padding: 1 })],
    ['conv 1-D, stride 2', { dims: [2, 3, 7] }, { dims: [2, 3, 3] }, (x, w) => conv(x, w, { padding: 1, stride: 2 })],
    ['conv 2-D', { dims: [2, 2, 5, 4] }, { dims: [3, 2, 3, 3] }, (x, w) => conv(x, w, { padding: 1 })],
    ['conv 2-D without padding', { dims: [2, 2, 5, 4] }, { dims: [3, 2, 3, 3] }, (x, w) => conv(x, w)],
    [
      'conv 2-D, stride 2',
      { dims: [2, 2, 6, 6] },
      { dims: [3, 2, 3, 3] },
      (x, w) => conv(x, w, { padding: 1, stride: 2 }),
    ],
    [
      'conv 2-D, stride 2 over odd sides',
      { dims: [2, 2, 5, 7] },
      { dims: [3, 2, 3, 3] },
      (x, w) => conv(x, w, { padding: 1, stride: 2 }),
    ],
    ['conv 1 x 1, stride 2', { dims: [2, 2, 5, 5] }, { dims: [3, 2, 1, 1] }, (x, w) => conv(x, w, { stride: 2 })],
    [
      'conv 5 x 5, stride 3, over many places',
      { dims: [1, 1, 23, 24] },
      { dims: [2, 1, 5, 5] },
      (x, w) => conv(x, w, { padding: 2, stride: 3 }),
    ],
    [
      'conv 3 x 3, stride 2, that leaves a row and a column out',
      { dims: [2, 1, 18, 18] },
      { dims: [2, 1, 3, 3] },
      (x, w) => conv(x, w, { stride: 2 }),
    ],
    [
      'conv 2 x 3, stride 4, between whose kernels places are left out',
      { dims: [2, 2, 7, 12] },
      { dims: [2, 2, 2, 3] },
      (x, w) => conv(x, w, { stride: 4 }),
    ],
    ['conv 1-D, stride 3', { dims: [2, 2, 17] }, { dims: [3, 2, 5] }, (x, w) => conv(x, w, { padding: 1, stride: 3 })],
    ['conv over many places', { dims: [1, 2, 9, 9] }, { dims: [2, 2, 3, 3] }, (x, w) => conv(x, w, { padding: 1 })],
  ])('%s', async (_, a, b, f) => {
    expect(await gradientError([a, b], (...[x, y]) => (x && y ? f(x, y) : fail()))).toBeLessThan(2e-3);
  });
});

function fail(): never {
  throw new Error('an operand is missing');
}
