import type { ClipRow } from '../../models/toolkit/score/opinion.ts';
import { openScorer, type Scorer } from '../../models/toolkit/score/scorer.ts';
import { readSettings } from '../config.ts';
import { svgFile } from '../core/figures/drawing.ts';
import { riskCoverageCurve } from '../core/figures/risk-coverage-curve.ts';
import { STIMULI, type Stimulus } from '../core/manifest-votes.ts';
import { evaluationTally } from '../core/metrics/evaluation.ts';
import { total } from '../core/metrics/tally.ts';
import { gains } from '../core/reject/gain.ts';
import { labelCurve } from '../core/reject/label-curve.ts';
import { transfer } from '../core/reject/transfer.ts';
import { UndertoneError } from '../errors.ts';
import type { Corpus } from '../io/corpus/corpus.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { chooseClips } from './choose-clips.ts';
import type { Invocation } from './command.ts';
import { bootstrapOptions, scoredOf } from './evaluation.ts';
import { writeWhole } from './part-file.ts';
import { ladderSteps } from './reject-ladder.ts';
import { type RejectGiven, rejectGiven, shareGiven } from './reject-options.ts';
import { curveLines, gainLines, stepLines, transferLines } from './reject-output.ts';
import { oneOf, tellStderr, wholeNumber } from './scoring-options.ts';
import { scoreCorpus, type ScoredCorpus } from './scoring.ts';

/** `undertone reject curve`. */
export async function rejectCurve({ text, has, env, signal }: Invocation): Promise<number> {
  const given = rejectGiven(text);
  const { modality, by } = given;
  const from = oneOf(text, 'from', STIMULI) ?? modality;
  const [at, svg] = [shareGiven(text, 'at'), text('svg')];
  const interval = { resamples: wholeNumber(text, 'resamples', 1) ?? 1000, group: text('group') };
  const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;

  const corpus = await chooseClips(await readCorpus(given.corpusFile), given);
  const scorer = await openScorer(given.packDir, given.running);
  try {
    const { found, rows } = await scoredBoth(corpus, scorer, { ...given, from, ffmpeg, signal });
    signal.throwIfAborted();
    const scored = scoredOf(found, scorer.pack, 0);
    const doubt = rows.map(({ doubts }) => doubts[by]);
    const curve = labelCurve(scored, doubt);
    const clips = found.scored.map(({ clip }) => clip);
    const steps = has('ladder') ? ladderSteps(found, scorer.pack, modality === 'av' ? 'both' : modality) : null;
    const gained = at === undefined ? null : gains(scored, doubt, at, bootstrapOptions(clips, interval));
    const own = found.scored.flatMap(({ rows }) => rows).map(({ doubts }) => doubts[by]);
    const beside =
      at === undefined || from === modality
        ? null
        : transfer(scored, own, doubt, at, bootstrapOptions(clips, interval));
    if (svg !== undefined) {
      const { coverage, acceptedRisk: risk } = total(evaluationTally(scored));
      const chosen = coverage > 0 ? { coverage, risk } : null;
      await writeWhole(svg, svgFile(riskCoverageCurve(curve.points.toReversed(), { chosen })), '--svg');
    }
    const { points, aurc, eaurc } = curve;
    const about = { given, from, n: scored.truth.length };
    process.stdout.write(
      has('json')
        ? `${JSON.stringify({ points, aurc, eaurc, ...(gained && { gains: labelled(gained, found) }), ...(beside && { transfer: beside }), ...(steps && { ladder: steps }) })}\n`
        : [
            ...curveLines(curve, about),
            ...(beside ? transferLines(beside, about) : []),
            ...(gained ? gainLines(gained, found.labels, interval) : []),
            ...(steps ? stepLines(steps) : []),
            '',
          ].join('\n'),
    );
    return 0;
  } finally {
    await scorer.close();
  }
}

interface Both extends Pick<RejectGiven, 'modality'> {
  readonly from: Stimulus;
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
}

/** The clips as the pack judges them, and the rows that doubt is taken from: of the same clips, in the same order. */
async function scoredBoth(
  corpus: Corpus,
  scorer: Scorer,
  { modality, from, ffmpeg, signal }: Both,
): Promise<{ readonly found: ScoredCorpus; readonly rows: readonly ClipRow[] }> {
  const common = { ffmpeg, signal, tell: tellStderr };
  const found = await scoreCorpus(corpus, [scorer], { ...common, modality });
  if (from === modality) return { found, rows: found.scored.flatMap(({ rows }) => rows) };
  const other = await scoreCorpus(corpus, [scorer], { ...common, modality: from, votes: modality });
  const byId = new Map(other.scored.map(({ clip, rows }) => [clip.id, rows[0]]));
  const scored = found.scored.filter(({ clip }) => byId.get(clip.id));
  if (scored.length === 0)
    throw new UndertoneError(
      'corpus-invalid',
      `no clip can be judged by ${modality} and by ${from}: --from needs both`,
    );
  if (scored.length < found.scored.length)
    tellStderr(`${found.scored.length - scored.length} clips cannot be judged by ${from}: they are left out`);
  return { found: { ...found, scored }, rows: scored.flatMap(({ clip }) => byId.get(clip.id) ?? []) };
}

function labelled({ perLabel, ...overall }: ReturnType<typeof gains>, { labels }: ScoredCorpus) {
  return { ...overall, perLabel: Object.fromEntries(labels.map((label, k) => [label, perLabel[k]])) };
}
