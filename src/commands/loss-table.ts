/** What the aggregation rules lose, as an object for programs and as a table for people. */
import type { lossByRule } from '../core/aggregation/loss.ts';
import type { Tally } from '../core/aggregation/votes.ts';
import type { Stimulus } from '../core/manifest-votes.ts';

type Losses = ReturnType<typeof lossByRule>;

interface StimulusLosses {
  readonly stimulus: Stimulus;
  readonly tallies: readonly Tally[];
  readonly losses: Losses;
}

/** Losses by stimulus and rule, shares in [0, 1]; a stimulus without clips has no key. */
export function lossJson(tables: readonly StimulusLosses[]): Readonly<Partial<Record<Stimulus, Losses>>> {
  return Object.fromEntries(tables.map(({ stimulus, losses }) => [stimulus, losses]));
}

/** Losses in percent, a line for each stimulus. */
export function lossLines(tables: readonly StimulusLosses[]): string {
  const rows = tables.map(({ stimulus, tallies, losses: { majority, plurality, allInclusive } }) => [
    stimulus,
    String(tallies.length),
    String(tallies.reduce((sum, { total }) => sum + total, 0)),
    ...[majority, plurality, allInclusive].flatMap(({ dataLoss, ratingLoss }) => [
      percent(dataLoss),
      percent(ratingLoss),
    ]),
  ]);
  const lines = [
    ['lost by', '', '', 'majority', '', 'plurality', '', 'all-inclusive', ''],
    ['', 'clips', 'ratings', 'clips', 'ratings', 'clips', 'ratings', 'clips', 'ratings'],
    ...rows,
  ];
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('');
}

const pad = (cell: string, column: number): string => (column === 0 ? cell.padEnd(7) : cell.padStart(9));

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
