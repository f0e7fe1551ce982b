import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reorder } from '../../src/core/reorder.ts';
import { IN_ORDER, reorder } from '../../src/core/reorder.ts';

interface Item {
  readonly seq: number;
}

function run(seqs: readonly number[], capacity?: number): number[] {
  let state: Reorder<Item> = IN_ORDER;
  return seqs.flatMap((seq) => {
    const [next, released] = reorder<Item>(state, { seq }, capacity === undefined ? {} : { capacity });
    state = next;
    return released.map((item) => item.seq);
  });
}

describe('reorder', () => {
  it('releases any permutation in order, each once', () => {
    const permutation = fc.integer({ min: 1, max: 30 }).chain((n) =>
      fc.shuffledSubarray(
        Array.from({ length: n }, (_, i) => i),
        { minLength: n, maxLength: n },
      ),
    );
    fc.assert(
      fc.property(permutation, (seqs) => {
        expect(run([...seqs, ...seqs])).toEqual(seqs.map((_, i) => i));
      }),
    );
  });

  it('gives up a missing one rather than hold more than its bound', () => {
    expect(run([1, 2, 3], 2)).toEqual([1, 2, 3]);
    expect(run([1, 2, 3, 0, 4], 2)).toEqual([1, 2, 3, 4]);
  });
});
