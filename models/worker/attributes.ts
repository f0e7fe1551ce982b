/** Networks of attributes (paper 2) over what the encoders gave: a row for each window, all windows in one run. */
import { ATTRIBUTES, BINS } from '../../src/core/vad/attributes.ts';
import type { AttributeScore, AttributeScores, Modality } from '../../src/domain.ts';
import { finite } from './answers.ts';
import type { BatchedNetwork, Networks } from './networks.ts';
import { type ReadRow, rowsThrough } from './rows.ts';
import type { StateSequence } from './sequence.ts';

/** What of a window is scored: looks at its face, or steps of its voice. */
export interface EmbeddedWindow extends StateSequence {
  readonly modality: Modality;
}

/** What is said of the window at a place; undefined where no network knows its modality, or it was null. */
export type ReadScores = (window: number) => AttributeScores | undefined;

/**
 * How a worker scores windows. The rows of a window are averaged first: a face's heads are linear in its embedding, so the mean
 * of its looks' embeddings is what their log-shares are pooled from too, and a voice's steps are averaged as while the
 * network was trained (docs/decisions/0067). So a window costs one row, however many looks it has.
 * @returns reads each window; reading throws UndertoneError `inference-failed` for what is not finite.
 */
export function scoreThrough(
  networks: Networks['attributes'],
): (windows: readonly (EmbeddedWindow | null)[]) => Promise<ReadScores> {
  const [voice, face] = [networks.voice && through(networks.voice), networks.face && through(networks.face)];
  return async (windows) => {
    const reads = { voice: await voice?.(windows, 'voice'), face: await face?.(windows, 'face') };
    return (window) => {
      const modality = windows[window]?.modality;
      return modality && reads[modality]?.(window);
    };
  };
}

/** One network over the windows of its modality. */
function through(network: BatchedNetwork) {
  const run = rowsThrough(network, ['embedding']);
  return async (windows: readonly (EmbeddedWindow | null)[], modality: Modality): Promise<ReadScores> => {
    const rows = new Map<number, number>();
    windows.forEach((window, place) => window?.modality === modality && rows.set(place, rows.size));
    const places = [...rows.keys()];
    const said = await run(places.length, (row, { embedding }) => {
      const window = windows[places[row] ?? -1];
      if (window) writeMean(window, embedding);
    });
    return (window) => {
      const row = rows.get(window);
      return row === undefined ? undefined : scoresOf(said, row, modality);
    };
  };
}

function scoresOf(said: ReadRow, row: number, modality: Modality): AttributeScores {
  const read = (output: string) => finite(said(output, row), `the ${output} of the ${modality}'s attributes`);
  const [consensus, low, high] = [read('consensus'), read('low'), read('high')];
  const [uncertainty, bins] = [read('uncertainty'), read('bins')];
  const score = (a: number): AttributeScore => ({
    consensus: consensus[a] ?? NaN,
    low: low[a] ?? NaN,
    high: high[a] ?? NaN,
    bins: Array.from(bins.subarray(a * BINS, (a + 1) * BINS)),
    uncertainty: uncertainty[a] ?? NaN,
  });
  // The manifest's schema holds a pack to this order.
  return Object.fromEntries(ATTRIBUTES.map((name, a) => [name, score(a)])) as unknown as AttributeScores;
}

/** Mean of the rows into `out`, [width]. */
function writeMean({ numbers, n }: StateSequence, out: Float32Array): void {
  const width = out.length;
  const sums = new Float64Array(width);
  for (let i = 0; i < n * width; i++) sums[i % width] = (sums[i % width] ?? 0) + (numbers[i] ?? 0);
  sums.forEach((sum, k) => (out[k] = sum / n));
}
