/** What an analysis closes with: a few aligned lines, or the same as JSON. */
import { REASON_WORDS } from '../../clients/words.ts';
import { byTime } from '../core/timeline-legend.ts';
import type { TimelineTotals } from '../core/timeline.ts';
import { aligned } from './command.ts';

interface Summary {
  readonly totals: TimelineTotals;
  /** Pieces of work that were skipped, against all intention. */
  readonly discarded: number;
  readonly outPath: string;
  readonly svgPath: string;
  readonly pack: string;
}

/** The summary for programs; times in ms. */
export function summaryJson({ totals, outPath, svgPath, ...rest }: Summary): Readonly<Record<string, unknown>> {
  return { ...totals, ...rest, out: outPath, svg: svgPath };
}

/** The summary for people, ending with where the results are. */
export function summaryLines({ totals, discarded, outPath, svgPath, pack }: Summary): string {
  const { windows, accepted, totalMs, labelMs, reasonMs } = totals;
  const share = (ms: number) => `${seconds(ms)}  ${percent(ms / Math.max(totalMs, 1))}`;
  return [
    ...aligned([
      ['windows', `${windows} over ${seconds(totalMs).trim()}, judged by ${pack}`],
      [
        'accepted',
        windows === 0 ? 'none: too short for a window' : `${accepted}, ${percent(accepted / windows).trim()}`,
      ],
      ...byTime(labelMs).map(([label, ms]): [string, string] => [`expressed ${label}`, share(ms)]),
      ...byTime(reasonMs).map(([reason, ms]): [string, string] => [`no verdict: ${REASON_WORDS[reason]}`, share(ms)]),
      ...(discarded > 0 ? [['skipped', `${discarded} frames or stretches of sound`] as const] : []),
      ['verdicts', outPath],
      ['picture', svgPath],
    ]),
    '',
  ].join('\n');
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(7)} s`;

const percent = (share: number): string =>
  `${Math.round(share * 100)
    .toString()
    .padStart(3)} %`;
