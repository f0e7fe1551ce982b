/** Which parts of a pack a corpus calibrates, and what is noted of each. */
import { basename } from 'node:path';
import type { CalibrationRecord, PackPart } from '../../models/toolkit/calibrate/calibrated-pack.ts';
import { labelsOf } from '../../models/toolkit/score/opinion.ts';
import { targetOf } from '../../models/toolkit/train/examples.ts';
import { STIMULI, type Stimulus } from '../core/manifest-votes.ts';
import type { ModelPack, NetworkCalibration } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Corpus } from '../io/corpus/corpus.ts';
import type { FittedPart } from './calibration.ts';
import { missingMedia, type ScoredCorpus } from './scoring.ts';

/** What is to be calibrated of a pack, and by which clips. */
interface Part {
  readonly name: PackPart;
  readonly modality: Stimulus;
  /** Whether the shared layers are asked, or the modality's own heads. */
  readonly fused: boolean;
  /** Whether it speaks for live windows of this modality alone. */
  readonly live: boolean;
  readonly before: NetworkCalibration;
}

/** A part with what became of it. */
export interface CalibratedPart {
  readonly part: Part;
  readonly corpus: ScoredCorpus;
  readonly fitted: FittedPart;
}

/**
 * What of a pack the corpus can calibrate.
 * @param only the modality that was asked for by name.
 * @throws UndertoneError `config-invalid` for av in a pack that pools; `corpus-invalid` where nothing can be fitted.
 */
export function partsOf(
  { networks, fusion, ...pack }: ModelPack,
  corpus: Corpus,
  only: Stimulus | undefined,
): readonly Part[] {
  const whole = { ...pack, networks, fusion };
  const parts = STIMULI.flatMap((modality): Part[] => {
    const subset = modality === 'av' ? 'both' : modality;
    const shared = fusion?.calibration[subset];
    const part = { modality, live: true };
    return [
      ...(modality === 'av'
        ? []
        : [{ ...part, name: modality, fused: false, live: !shared, before: networks[modality].calibration }]),
      ...(shared ? [{ ...part, name: `fusion.${subset}` as const, fused: true, before: shared }] : []),
    ];
  });
  const asked = parts.filter(({ modality }) => only === undefined || modality === only);
  if (asked.length === 0)
    throw new UndertoneError(
      'config-invalid',
      `--modality: ${pack.name} has no shared layers for av, it pools the calibrated voice and face: calibrate each of those`,
    );
  // What was asked for by name is left to fail with a reason.
  if (only !== undefined) return asked;
  const usable = asked.filter(({ modality, fused }) => {
    const labels = labelsOf(whole, modality, fused);
    return corpus.clips.some((clip) => targetOf(clip, modality, labels) && missingMedia(clip, modality) === null);
  });
  if (usable.length > 0) return usable;
  throw new UndertoneError(
    'corpus-invalid',
    `no clip of ${corpus.file} has both votes for the pack's labels and the media that they are about: nothing to fit on`,
  );
}

/** The clips that a part is fitted on. */
export interface About {
  readonly corpus: string;
  readonly split: string | undefined;
  readonly ids: string | undefined;
}

/** They in words, as they may stand in a pack: without folders. */
export function aboutWords({ corpus, split, ids }: About): string {
  return `${corpus}${split === undefined ? '' : `, split ${split}`}${ids === undefined ? '' : `, ids of ${basename(ids)}`}`;
}

/** A line for the manifest. */
export function provenanceOf({ corpus, fitted: { method } }: CalibratedPart, about: About): string {
  return `${method} on ${corpus.scored.length} clips of ${aboutWords(about)}`;
}

/** What `calibration.json` keeps of one part. */
export function recordOf({ part, corpus, fitted }: CalibratedPart, about: About): CalibrationRecord {
  const { method, labels, calibration, support, kept, comparison, heldOut } = fitted;
  return {
    corpus: about.corpus,
    ...(about.split !== undefined && { split: about.split }),
    ...(about.ids !== undefined && { ids: basename(about.ids) }),
    votes: part.modality,
    n: corpus.scored.length,
    unlabelled: corpus.unlabelled,
    failed: corpus.failed,
    method,
    labels: Object.fromEntries(
      labels.map((label) => [
        label,
        { present: support[label], kept: kept.includes(label), calibration: calibration[label] },
      ]),
    ),
    crossFitted: {
      heldOut,
      folds: comparison.folds,
      best: comparison.best,
      scores: Object.fromEntries(
        Object.entries(comparison.scores).map(([name, { mean, perLabel }]) => [
          name,
          { mean, perLabel: Object.fromEntries(labels.map((label, k) => [label, perLabel[k]])) },
        ]),
      ),
    },
  };
}
