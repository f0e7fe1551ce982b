/**
 * The limits that a rule and its ladder have, read as src/core/reject/ladder.ts writes them. A page shares no more than messages with
 * the server, so this is said twice; a test holds the two to the same answers.
 */
import type { Results } from '../../src/protocol.ts';

/** A reject rule as `hello` tells it. */
export type Rule = NonNullable<NonNullable<Results['hello']['pack']['reject']>['face']>;

/** The greatest doubt that is accepted: one for all, or by the most probable label, of which those without one never are. */
export type Limit = Rule['threshold'];

/** The limit of the greatest risk promised that is not above `risk`; null where no promise is as strict. */
export function limitFor({ threshold, promise, ladder }: Rule, risk: number): Limit | null {
  const own = promise.risk === undefined ? [] : [{ risk: promise.risk, threshold }];
  const within = [...(ladder?.rungs ?? []), ...own].filter((rung) => rung.risk <= risk);
  return within.sort((a, b) => a.risk - b.risk).at(-1)?.threshold ?? null;
}

/** Whether a rule has a limit for a risk which accepts what the rule itself does not. */
export function goesBeyond(rule: Rule, risk: number): boolean {
  const limit = limitFor(rule, risk);
  if (limit === null || typeof limit === 'number') return limit !== null && limit > limitOf(rule.threshold, null);
  return (Object.keys(limit) as (keyof typeof limit)[]).some(
    (label) => limitOf(limit, label) > limitOf(rule.threshold, label),
  );
}

/** The limit for a most probable label; minus infinity where it is never accepted. */
export function limitOf(limit: Limit, label: keyof Extract<Limit, object> | null): number {
  return typeof limit === 'number' ? limit : ((label === null ? undefined : limit[label]) ?? -Infinity);
}
