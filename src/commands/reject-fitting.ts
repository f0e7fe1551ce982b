/** A reject rule with its promise, from a scored corpus. */
import { coverageThreshold } from '../core/reject/coverage-target.ts';
import { greatestDoubt } from '../core/reject/doubt.ts';
import { leastForRisk, riskThreshold, type RiskThreshold } from '../core/reject/guarantee.ts';
import { riskLadder } from '../core/reject/ladder.ts';
import type { DoubtScore, Label, ModelPack, PerLabel, RejectRule } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { acceptedBy, doubted, groupsFor, type JudgedClip, judgedClips, type NamedClips } from './reject-clips.ts';
import type { ScoredCorpus } from './scoring.ts';

/** What is asked for. At least one of risk and coverage. */
export interface RejectRequest {
  readonly score: DoubtScore;
  readonly risk: number | undefined;
  readonly coverage: number | undefined;
  readonly delta: number;
  /** `label`, or a key that groups clips, where the risk is to hold for each one by one. */
  readonly per: string | undefined;
  /** Which clips they are, in words. */
  readonly clips: string;
}

/** A rule, and the labels that it never accepts because too little is known of them. */
export interface FittedRule {
  readonly rule: RejectRule;
  readonly silent: readonly { readonly label: Label; readonly why: string }[];
}

/**
 * Fit the rule. Where a risk and a coverage are asked for, each has half of delta; where a risk is asked for label by label,
 * each label has an equal part of it (Bonferroni). For groups there is one threshold, which each of them must pass.
 * @throws UndertoneError `corpus-invalid` where the clips are too few, with the number that would do, or where they cannot
 * support what was asked for, with what they could.
 */
export function fitRule(found: ScoredCorpus, pack: ModelPack, request: RejectRequest): FittedRule {
  const { score, risk, coverage, per, clips } = request;
  const judged = judgedClips(found, pack, score);
  const delta = request.delta / (risk !== undefined && coverage !== undefined ? 2 : 1);
  const target = coverage === undefined ? null : atLeast(judged, coverage, delta);
  const greatest = greatestDoubt(score, found.labels.length);
  const groups = groupsFor(judged, found, per === 'label' ? undefined : per);
  const { threshold, silent } =
    risk === undefined
      ? { threshold: target ?? 0, silent: [] }
      : per === 'label'
        ? labelThresholds(judged, found.labels, { risk, delta: delta / found.labels.length, greatest })
        : { threshold: oneThreshold(groups, { risk, delta, greatest }), silent: [] };
  if (risk !== undefined && target !== null) checkBoth(threshold, target, judged, request);
  const rungs = riskLadder({ risk, threshold }, request.delta, (risk, delta) =>
    per === 'label'
      ? someOf(labelsOrNone(judged, found.labels, { risk, delta: delta / found.labels.length, greatest }).threshold)
      : foundIn(
          riskThreshold(
            groups.map(({ clips }) => doubted(clips)),
            { risk, delta, greatest },
          ),
        ),
  );
  return {
    rule: {
      score,
      threshold,
      promise: {
        ...(risk !== undefined && { risk }),
        ...(coverage !== undefined && { coverage }),
        delta: request.delta,
        ...(per !== undefined && { per }),
        n: judged.length,
        ...acceptedBy(threshold, judged),
        clips,
      },
      ...(rungs.length > 0 && {
        ladder: {
          delta: request.delta,
          rungs: rungs.map((rung) => ({ ...rung, ...acceptedBy(rung.threshold, judged) })),
        },
      }),
    },
    silent,
  };
}

type Promised = Parameters<typeof riskThreshold>[1];

function oneThreshold(groups: readonly NamedClips[], promised: Promised): number {
  const found = riskThreshold(
    groups.map(({ clips }) => doubted(clips)),
    promised,
  );
  if (found.found) return found.threshold;
  if (found.why === 'too-risky')
    throw new UndertoneError(
      'corpus-invalid',
      `these clips do not show a risk of ${promised.risk} at any threshold; what they can promise is about ` +
        `${roundUp(found.least)}: ask for a higher --risk, or give more clips`,
    );
  const fewest = groups.reduce((one, other) => (possible(other.clips) < possible(one.clips) ? other : one));
  const whose = groups.length > 1 ? ` of ${fewest.name}` : '';
  throw new UndertoneError(
    'corpus-invalid',
    `${found.have} clips${whose} that could be accepted are too few to promise a risk of ${promised.risk} at delta ` +
      `${promised.delta}: the smallest number that would do is ${found.need}; give more, or ask for a higher --risk or --delta`,
  );
}

/** As `labelsOrNone`, but what is asked for is to be had. */
function labelThresholds(judged: readonly JudgedClip[], labels: readonly Label[], promised: Promised) {
  const { threshold, silent } = labelsOrNone(judged, labels, promised);
  if (silent.length < labels.length) return { threshold, silent };
  const need = leastForRisk(promised.risk, promised.delta);
  throw new UndertoneError(
    'corpus-invalid',
    `for no label can a risk of ${promised.risk} be promised (${silent.map(({ label, why }) => `${label}: ${why}`).join('; ')}): ` +
      `each needs ${need} clips at least; give more, or ask for a higher --risk or --delta`,
  );
}

/** A threshold a label; a label of which too little is known gets none. */
function labelsOrNone(judged: readonly JudgedClip[], labels: readonly Label[], promised: Promised) {
  const threshold: Partial<Record<Label, number>> = {};
  const silent: { label: Label; why: string }[] = [];
  const need = leastForRisk(promised.risk, promised.delta);
  for (const label of labels) {
    const found = riskThreshold([doubted(judged.filter(({ first }) => first === label))], promised);
    if (found.found) threshold[label] = found.threshold;
    else if (found.why === 'too-few')
      silent.push({ label, why: `it is said first of ${found.have} clips, not ${need}` });
    else silent.push({ label, why: `its risk could be promised from about ${roundUp(found.least)}` });
  }
  return { threshold: threshold satisfies PerLabel, silent };
}

function atLeast(judged: readonly JudgedClip[], coverage: number, delta: number): number {
  const found = coverageThreshold(
    judged.map(({ doubt }) => doubt),
    { coverage, delta },
  );
  if (found.found) return found.threshold;
  if (found.why === 'too-few')
    throw new UndertoneError(
      'corpus-invalid',
      `${found.have} clips are too few to promise a coverage of ${coverage} at delta ${delta}: the smallest number that ` +
        `would do is ${found.need}; give more, or ask for a lower --coverage or a higher --delta`,
    );
  throw new UndertoneError(
    'corpus-invalid',
    `a coverage of ${coverage} cannot be promised: of ${(100 * found.most).toFixed(1)} % of the clips only is the most ` +
      'probable label present; ask for a lower --coverage, or choose lower thresholds by calibrate --thresholds f1',
  );
}

/** Whether the threshold that keeps the risk accepts as much as was asked for. */
function checkBoth(
  threshold: number | PerLabel,
  target: number,
  judged: readonly JudgedClip[],
  request: RejectRequest,
): void {
  if (typeof threshold !== 'number')
    throw new UndertoneError('config-invalid', '--coverage is promised of all labels together: leave out --per label');
  if (threshold >= target) return;
  const share = judged.filter(({ doubt }) => doubt <= threshold).length / judged.length;
  throw new UndertoneError(
    'corpus-invalid',
    `a risk of ${request.risk} and a coverage of ${request.coverage} cannot both be promised: the risk holds up to a ` +
      `coverage of about ${share.toFixed(2)}; ask for less of one`,
  );
}

const foundIn = (found: RiskThreshold): number | null => (found.found ? found.threshold : null);
const someOf = (threshold: PerLabel): PerLabel | null => (Object.keys(threshold).length > 0 ? threshold : null);
const possible = (clips: readonly JudgedClip[]): number => clips.filter(({ doubt }) => doubt < Infinity).length;

/** To two digits, upwards: a promise must not come out smaller than it is. */
const roundUp = (risk: number): string => (Math.ceil(risk * 100) / 100).toFixed(2);
