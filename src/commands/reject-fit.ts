import { basename } from 'node:path';
import { writeCalibratedPack } from '../../models/toolkit/calibrate/calibrated-pack.ts';
import { openScorer } from '../../models/toolkit/score/scorer.ts';
import { checkFree } from '../../models/toolkit/whole-folder.ts';
import { readSettings } from '../config.ts';
import type { ModalitySubset } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import { readCorpus } from '../io/corpus/corpus.ts';
import { aboutWords } from './calibration-parts.ts';
import { chooseClips } from './choose-clips.ts';
import type { Invocation } from './command.ts';
import { fitRule } from './reject-fitting.ts';
import { rejectGiven, shareGiven } from './reject-options.ts';
import { ruleWords } from './reject-output.ts';
import { required, tellStderr } from './scoring-options.ts';
import { scoreCorpus } from './scoring.ts';

/** `undertone reject fit`. */
export async function rejectFit({ text, has, env, signal }: Invocation): Promise<number> {
  const { packDir, corpusFile, modality, by: score, running, ...choice } = rejectGiven(text);
  const out = required(text, 'out', 'the folder that gets the pack with the rule');
  const [risk, coverage, per] = [shareGiven(text, 'risk'), shareGiven(text, 'coverage'), text('per')];
  const delta = shareGiven(text, 'delta') ?? 0.1;
  if (risk === undefined && coverage === undefined)
    throw new UndertoneError('config-invalid', '--risk is missing: give it, or --coverage, for example --risk 0.10');
  if (per !== undefined && risk === undefined)
    throw new UndertoneError('config-invalid', '--per is about the risk: give --risk too');
  const place = { replace: has('force'), option: '--out' };
  await checkFree(out, place);
  const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;

  const corpus = await chooseClips(await readCorpus(corpusFile), choice);
  const scorer = await openScorer(packDir, running);
  try {
    const found = await scoreCorpus(corpus, [scorer], { modality, ffmpeg, signal, tell: tellStderr });
    const clips = aboutWords({ corpus: basename(corpusFile), split: choice.split, ids: choice.ids });
    const { rule, silent } = fitRule(found, scorer.pack, { score, risk, coverage, delta, per, clips });
    for (const { label, why } of silent) tellStderr(`'${label}' is never accepted: ${why}`);
    signal.throwIfAborted();
    const subset: ModalitySubset = modality === 'av' ? 'both' : modality;
    const { promise } = rule;
    const wanted = [
      ...(risk === undefined ? [] : [`risk ${risk}`]),
      ...(coverage === undefined ? [] : [`coverage ${coverage}`]),
    ].join(' and ');
    const changes = {
      calibrations: {},
      thresholds: {},
      record: {},
      provenance: {
        [`reject.${subset}`]: `${wanted} at delta ${delta} by ${score}, on ${promise.n} clips of ${clips}`,
      },
      reject: { [subset]: rule },
    };
    const version = await writeCalibratedPack(packDir, out, changes, place);
    const pack = `${scorer.pack.name}@${version}`;
    process.stdout.write(
      has('json')
        ? `${JSON.stringify({ pack, out, modality, ...rule, silent: silent.map(({ label }) => label), unlabelled: found.unlabelled, failed: found.failed })}\n`
        : [...ruleWords(subset, rule), `${pack} is in ${out}`, ''].join('\n'),
    );
    return 0;
  } finally {
    await scorer.close();
  }
}
