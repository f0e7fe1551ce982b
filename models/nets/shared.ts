/** The layers that voice and face share (paper 5, Figure 1b). */
import { add, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { concat } from '../graph/layout.ts';
import { normal } from './layers.ts';
import { transformer } from './branch.ts';
import type { TransformerSize } from './sequence.ts';

/** A sequence on its way through the shared layers. */
export interface FusedSequence {
  /** Of the half that it came from. */
  readonly name: string;
  /** [n, frames, width]. */
  readonly frames: Value;
  /** [n, frames]. */
  readonly mask: Value;
}

/**
 * Each sequence after the shared layers, with itself added (the paper's residual connections).
 * @param attention `each`: the same weights see one sequence after the other, so none knows of the others before the
 * heads. `together`: a frame may attend to all frames of all sequences; a learned vector says whose it is.
 */
export function sharedSequences(
  sequences: readonly FusedSequence[],
  { layers, attention }: { readonly layers: number; readonly attention: 'each' | 'together' },
  size: TransformerSize,
): readonly FusedSequence[] {
  if (attention === 'each')
    return sequences.map((sequence) => ({
      ...sequence,
      frames: add(sequence.frames, transformer(sequence.frames, 'shared', layers, size, sequence.mask)),
    }));
  const named = sequences.map(({ name, frames }) =>
    add(frames, frames.graph.parameter(`shared.${name}.whose`, [size.width], normal(0.02))),
  );
  const mask = concat(
    sequences.map((sequence) => sequence.mask),
    1,
  );
  // Every sequence is that whole again, seen under the mask of its own frames: pooling needs no cutting apart.
  const whole = concat(named, 1);
  const mixed = add(whole, transformer(whole, 'shared', layers, size, mask));
  return sequences.map(({ name }) => ({ name, frames: mixed, mask: ownMask(sequences, name) }));
}

/** The masks of all sequences end to end, 0 in those of other names. */
function ownMask(sequences: readonly FusedSequence[], name: string): Value {
  const parts = sequences.map(({ name: other, mask }) => (other === name ? mask : none(mask)));
  return concat(parts, 1);
}

function none(mask: Value): Value {
  return sub(mask, mask);
}
