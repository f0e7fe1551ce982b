/**
 * What raters would perceive beyond labels: valence, arousal and dominance, how they spread, and how far raters would
 * disagree. Nobody was asked for scores (docs/uncertainty.md): they follow from the predicted shares by what raters who
 * choose an emotion score on average, or a network says them that learned from scores which follow from votes likewise.
 */
import type { AttributeScore, AttributeScores, Estimate, Label, Perception, PerLabel } from '../domain.ts';
import { type Attribute, normalCdf } from './vad/attributes.ts';
import { inParts, quantile } from './vad/bins.ts';
import { DERIVED_ATTRIBUTES } from './vad/derived.ts';
import type { EmotionAttributes } from './vad/emotion-attributes.ts';
import { withMargins } from './vad/margins.ts';

/** Share of raters whose scores lie within an interval; a twentieth lies on either side. */
export const INTERVAL = 0.9;
/** Cells of an axis of the distribution of valence and arousal (paper 4, section 3.4). */
export const CELLS = 4;
/** Halvings of [-1, 1] in search of an interval's end: to 1e-6. */
const HALVINGS = 21;

type Shares = readonly (readonly [Label, number])[];

/**
 * From shares, and from what a network of attributes says where one was asked. What the network says goes before what
 * follows from shares: its numbers are the attributes, and the grid is that of the shares, brought to the margins that the
 * network gives; it says nothing of how valence and arousal depend on each other. `disagreement` is about labels, so it
 * is of the shares in any case.
 * @param shares predicted shares of raters; they sum to 1.
 * @param scores absent where no network was asked.
 * @example perceive({ neutral: 0.2, happiness: 0.8 }).attributes.valence.mean; // 0.47
 */
export function perceive(shares: PerLabel, scores?: AttributeScores): Perception {
  const derived = derive(shares, DERIVED_ATTRIBUTES);
  if (!scores) return derived;
  const { valence, arousal, dominance } = scores;
  return {
    ...derived,
    source: 'network-derived',
    attributes: { valence: estimated(valence), arousal: estimated(arousal), dominance: estimated(dominance) },
    grid: withMargins(derived.grid, inParts(valence.bins, CELLS), inParts(arousal.bins, CELLS)),
  };
}

/** A network's number as the product says it: ends of raters' scores from the soft label, whatever the source. */
function estimated({ consensus, low, high, bins, uncertainty }: AttributeScore): Estimate {
  return {
    mean: consensus,
    // Mean and soft label are told by different outputs of the network: a mean beyond an end would be no mean.
    low: Math.min(consensus, quantile(bins, (1 - INTERVAL) / 2)),
    high: Math.max(consensus, quantile(bins, (1 + INTERVAL) / 2)),
    uncertainty,
    meanRange: { low, high },
  };
}

function derive(shares: PerLabel, attributes: EmotionAttributes): Perception {
  const known = (Object.entries(shares) as [Label, number][]).filter(([, share]) => share > 0);
  const estimate = (attribute: Attribute): Estimate => ({
    mean: known.reduce((sum, [label, share]) => sum + share * attributes[label][attribute].mean, 0),
    low: around((1 - INTERVAL) / 2, known, attribute, attributes)[0],
    high: around((1 + INTERVAL) / 2, known, attribute, attributes)[1],
  });
  return {
    source: 'derived',
    attributes: { valence: estimate('valence'), arousal: estimate('arousal'), dominance: estimate('dominance') },
    grid: grid(known, attributes),
    disagreement: 1 - known.reduce((sum, [, share]) => sum + share * share, 0),
  };
}

/** Share of raters who would score below `score`. */
function below(score: number, shares: Shares, attribute: Attribute, attributes: EmotionAttributes): number {
  return shares.reduce((sum, [label, share]) => {
    const { mean, sd } = attributes[label][attribute];
    return sum + share * normalCdf((score - mean) / sd);
  }, 0);
}

/** Two scores, next to each other, between which lies the one that a share `p` of raters would score below; in [-1, 1]. */
function around(p: number, shares: Shares, attribute: Attribute, attributes: EmotionAttributes): [number, number] {
  let [low, high] = [-1, 1];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (below(middle, shares, attribute, attributes) < p) low = middle;
    else high = middle;
  }
  return [low, high];
}

/** Row by row from the least valence, each from the least arousal. Of one emotion's raters, the two are independent. */
function grid(shares: Shares, attributes: EmotionAttributes): readonly number[] {
  const cells = new Array<number>(CELLS * CELLS).fill(0);
  for (const [label, share] of shares) {
    const [valence, arousal] = [cellsOf(attributes[label].valence), cellsOf(attributes[label].arousal)];
    valence.forEach((v, row) => {
      arousal.forEach((a, column) => {
        cells[row * CELLS + column] = (cells[row * CELLS + column] ?? 0) + share * v * a;
      });
    });
  }
  return cells;
}

/** How scores fall into the cells of an axis; what lies beyond its ends is in the last ones. */
function cellsOf({ mean, sd }: { readonly mean: number; readonly sd: number }): readonly number[] {
  const edge = (cell: number): number => (cell === CELLS ? 1 : normalCdf((-1 + (2 * cell) / CELLS - mean) / sd));
  return Array.from({ length: CELLS }, (_, cell) => edge(cell + 1) - (cell === 0 ? 0 : edge(cell)));
}
