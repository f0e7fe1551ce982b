import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolHeads, poolLogits } from '../../src/core/pooling.ts';
import { softmax } from '../../src/core/probability.ts';

const WIDTH = 8;
const frame = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: WIDTH, maxLength: WIDTH });
const frames = fc.array(frame, { minLength: 1, maxLength: 15 });

const pooled = (rows: readonly (readonly number[])[]) =>
  softmax(poolLogits(Float32Array.from(rows.flat()), rows.length));

const expectClose = (a: readonly number[], b: readonly number[]) => {
  expect(a.length).toBe(b.length);
  a.forEach((value, k) => expect(value).toBeCloseTo(b[k] ?? NaN, 4));
};

describe('pooling of frames', () => {
  it('repeats the shares of a single frame, and of a frame said again', () => {
    fc.assert(
      fc.property(frame, fc.integer({ min: 1, max: 9 }), (row, times) => {
        expectClose(pooled(Array.from({ length: times }, () => row)), softmax(row));
      }),
    );
  });

  it('does not depend on the order of the frames', () => {
    fc.assert(
      fc.property(frames, (rows) => {
        expectClose(pooled(rows), pooled(rows.toReversed()));
      }),
    );
  });

  it('does not change when a frame’s logits are all moved by a constant', () => {
    fc.assert(
      fc.property(frames, fc.double({ min: -50, max: 50, noNaN: true }), (rows, constant) => {
        expectClose(pooled(rows.map((row, i) => (i === 0 ? row.map((x) => x + constant) : row))), pooled(rows));
      }),
    );
  });

  it('is the normalised geometric mean of the shares', () => {
    const rows = [
      [0, 0],
      [Math.log(9), 0],
    ];
    // sqrt(0.5 * 0.9) to sqrt(0.5 * 0.1) is 3 to 1.
    expectClose(pooled(rows), [0.75, 0.25]);
  });

  it('stays finite where exp would overflow', () => {
    expectClose(pooled([[5000, 0]]), [1, 0]);
  });

  it('takes the mean of presence logits, which one firm look moves and order does not', () => {
    const shareLogits = new Float32Array(4);
    const pool = (...rows: readonly number[]) => [
      ...poolHeads({ shareLogits, presenceLogits: Float32Array.from(rows) }, 2).presenceLogits,
    ];
    expect(pool(1, -2, 5, 0)).toEqual([3, -1]);
    expect(pool(5, 0, 1, -2)).toEqual([3, -1]);
    expect(() => pool(1, 2, 3)).toThrow(RangeError);
  });

  it('refuses what is not n rows', () => {
    expect(() => poolLogits(new Float32Array(7), 2)).toThrow(RangeError);
    expect(() => poolLogits(new Float32Array(0), 0)).toThrow(RangeError);
    expect(() => poolLogits(new Float32Array(0), 3)).toThrow(RangeError);
  });
});
