/** What a pack's rule and ladder promise, beside what clips at hand show of them. */
import type { ModalitySubset, ModelPack } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { acceptedBy, judgedClips } from './reject-clips.ts';
import type { ScoredCorpus } from './scoring.ts';

/** One limit that the pack has. */
export interface LadderStep {
  /** The risk that was promised; null where the rule promises a coverage only. */
  readonly promised: number | null;
  /** Share of the clips that it accepts. */
  readonly coverage: number;
  /** Share of the accepted that is wrong in its first label; null where none is accepted. */
  readonly risk: number | null;
  readonly accepted: number;
  readonly wrong: number;
  /** Whether it is the rule in force. */
  readonly rule: boolean;
}

/**
 * The rule and each rung of its ladder, by what they accept of these clips.
 * @throws UndertoneError `config-invalid` where the pack has no rule for what was judged.
 */
export function ladderSteps(found: ScoredCorpus, pack: ModelPack, subset: ModalitySubset): readonly LadderStep[] {
  const rule = pack.decision.reject?.[subset];
  if (rule === undefined)
    throw new UndertoneError(
      'config-invalid',
      `--ladder: ${pack.name} has no reject rule for ${subset === 'both' ? 'av' : subset}: run reject fit on it first`,
    );
  const judged = judgedClips(found, pack, rule.score);
  const own = { risk: rule.promise.risk ?? null, threshold: rule.threshold, rule: true };
  const rungs = (rule.ladder?.rungs ?? []).map(({ risk, threshold }) => ({ risk, threshold, rule: false }));
  return [own, ...rungs]
    .map(({ risk: promised, threshold, rule }) => {
      const { accepted, wrong } = acceptedBy(threshold, judged);
      const risk = accepted === 0 ? null : wrong / accepted;
      return { promised, coverage: accepted / judged.length, risk, accepted, wrong, rule };
    })
    .sort((a, b) => a.accepted - b.accepted || (a.promised ?? 1) - (b.promised ?? 1));
}
