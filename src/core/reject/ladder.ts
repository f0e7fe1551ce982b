/**
 * Thresholds for several risks at once, so that whoever looks at what is accepted may then choose among them.
 *
 * A rule's promise is about one risk that was fixed beforehand. Of several such promises, each right but for delta, the one that is
 * picked after looking may be the wrong one more often. So the risks are a fixed list, each is fitted with an equal part
 * of delta (Bonferroni), and the statement is simultaneous: but for a share delta of calibration sets, every threshold of the
 * ladder keeps its risk. Which rungs are then left out, or looked at, cannot make it less true.
 *
 * No step has to be taken to make it monotone: a threshold that passes the test for a risk passes it for every greater one, start
 * by start, so that `riskThreshold` rises with the risk by itself.
 */
import type { PerLabel, RejectRule } from '../../domain.ts';

/** Risks that a ladder may have, least first. The clips have no say in which they are: that is what makes the promise one. */
export const LADDER_RISKS: readonly number[] = [0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3];

/** The greatest doubt that is accepted: one for all, or by the most probable label, of which those without one never are. */
export type Limit = number | PerLabel;

/** A risk, and the limit that keeps it. */
export interface Rung {
  readonly risk: number;
  readonly threshold: Limit;
}

/**
 * The ladder beside a rule: for each risk of the list but the rule's own what `fit` finds at its part of delta. Left out are risks that
 * cannot be promised, and those that accept no more than a lesser risk or the rule does.
 * @param rule what is in force; its threshold takes the place of its own risk.
 * @param delta between 0 and 1: the share of calibration sets for which some rung may break its promise.
 * @param fit the limit that keeps `risk` but for a share `delta` of calibration sets; null where there is none.
 * @returns rungs of rising risk, each of which accepts more than those before it.
 * @example
 * riskLadder({ risk: 0.1, threshold }, 0.1, (risk, delta) => {
 *   const found = riskThreshold([clips], { risk, delta, greatest: 1 });
 *   return found.found ? found.threshold : null;
 * });
 */
export function riskLadder(
  rule: { readonly risk?: number | undefined; readonly threshold: Limit },
  delta: number,
  fit: (risk: number, delta: number) => Limit | null,
): readonly Rung[] {
  const risks = LADDER_RISKS.filter((risk) => risk !== rule.risk);
  const rungs: Rung[] = [];
  for (const risk of risks) {
    const threshold = fit(risk, delta / risks.length);
    if (threshold === null) continue;
    const before = [...rungs, ...(rule.risk !== undefined && rule.risk < risk ? [rule] : [])];
    if (before.every((lesser) => acceptsMore(threshold, lesser.threshold))) rungs.push({ risk, threshold });
  }
  return rungs;
}

/**
 * The limit that a rule or its ladder has for a risk: that of the greatest risk promised which is not above it.
 * @returns null where no promise is as strict.
 * @example limitFor(pack.decision.reject.face, 0.05);
 */
export function limitFor(
  { threshold, promise, ladder }: Pick<RejectRule, 'threshold' | 'promise' | 'ladder'>,
  risk: number,
): Limit | null {
  const own = promise.risk === undefined ? [] : [{ risk: promise.risk, threshold }];
  const within = [...(ladder?.rungs ?? []), ...own].filter((rung) => rung.risk <= risk);
  return (
    within.reduce<Rung | null>((best, rung) => (best === null || rung.risk > best.risk ? rung : best), null)
      ?.threshold ?? null
  );
}

/** Whether a limit accepts all that another does, and something besides. */
export function acceptsMore(limit: Limit, other: Limit): boolean {
  return covers(limit, other) && !covers(other, limit);
}

function covers(limit: Limit, other: Limit): boolean {
  const named = [limit, other].flatMap((one) => (typeof one === 'number' ? [] : Object.keys(one)));
  return [...named, 'any other label'].every((name) => at(limit, name) >= at(other, name));
}

function at(limit: Limit, name: string): number {
  return typeof limit === 'number' ? limit : (limit[name as keyof PerLabel] ?? -Infinity);
}
