/**
 * Limits on doubt that a viewer may choose among: the room's own rule, and the risks of the pack's ladders (docs/reject.md).
 * Nothing here decides anything: it says what of the verdicts that came would be accepted.
 */
import type { Results, VerdictJson } from '../../src/protocol.ts';
import { percent } from './format.ts';
import { goesBeyond, limitFor, limitOf } from './rule-limits.ts';
import type { Limit, Rule } from './rule-limits.ts';

type Pack = Results['hello']['pack'];
type Rules = NonNullable<Pack['reject']>;
type Subset = keyof Rules;

/** Where the slider may stand. */
export interface Step {
  /** The risk that is promised; null where the room's rules promise none, or not the same. */
  readonly risk: number | null;
  /** Whether it is the room's own rule. */
  readonly isRoom: boolean;
}

/** The steps of a pack's rules, strictest first; the room's own is always among them. */
export interface Limits {
  readonly steps: readonly Step[];
  /** Place of the room's own rule in `steps`. */
  readonly room: number;
  /** What was judged by these has no rule with a promise. */
  readonly without: readonly Subset[];
  /**
   * Whether a step accepts a verdict; null where no step has a say in it: nothing was judged, the reason is another than doubt, or
   * what was judged has no rule, or a calibration by reviewers on top of it.
   */
  readonly accepts: (verdict: VerdictJson, step: number) => boolean | null;
  /** Whether a verdict was judged, but has no rule with a promise. */
  readonly isUnruled: (verdict: VerdictJson) => boolean;
}

const SUBSETS: readonly Subset[] = ['voice', 'face', 'both'];

/** The limits of a pack. One step alone, the room's, where no rule has a ladder: there is nothing to choose. */
export function limitsOf({ reject = {} }: Pick<Pack, 'reject'>): Limits {
  const rules = SUBSETS.flatMap((subset) => reject[subset] ?? []);
  const risks = [...new Set(rules.flatMap(({ ladder }) => ladder?.rungs.map(({ risk }) => risk) ?? []))].sort(
    (a, b) => a - b,
  );
  const beyond = risks.findIndex((risk) => rules.some((rule) => goesBeyond(rule, risk)));
  const room = beyond === -1 ? risks.length : beyond;
  const steps = risks
    .map((risk): Step => ({ risk, isRoom: false }))
    .toSpliced(room, 0, { risk: sameRisk(rules), isRoom: true });
  // Under a calibration by reviewers doubts are others than those that the promises were made of.
  const ruleOf = (verdict: VerdictJson): Rule | null => {
    if (verdict.thresholds !== undefined) return null;
    const rule = reject[subsetOf(verdict)];
    return rule?.score === verdict.doubt?.score ? (rule ?? null) : null;
  };
  return {
    steps,
    room,
    without: SUBSETS.filter((subset) => reject[subset] === undefined),
    accepts: (verdict, place) => {
      const rule = isJudged(verdict) ? ruleOf(verdict) : null;
      if (rule === null) return null;
      const step = steps[place];
      return step?.isRoom === false && step.risk !== null
        ? isWithin(verdict, limitFor(rule, step.risk))
        : verdict.status === 'accepted';
    },
    isUnruled: (verdict) => isJudged(verdict) && ruleOf(verdict) === null,
  };
}

/** A step in a word or two: `5 %`, or `own rule` where the room's rules promise no one risk. */
export function stepName({ risk }: Step): string {
  return risk === null ? 'own rule' : percent(risk);
}

/** The step at a place, in a word or two. */
export function nameAt({ steps }: Limits, place: number): string {
  const step = steps[place];
  return step === undefined ? '' : stepName(step);
}

/** A step in words, as the slider says it. */
export function stepWords({ risk, isRoom }: Step): string {
  const promised = risk === null ? '' : `at most ${percent(risk)} of accepted verdicts wrong`;
  if (!isRoom) return promised;
  return promised === '' ? 'the room’s own rule' : `${promised}, the room’s own rule`;
}

/** Accepted, or rejected for doubt alone: other reasons stand whatever the limit is. */
function isJudged({ doubt, reason }: VerdictJson): boolean {
  return doubt !== undefined && (reason === null || reason === 'low-confidence');
}

function subsetOf({ modalities }: VerdictJson): Subset {
  const [only = 'both'] = modalities;
  return modalities.length > 1 ? 'both' : only;
}

/** As src/core/decision.ts has it: the most probable label is present, and doubt is within its limit. */
function isWithin({ status, labels, withheld = [], probabilities, doubt }: VerdictJson, limit: Limit | null): boolean {
  const [first] = status === 'accepted' ? labels : withheld;
  const top = Object.entries(probabilities).reduce<readonly [string, number] | null>(
    (best, [label, p]) => (best === null || p > best[1] ? [label, p] : best),
    null,
  );
  if (limit === null || doubt === undefined || first === undefined || first !== top?.[0]) return false;
  return doubt.value <= limitOf(limit, first);
}

function sameRisk(rules: readonly Rule[]): number | null {
  const [risk = null, ...others] = new Set(rules.map(({ promise }) => promise.risk ?? null));
  return others.length === 0 ? risk : null;
}
