/** What a graph costs, by what its products sum. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servingConv } from '../../../models/graph/conv.ts';
import { gelu } from '../../../models/graph/elementwise.ts';
import { flops } from '../../../models/graph/flops.ts';
import { createGraph, type Value } from '../../../models/graph/graph.ts';
import { transpose } from '../../../models/graph/layout.ts';
import { matmul } from '../../../models/graph/matmul.ts';

const side = fc.integer({ min: 1, max: 9 });
const weight = (x: Value, dims: readonly number[]): Value =>
  x.graph.parameter(`w${x.graph.contents.later.length}`, dims, () => new Float32Array(0));
const input = (dims: readonly (number | string)[]): Value => createGraph({ weights: 'later' }).input('x', dims);

describe('flops', () => {
  it('are two for each pair of numbers of a matrix product, whichever side is turned', () => {
    fc.assert(
      fc.property(side, side, side, side, (n, rows, inner, columns) => {
        const due = 2 * n * rows * inner * columns;
        const x = input([n, rows, inner]);
        expect(flops([matmul(x, weight(x, [inner, columns]))])).toBe(due);
        expect(flops([matmul(x, weight(x, [columns, inner]), { transposeB: true })])).toBe(due);
        expect(flops([matmul(transpose(x, [0, 2, 1]), weight(x, [n, inner, columns]), { transposeA: true })])).toBe(
          due,
        );
      }),
    );
  });

  it('are those of a convolution by what each place sees: its group alone', () => {
    const x = input([2, 6, 20]);
    // 9 places of 12 channels, each of which sees 2 channels at 4 places.
    expect(flops([servingConv(x, weight(x, [12, 2, 4]), { stride: 2, groups: 3 })])).toBe(2 * 2 * 12 * 9 * 2 * 4);
  });

  it('add up along a chain, count what is shared once, and what nobody needs never', () => {
    const x = input([3, 4]);
    const first = matmul(x, weight(x, [4, 5]));
    const [one, other] = [matmul(gelu(first), weight(x, [5, 6])), matmul(first, weight(x, [5, 7]))];
    expect(flops([first])).toBe(120);
    expect(flops([one])).toBe(120 + 180);
    expect(flops([one, other])).toBe(120 + 180 + 210);
    expect(flops([])).toBe(0);
  });

  it('are not known of a side without a number', () => {
    const x = input(['n', 4]);
    expect(() => flops([matmul(x, weight(x, [4, 5]))])).toThrow(/side 0 of \[n, 5\] has no number/);
  });
});
