import { basename } from 'node:path';
import { writeCalibratedPack } from '../../models/toolkit/calibrate/calibrated-pack.ts';
import { inspectPack } from '../../models/toolkit/inspect.ts';
import { openScorer, type Scorer } from '../../models/toolkit/score/scorer.ts';
import { checkFree } from '../../models/toolkit/whole-folder.ts';
import { readSettings } from '../config.ts';
import { CALIBRATION_METHODS } from '../core/calibrators/label-calibration.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { fitPart, LEAST_EXAMPLES, thresholdsByF1 } from './calibration.ts';
import { calibrationJson, calibrationLines } from './calibration-output.ts';
import { aboutWords, type CalibratedPart, partsOf, provenanceOf, recordOf } from './calibration-parts.ts';
import { chooseClips } from './choose-clips.ts';
import type { Command, Invocation } from './command.ts';
import { hereOrInProject } from './project.ts';
import { oneOf, required, SCORING_OPTIONS, scoringGiven, tellStderr } from './scoring-options.ts';
import { scoreCorpus } from './scoring.ts';

/** `undertone calibrate`. */
export const calibrate: Command = {
  usage: 'calibrate --pack DIR --corpus FILE --out DIR2',
  about: [
    "Fits a pack's probabilities of presence to what raters said of a corpus' clips, and writes the pack with them as the",
    'next version. Use clips that no network of the pack has learned from. docs/evaluation.md explains the methods.',
  ],
  options: {
    pack: { value: 'DIR', help: 'folder of the model pack' },
    corpus: { value: 'FILE', help: 'a corpus manifest (.jsonl)' },
    out: { value: 'DIR2', help: 'folder that gets the calibrated pack; it must not be there yet' },
    force: { help: 'replace a pack that is in that folder' },
    modality: { value: 'NAME', help: 'voice, face or av only (default: all that the corpus has votes and media for)' },
    method: {
      value: 'NAME',
      help: `${CALIBRATION_METHODS.join(', ')}, or best on clips held out (default: temperature)`,
    },
    thresholds: { value: 'NAME', help: "f1 chooses each label's threshold by F1; keep leaves them (default: keep)" },
    ...SCORING_OPTIONS,
    json: { help: 'print what was fitted as one JSON object' },
  },
  arguments: 0,
  run: calibratePack,
};

async function calibratePack({ text, has, env, signal }: Invocation): Promise<number> {
  const packDir = hereOrInProject(required(text, 'pack', 'the folder of a model pack'));
  const corpusFile = required(text, 'corpus', 'a corpus manifest (.jsonl)');
  const out = required(text, 'out', 'the folder that gets the calibrated pack');
  const place = { replace: has('force'), option: '--out' };
  const { modality, running, ...choice } = scoringGiven(text);
  const method = oneOf(text, 'method', [...CALIBRATION_METHODS, 'best']) ?? 'temperature';
  const byF1 = oneOf(text, 'thresholds', ['f1', 'keep']) === 'f1';
  const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;
  await checkFree(out, place);

  const { format } = await inspectPack(packDir);
  const linesOnly = format === 1;
  if (linesOnly && method === 'isotonic')
    throw new UndertoneError(
      'config-invalid',
      '--method: a pack of format 1 keeps a line for each label, not a curve: choose temperature or platt',
    );
  const corpus = await chooseClips(await readCorpus(corpusFile), choice);
  const opened: Scorer[] = [];
  try {
    const scorer = await openScorer(packDir, running);
    opened.push(scorer);
    const parts = partsOf(scorer.pack, corpus, modality);
    const bare = parts.some(({ fused }) => !fused) && scorer.pack.fusion;
    const own = bare ? await openScorer(packDir, { ...running, fused: false }) : scorer;
    if (own !== scorer) opened.push(own);

    const done: CalibratedPart[] = [];
    for (const part of parts) {
      const options = { modality: part.modality, ffmpeg, signal, tell: tellStderr, fused: part.fused };
      const scored = await scoreCorpus(corpus, [part.fused ? scorer : own], options);
      const fitted = fitPart(scored, part.name, { method, linesOnly, before: part.before });
      for (const label of fitted.kept)
        tellStderr(
          `${part.name}: '${label}' is present in ${fitted.support[label] ?? 0} of ${scored.scored.length} clips; it ` +
            `keeps the calibration that it had, as a fit needs ${LEAST_EXAMPLES} with it and ${LEAST_EXAMPLES} without`,
        );
      done.push({ part, corpus: scored, fitted });
    }
    const live = done.filter(({ part }) => part.live).map(({ fitted }) => fitted);
    const thresholds = byF1 ? thresholdsByF1(live) : {};
    if (scorer.pack.decision.reject)
      tellStderr("the pack's reject rules are left out, as they promised about other verdicts: run reject fit again");
    const about = { corpus: basename(corpusFile), ...choice };
    signal.throwIfAborted();
    const version = await writeCalibratedPack(
      packDir,
      out,
      {
        calibrations: Object.fromEntries(done.map(({ part, fitted }) => [part.name, fitted.calibration])),
        thresholds,
        provenance: Object.fromEntries([
          ...done.map((one) => [`calibration.${one.part.name}`, provenanceOf(one, about)]),
          ...(byF1 ? [['thresholds', `of greatest F1 on ${aboutWords(about)}`]] : []),
        ]) as Record<string, string>,
        record: Object.fromEntries(done.map((one) => [one.part.name, recordOf(one, about)])),
      },
      place,
    );
    const result = { pack: `${scorer.pack.name}@${version}`, out, done, thresholds };
    process.stdout.write(has('json') ? `${JSON.stringify(calibrationJson(result))}\n` : calibrationLines(result));
    return 0;
  } finally {
    await Promise.all(opened.map((one) => one.close()));
  }
}
