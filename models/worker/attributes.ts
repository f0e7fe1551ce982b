/** Networks of attributes (paper 2) over what the encoders gave: a row for each window, all windows in one run. */
import { ATTRIBUTES, BINS } from '../../src/core/vad/attributes.ts';
import type { AttributeScore, AttributeScores, Logits, Modality } from '../../src/domain.ts';
import { finite } from './answers.ts';
import type { BatchedNetwork, Networks } from './networks.ts';
import { type ReadRow, rowsThrough } from './rows.ts';

/** An embedding in rows: looks at a face, or steps of a voice. */
export interface EmbeddingRows {
  /** Row-major [n, width]. */
  readonly rows: Float32Array;
  readonly n: number;
}

/** What of a window is scored; null where a modality is not there. */
export type EmbeddedWindow = Readonly<Record<Modality, EmbeddingRows | null>>;

/** What is said of the window at a place; nothing where no network knows its modalities. */
export type ReadScores = (window: number) => Pick<Logits, 'attributes'>;

/**
 * How a worker scores windows. The rows of a window are averaged first: a face's heads are linear in its embedding, so the mean
 * of its looks' embeddings is what their log-shares are pooled from too, and a voice's steps are averaged as while the
 * network was trained (docs/decisions/0061). So a window costs one row, however many looks it has.
 * @returns reads each window; reading throws UndertoneError `inference-failed` for what is not finite.
 */
export function scoreThrough(
  networks: Networks['attributes'],
): (windows: readonly EmbeddedWindow[]) => Promise<ReadScores> {
  const [voice, face] = [networks.voice && through(networks.voice), networks.face && through(networks.face)];
  return async (windows) => {
    const reads = { voice: await voice?.(windows, 'voice'), face: await face?.(windows, 'face') };
    return (window) => {
      const said = { voice: reads.voice?.(window), face: reads.face?.(window) };
      const attributes = { ...(said.voice && { voice: said.voice }), ...(said.face && { face: said.face }) };
      return Object.keys(attributes).length > 0 ? { attributes } : {};
    };
  };
}

/** One network over the windows that have its modality. */
function through(network: BatchedNetwork) {
  const run = rowsThrough(network, ['embedding']);
  return async (windows: readonly EmbeddedWindow[], modality: Modality) => {
    const there = windows.flatMap((window, place) => (window[modality] ? [{ place, of: window[modality] }] : []));
    const rows = new Map(there.map(({ place }, row) => [place, row]));
    const said = await run(there.length, (row, { embedding }) => {
      const one = there[row];
      if (one) writeMean(one.of, embedding);
    });
    return (window: number): AttributeScores | undefined => {
      const row = rows.get(window);
      return row === undefined ? undefined : scoresOf(said, row, modality);
    };
  };
}

function scoresOf(said: ReadRow, row: number, modality: Modality): AttributeScores {
  const read = (output: string) => finite(said(output, row), `the ${output} of the ${modality}'s attributes`);
  const [consensus, low, high, uncertainty, bins] = [
    read('consensus'),
    read('low'),
    read('high'),
    read('uncertainty'),
    read('bins'),
  ];
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
function writeMean({ rows, n }: EmbeddingRows, out: Float32Array): void {
  const width = out.length;
  const sums = new Float64Array(width);
  for (let i = 0; i < n * width; i++) sums[i % width] = (sums[i % width] ?? 0) + (rows[i] ?? 0);
  sums.forEach((sum, k) => (out[k] = sum / n));
}
