/** The figures of an evaluation in words: what each is called, which way is better, and how it was measured. */
import type { Figure } from '../metrics/evaluation.ts';

/** A figure in words. */
export interface Measure {
  readonly name: string;
  /** Null where neither way is better by itself. */
  readonly better: 'higher' | 'lower' | null;
  /** How it was measured, in a sentence. */
  readonly how: string;
}

/** For each figure that `evaluate` prints. */
export const MEASURES: Readonly<Record<Figure, Measure>> = {
  top1: {
    name: 'Top-1 accuracy',
    better: 'higher',
    how: 'Share of clips whose label of greatest predicted share is the raters’ first.',
  },
  uar: {
    name: 'Mean recall (UAR)',
    better: 'higher',
    how: 'Recall of the first label, averaged over labels, so that rare ones count as much as common ones.',
  },
  macroF1: {
    name: 'Macro F1 of shares',
    better: 'higher',
    how: 'A label counts as present above a share of 1/C, in the raters and in the prediction alike; F1 averaged over labels.',
  },
  microF1: {
    name: 'Micro F1 of shares',
    better: 'higher',
    how: 'F1 of all labels’ decisions pooled, under the same 1/C rule.',
  },
  weightedF1: {
    name: 'Weighted F1 of shares',
    better: 'higher',
    how: 'F1 averaged over labels by how often each is present, under the same 1/C rule.',
  },
  macroF1Presence: {
    name: 'Macro F1 of presence',
    better: 'higher',
    how: 'F1 of calibrated probabilities at the pack’s thresholds, averaged over labels.',
  },
  ece: {
    name: 'Calibration error',
    better: 'lower',
    how: 'Expected calibration error of max(p, 1 − p) in 15 equal bins, for each label, then averaged; after calibration. Resampling makes bins noisier, so its interval leans upwards.',
  },
  eceUncalibrated: {
    name: 'Calibration error before',
    better: 'lower',
    how: 'The same of the network’s probabilities as they come.',
  },
  brier: {
    name: 'Brier score',
    better: 'lower',
    how: 'Squared distance of the calibrated probability from presence, plain mean over clips and labels.',
  },
  kld: {
    name: 'KL divergence',
    better: 'lower',
    how: 'Of the predicted shares from the raters’, in nats, mean over clips.',
  },
  jsd: {
    name: 'JS divergence',
    better: 'lower',
    how: 'Jensen-Shannon divergence of predicted and raters’ shares, in nats, mean over clips.',
  },
  coverage: {
    name: 'Coverage',
    better: null,
    how: 'Share of clips that the pack’s rule accepts; the rest get no verdict.',
  },
  acceptedRisk: {
    name: 'Risk when accepted',
    better: 'lower',
    how: 'Share of accepted clips whose most probable label is not the raters’ first; of tied firsts any will do.',
  },
  acceptedMacroF1: {
    name: 'Macro F1 when accepted',
    better: 'higher',
    how: 'Macro F1 of shares on accepted clips alone.',
  },
};
