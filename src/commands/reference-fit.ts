import { basename } from 'node:path';
import { openMeasurer } from '../../models/toolkit/reference/measure.ts';
import { writeReferencedPack } from '../../models/toolkit/reference/referenced-pack.ts';
import { checkFree } from '../../models/toolkit/whole-folder.ts';
import { readSettings } from '../config.ts';
import { fitReference, type FittedReference, type MeasuredRow } from '../core/reference/fit.ts';
import { UndertoneError } from '../errors.ts';
import { aboutWords } from './calibration-parts.ts';
import type { Invocation } from './command.ts';
import { forEachPortion, readCorpora } from './reference-clips.ts';
import { referenceGiven } from './reference-options.ts';
import { required } from './scoring-options.ts';

/** `undertone reference fit`. */
export async function referenceFit({ text, has, env, signal }: Invocation): Promise<number> {
  const { packDir, corpora: files, modality, limit, choice, running } = referenceGiven(text);
  const out = required(text, 'out', 'the folder that gets the pack with the reference');
  const alarms = Number(text('alarms') ?? 0.005);
  if (!(alarms > 0 && alarms < 0.5))
    throw new UndertoneError(
      'config-invalid',
      `--alarms: '${text('alarms') ?? ''}' is not a share above 0 and below 0.5`,
    );
  const place = { replace: has('force'), option: '--out' };
  await checkFree(out, place);
  const ffmpeg = readSettings(env).UNDERTONE_FFMPEG;

  const corpora = await readCorpora(files, choice, limit);
  const measurer = await openMeasurer(packDir, modality, running);
  const rows: MeasuredRow[] = [];
  let clips = 0;
  let failed = 0;
  try {
    const reading = { modality, doing: `measuring ${modality}`, ffmpeg, signal };
    failed = await forEachPortion(corpora, reading, async (some) => {
      const measured = await measurer.measure(some.map(({ media }) => media));
      some.forEach(({ clip }, i) => {
        const group = clip.speaker ?? clip.id;
        for (const row of measured[i] ?? []) rows.push({ ...row, group });
      });
      clips += some.length;
    });
  } finally {
    await measurer.close();
  }
  const fitted = fit(rows, alarms);
  const about = files
    .split(',')
    .map((file) => aboutWords({ corpus: basename(file), split: choice.split, ids: choice.ids }))
    .join(' and ');
  signal.throwIfAborted();
  const version = await writeReferencedPack(
    packDir,
    out,
    {
      modality,
      reference: fitted.reference,
      provenance: `${fitted.rows} ${UNITS[modality]} of ${clips} clips of ${about}; alarms ${alarms}`,
    },
    place,
  );
  const { statistics, embedding } = fitted.reference;
  const found = {
    out,
    version,
    modality,
    clips,
    failed,
    rows: fitted.rows,
    groups: fitted.groups,
    alarms: fitted.alarms,
    bounds: { statistics: statistics.bound, embedding: embedding.bound },
    shrinkage: fitted.shrinkage,
  };
  process.stdout.write(
    has('json')
      ? `${JSON.stringify(found)}\n`
      : [
          `${modality}: ${fitted.rows} ${UNITS[modality]} of ${clips} clips, ${fitted.groups} groups held out in turn`,
          `  squared distance at most ${statistics.bound.toFixed(1)} over ${statistics.mean.length} statistics, ` +
            `${embedding.bound.toFixed(1)} over ${embedding.mean.length} numbers of the embedding`,
          `  ${(100 * fitted.alarms).toFixed(2)} % of these lie beyond a reference that was fitted without their group`,
          `version ${version} is in ${out}`,
          '',
        ].join('\n'),
  );
  return 0;
}

const UNITS = { voice: 'windows', face: 'pictures' } as const;

function fit(rows: readonly MeasuredRow[], alarms: number): FittedReference {
  try {
    return fitReference(rows, { alarms });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UndertoneError('corpus-invalid', cause.message, { cause });
  }
}
