/**
 * What raters would perceive beyond labels: valence, arousal and dominance, how they spread, and how far raters would
 * disagree. Nobody was asked for scores (docs/uncertainty.md): they follow from the predicted shares by what raters who
 * choose an emotion score on average, or a network says them that learned scores which follow from votes likewise.
 */
import type { AttributeScore, AttributeScores, Estimate, Label, Perception, PerLabel } from '../domain.ts';
import { LABELS } from './labels.ts';
import { entropy } from './probability.ts';
import { type Attribute, BINS, normalCdf, type PerAttribute } from './vad/attributes.ts';
import { inParts, quantile } from './vad/bins.ts';
import { DERIVED_ATTRIBUTES, derivedLabels } from './vad/derived.ts';
import { withMargins } from './vad/margins.ts';

/** Share of raters whose scores lie within an interval; a twentieth lies on either side. */
export const INTERVAL = 0.9;
/** Cells of an axis of the distribution of valence and arousal (paper 4, section 3.4). */
export const CELLS = 4;
/** Steps of [-1, 1] at which it is known how many raters score below; between them on a line, right to 1e-4. */
const PLACES = 400;

/** Shares of the labels that some rater would choose. */
type Shares = readonly (readonly [Label, number])[];

/**
 * From shares, and from what a network of attributes says where one was asked. Its numbers go before what follows from
 * shares. The grid is then that of the shares brought to the network's margins, as the network does not say how valence
 * and arousal depend on each other. `disagreement` is about labels, so it is of the shares in any case.
 * @param shares predicted shares of raters; they sum to 1.
 * @param scores absent where no network was asked.
 * @example perceive({ neutral: 0.2, happiness: 0.8 }).attributes.valence.mean; // 0.47
 */
export function perceive(shares: PerLabel, scores?: AttributeScores): Perception {
  const known = (Object.entries(shares) as [Label, number][]).filter(([, share]) => share > 0);
  const disagreement = 1 - known.reduce((sum, [, share]) => sum + share * share, 0);
  const grid = gridOf(known);
  if (!scores) return { source: 'derived', attributes: each((name) => derived(known, name)), grid, disagreement };
  return {
    source: 'network-derived',
    attributes: each((name) => estimated(scores[name])),
    grid: withMargins(grid, inParts(scores.valence.bins, CELLS), inParts(scores.arousal.bins, CELLS)),
    disagreement,
  };
}

function each<T>(of: (attribute: Attribute) => T): PerAttribute<T> {
  return { valence: of('valence'), arousal: of('arousal'), dominance: of('dominance') };
}

/** A network's numbers as the product says them: the ends are of raters' scores, whatever the source. */
function estimated({ consensus, low, high, bins, uncertainty }: AttributeScore): Estimate {
  return {
    mean: consensus,
    // Mean and soft label are different outputs of the network: a mean beyond an end would be no mean.
    low: Math.min(consensus, quantile(bins, (1 - INTERVAL) / 2)),
    high: Math.max(consensus, quantile(bins, (1 + INTERVAL) / 2)),
    uncertainty,
    meanRange: { low, high },
  };
}

function derived(shares: Shares, attribute: Attribute): Estimate {
  const below = (place: number): number =>
    shares.reduce((sum, [label, share]) => sum + share * (OF_LABEL[label].below[attribute][place] ?? 0), 0);
  return {
    mean: shares.reduce((sum, [label, share]) => sum + share * DERIVED_ATTRIBUTES[label][attribute].mean, 0),
    low: scoreAbove((1 - INTERVAL) / 2, below),
    high: scoreAbove((1 + INTERVAL) / 2, below),
    uncertainty: entropy(mixture(shares, BINS, (label) => OF_LABEL[label].bins[attribute])),
  };
}

/**
 * The score that a share `p` of raters would score below, within [-1, 1].
 * @param below share of raters below the score at a place; never falls from place 0 to `PLACES`.
 */
function scoreAbove(p: number, below: (place: number) => number): number {
  let [from, to] = [0, PLACES];
  if (below(from) >= p) return -1;
  if (below(to) <= p) return 1;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if (below(middle) < p) from = middle;
    else to = middle;
  }
  const [least, most] = [below(from), below(to)];
  return scoreAt(from + (p - least) / (most - least));
}

function scoreAt(place: number): number {
  return -1 + (2 * place) / PLACES;
}

/** Row by row from the least valence, each from the least arousal. */
function gridOf(shares: Shares): readonly number[] {
  return mixture(shares, CELLS * CELLS, (label) => OF_LABEL[label].cells);
}

/** What raters of each label do, in their shares. */
function mixture(shares: Shares, length: number, of: (label: Label) => readonly number[]): readonly number[] {
  const mixed = new Array<number>(length).fill(0);
  for (const [label, share] of shares) of(label).forEach((part, i) => (mixed[i] = (mixed[i] ?? 0) + share * part));
  return mixed;
}

/** How scores fall into the cells of an axis; what lies beyond its ends is in the last ones. */
function cellsOf({ mean, sd }: { readonly mean: number; readonly sd: number }): readonly number[] {
  const edge = (cell: number): number => (cell === CELLS ? 1 : normalCdf((-1 + (2 * cell) / CELLS - mean) / sd));
  return Array.from({ length: CELLS }, (_, cell) => edge(cell + 1) - (cell === 0 ? 0 : edge(cell)));
}

/** What raters of one label do, worked out once. */
interface LabelRaters {
  /** Soft labels. */
  readonly bins: PerAttribute<readonly number[]>;
  /** Share who score below each of `PLACES` + 1 scores. */
  readonly below: PerAttribute<Float64Array>;
  /** The grid: of one label's raters, valence and arousal are independent. */
  readonly cells: readonly number[];
}

function ratersOf(label: Label): LabelRaters {
  const scores = DERIVED_ATTRIBUTES[label];
  const soft = derivedLabels([1], [label]);
  const below = ({ mean, sd }: { readonly mean: number; readonly sd: number }) =>
    Float64Array.from({ length: PLACES + 1 }, (_, place) => normalCdf((scoreAt(place) - mean) / sd));
  return {
    bins: each((name) => soft[name].bins),
    below: each((name) => below(scores[name])),
    cells: cellsOf(scores.valence).flatMap((v) => cellsOf(scores.arousal).map((a) => v * a)),
  };
}

const OF_LABEL = Object.fromEntries(LABELS.map((label) => [label, ratersOf(label)])) as Record<Label, LabelRaters>;
