import { labelsOf } from '../../models/toolkit/score/opinion.ts';
import { openScorer, type Scorer } from '../../models/toolkit/score/scorer.ts';
import { readSettings } from '../config.ts';
import { CALIBRATION_METHODS, type CalibrationMethod } from '../core/calibrators/label-calibration.ts';
import type { Stimulus } from '../core/manifest.ts';
import type { ModelPack } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { chooseClips } from './choose-clips.ts';
import type { Command, Invocation } from './command.ts';
import {
  byGroup,
  calibrationList,
  calibrationOf,
  comparison,
  type CrossFitting,
  crossFitted,
  evaluation,
  methodOf,
  scoredOf,
} from './evaluation.ts';
import { evaluationJson, evaluationLines, type Findings } from './evaluation-output.ts';
import { evaluationReport } from './evaluation-report.ts';
import { partFile } from './part-file.ts';
import { hereOrInProject } from './project.ts';
import { oneOf, required, SCORING_OPTIONS, scoringGiven, tellStderr, wholeNumber } from './scoring-options.ts';
import { scoreCorpus } from './scoring.ts';

/** `undertone evaluate`. */
export const evaluateCommand: Command = {
  usage: 'evaluate --pack DIR --corpus FILE --modality voice|face|av',
  about: [
    "Scores a corpus' clips as the live monitor would judge them, and tells how well the pack agrees with raters, how far",
    'its probabilities can be believed, and what abstaining buys. docs/evaluation.md says how each figure is measured.',
  ],
  options: {
    pack: { value: 'DIR', help: 'folder of the model pack' },
    corpus: { value: 'FILE', help: 'a corpus manifest (.jsonl)' },
    modality: { value: 'NAME', help: 'what the pack is given, and whose votes count: voice, face or av (both)' },
    json: { help: 'print one JSON object' },
    report: { value: 'FILE', help: 'write a report with figures as one HTML page' },
    ...SCORING_OPTIONS,
    by: { value: 'KEYS', help: 'figures by group: speaker, language or demographics, with commas' },
    compare: { value: 'DIR', help: 'another pack: two-tailed t-tests over 40 subsets of the same clips' },
    group: { value: 'KEY', help: 'intervals by resampling whole groups, for example speaker' },
    'cross-fit': { value: 'KEY', help: 'judge each group by a calibration fitted on all others, for example speaker' },
    method: { value: 'NAME', help: `with --cross-fit: ${CALIBRATION_METHODS.join(', ')} (default: the pack's)` },
    resamples: { value: 'N', help: 'resamples behind the intervals (default: 1000)' },
  },
  arguments: 0,
  run: evaluateCorpus,
};

async function evaluateCorpus({ text, has, env, signal }: Invocation): Promise<number> {
  const packDir = hereOrInProject(required(text, 'pack', 'the folder of a model pack'));
  const corpusFile = required(text, 'corpus', 'a corpus manifest (.jsonl)');
  const { modality, running, ...choice } = scoringGiven(text);
  if (modality === undefined)
    throw new UndertoneError('config-invalid', '--modality is missing: give voice, face or av');
  const keys = (text('by') ?? '').split(',').filter((key) => key !== '');
  const interval = { resamples: wholeNumber(text, 'resamples', 1) ?? 1000, group: text('group') };
  const method = oneOf(text, 'method', CALIBRATION_METHODS);
  const [crossKey, comparedDir, reportPath] = [text('cross-fit'), text('compare'), text('report')];
  if (method !== undefined && crossKey === undefined)
    throw new UndertoneError(
      'config-invalid',
      '--method says how --cross-fit calibrates: give --cross-fit speaker too',
    );
  const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;

  const corpus = await chooseClips(await readCorpus(corpusFile), choice);
  const report = reportPath === undefined ? null : await partFile(reportPath, '--report');
  const opened: Scorer[] = [];
  try {
    const scorer = await openScorer(packDir, running);
    opened.push(scorer);
    const rival = comparedDir === undefined ? null : await openScorer(hereOrInProject(comparedDir), running);
    if (rival) opened.push(rival);
    if (rival) sameLabels(scorer.pack, rival.pack, modality);
    const crossFit = crossKey === undefined ? undefined : fitting(scorer.pack, modality, crossKey, method);

    const scorers = [scorer, ...(rival ? [rival] : [])] as const;
    const found = await scoreCorpus(corpus, scorers, { modality, ffmpeg, signal, tell: tellStderr });
    const clips = found.scored.map(({ clip }) => clip);
    const fit = (pack: ModelPack, index: number) => {
      const scored = scoredOf(found, pack, index);
      return crossFit ? crossFitted(scored, found, pack, crossFit) : scored;
    };
    const scored = fit(scorer.pack, 0);
    const findings: Findings = {
      pack: nameOf(scorer.pack),
      corpus: corpusFile,
      modality,
      labels: found.labels,
      evaluation: evaluation(scored, clips, interval),
      unlabelled: found.unlabelled,
      failed: found.failed,
      ...(crossFit && { crossFit }),
      ...(interval.group !== undefined && { group: interval.group }),
      by: keys.map((key) => byGroup(scored, clips, key)),
      ...(rival && { compared: { pack: nameOf(rival.pack), figures: comparison(scored, fit(rival.pack, 1)) } }),
    };
    if (report) {
      const calibration = calibrationList(crossFit ? null : calibrationOf(scorer.pack, modality), found.labels);
      const command = `npx undertone evaluate ${process.argv.slice(3).map(quoted).join(' ')}`;
      const notes = crossFit
        ? [`Each ${crossFit.key} was calibrated by ${crossFit.method}, fitted on all others.`]
        : [];
      await report.write(evaluationReport(findings, { scored, clips, calibration, command, notes, ...interval }));
      signal.throwIfAborted();
      await report.finish();
    }
    process.stdout.write(has('json') ? `${JSON.stringify(evaluationJson(findings))}\n` : evaluationLines(findings));
    return 0;
  } finally {
    await report?.abandon();
    await Promise.all(opened.map((one) => one.close()));
  }
}

function nameOf({ name, version }: ModelPack): string {
  return `${name}@${version}`;
}

function sameLabels(one: ModelPack, other: ModelPack, modality: Stimulus): void {
  const [first, second] = [labelsOf(one, modality).join(', '), labelsOf(other, modality).join(', ')];
  if (first !== second)
    throw new UndertoneError(
      'config-invalid',
      `--compare: ${nameOf(one)} speaks of ${first}, ${nameOf(other)} of ${second}: compare packs of the same labels`,
    );
}

function fitting(pack: ModelPack, modality: Stimulus, key: string, method?: CalibrationMethod): CrossFitting {
  const calibration = calibrationOf(pack, modality);
  if (calibration === null)
    throw new UndertoneError(
      'config-invalid',
      `--cross-fit: ${nameOf(pack)} has no calibration for ${modality}, it pools the calibrated voice and face: ` +
        'cross-fit each of those',
    );
  return { key, method: method ?? methodOf(calibration) };
}

function quoted(argument: string): string {
  return /^[\w./:@,=+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
