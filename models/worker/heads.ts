/** The two heads of a network, read from its outputs. A network of format 1 has one, whose share is the presence too. */
import { poolHeads } from '../../src/core/pooling.ts';
import { shareLogOdds } from '../../src/core/probability.ts';
import type { HeadLogits } from '../../src/domain.ts';
import type { Contract } from '../contract.ts';
import { finite } from './answers.ts';
import type { ReadRow } from './rows.ts';

/** How the heads of one network are read. */
export interface Heads {
  /** Names of the outputs that hold them. */
  readonly outputs: readonly string[];
  /** Labels. */
  readonly width: number;
  /**
   * Both heads of row `row`, copied.
   * @throws UndertoneError `inference-failed` where a number is not finite.
   */
  read(rows: ReadRow, row: number): HeadLogits;
  /**
   * Both heads of a face over `n` looks; `looks` holds a row a look.
   * @throws UndertoneError `inference-failed` where a number is not finite.
   */
  pool(looks: HeadLogits, n: number): HeadLogits;
}

/**
 * The heads of a network of this contract: `logits` in format 1, `shareLogits` and `presenceLogits` in format 2.
 * @param what names the network in messages.
 * @example const { shareLogits } = headsOf(network.contract, 'voice').read(rows, 0);
 */
export function headsOf({ outputs }: Contract, what: string): Heads {
  const single = 'logits' in outputs;
  const names = single ? ['logits'] : ['shareLogits', 'presenceLogits'];
  const checked = ({ shareLogits, presenceLogits }: HeadLogits, whose: string): HeadLogits => ({
    shareLogits: finite(shareLogits, whose),
    presenceLogits: finite(presenceLogits, whose),
  });
  return {
    outputs: names,
    width: Number(outputs[names[0] ?? '']?.[1]),
    read(rows, row) {
      const [share, presence] = names.map((name) => finite(rows(name, row), `the ${what} network's output`).slice());
      const shareLogits = share ?? new Float32Array(0);
      return { shareLogits, presenceLogits: presence ?? shareLogOdds(shareLogits) };
    },
    pool(looks, n) {
      const { shareLogits, presenceLogits } = poolHeads(looks, n);
      // The presence follows from what the looks say together, not from each: the mean of log-odds is another number.
      const heads = { shareLogits, presenceLogits: single ? shareLogOdds(shareLogits) : presenceLogits };
      return checked(heads, `the ${what}'s pooled logits`);
    },
  };
}
