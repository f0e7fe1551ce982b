/** What `recalibrate` prints for people. */
import { type Change, type Comparison, REVIEW_FIGURES } from '../core/review/comparison.ts';
import type { RecalibrationReport, SubsetReport } from '../core/review/recalibrate.ts';
import { columns } from './evaluation-output.ts';

/**
 * Lines for people.
 * @param proposed id under which the proposal was put on record; null where it was not.
 */
export function recalibrationLines(report: RecalibrationReport, proposed: string | null): string {
  const { pack, current, items, subsets, refusal } = report;
  const { used, unjudged, ofOtherPacks, withoutVotes } = items;
  return [
    `${pack}, ${current === null ? 'as it was made' : `under calibration ${current}`}: ${used} answered items`,
    `  left out: ${unjudged} in which nothing was judged, ${withoutVotes} without a vote, ${ofOtherPacks} of other packs`,
    ...subsets.flatMap(subsetLines),
    '',
    closing(refusal?.why ?? null, proposed),
    '',
  ].join('\n');
}

function closing(refused: string | null, proposed: string | null): string {
  if (refused !== null) return `nothing is proposed: ${refused}`;
  if (proposed === null) return 'this would be proposed: --propose puts it on record';
  return `proposed as ${proposed}: approve it on the admin page`;
}

function subsetLines(report: SubsetReport): readonly string[] {
  const { subset, items, participants, effectiveItems, audited, refusal, all, audit, labels, groups, rule } = report;
  const about = `${items} items of ${participants} participants, worth ${effectiveItems.toFixed(0)} drawn evenly; ${audited} audited`;
  const head = ['', `${subset}: ${about}`];
  if (all === null || audit === null) return [...head, `  stays as it is: ${refusal?.why ?? ''}`];
  return [
    ...head,
    ...columns([
      ['all, weighed', 'before', 'after', '95 % of the change'],
      ...REVIEW_FIGURES.map((name) => [name, ...cells(all[name])]),
      ['audit share', '', '', ''],
      ...REVIEW_FIGURES.map((name) => [name, ...cells(audit[name])]),
    ]),
    ...columns([
      ['label', 'present', 'a', 'b', 'threshold', 'ece before', 'after', '95 % of the change'],
      ...labels.map(({ label, present, changed, a, b, thresholdBefore, thresholdAfter, ece }) => [
        label,
        String(present),
        changed ? a.toFixed(2) : 'as it was',
        changed ? b.toFixed(2) : '',
        changed ? `${thresholdBefore.toFixed(2)} > ${thresholdAfter.toFixed(2)}` : thresholdAfter.toFixed(2),
        ...cells(ece),
      ]),
    ]),
    ...columns([
      ['group', 'items', 'participants', ...['ece', 'risk', 'coverage'].flatMap((name) => [`${name} before`, 'after'])],
      ...groups.map(({ by, group, items: n, participants: persons, figures }) => [
        `${by} ${group}`,
        String(n),
        String(persons),
        ...beforeAfter(figures),
      ]),
    ]),
    rule?.found === true
      ? `  reject rule: at most ${rule.risk} of what is accepted is wrong, but for ${rule.delta} of samples`
      : `  reject rule: none can be promised: ${rule?.why ?? ''}`,
    ...(refusal === null ? [] : [`  stays as it is: ${refusal.why}`]),
  ];
}

function beforeAfter(figures: Comparison): readonly string[] {
  return (['ece', 'risk', 'coverage'] as const).flatMap((name) => cells(figures[name]).slice(0, 2));
}

function cells({ before, after, difference }: Change): readonly string[] {
  const change = difference === null ? '' : `${signed(difference[0])} to ${signed(difference[1])}`;
  return [shown(before), shown(after), change];
}

const shown = (x: number | null): string => (x === null ? '' : x.toFixed(3));

const signed = (x: number): string => `${x < 0 ? '-' : '+'}${Math.abs(x).toFixed(3)}`;
