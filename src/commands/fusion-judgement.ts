/** Shared layers against the pool of the two networks' own heads, on pairs that nothing was learned from. */
import type { Encoded } from '../../models/toolkit/train/encode.ts';
import type { Target } from '../../models/toolkit/train/examples.ts';
import { pairSource } from '../../models/toolkit/train/fusion-pairs.ts';
import { ask, type TrainedFusion } from '../../models/toolkit/train/fusion-system.ts';
import type { FusionConfig } from '../../models/toolkit/train/fusion-config.ts';
import type { Opinion } from '../core/calibration.ts';
import { pool } from '../core/fusion.ts';
import { brier } from '../core/metrics/brier.ts';
import { divergences } from '../core/metrics/divergences.ts';
import { f1 } from '../core/metrics/f1.ts';
import { presentByShare } from '../core/metrics/presence.ts';
import { top } from '../core/metrics/top1.ts';
import { sigmoid, softmax } from '../core/probability.ts';
import { randomStream } from '../core/random.ts';
import type { HeadLogits, Label } from '../domain.ts';
import type { EncodedClip } from './fusion-media.ts';

/** Figures of one way to fuse, uncalibrated. */
export interface FusionFigures {
  readonly top1: number;
  readonly uar: number;
  /** Of shares under the 1/C rule. */
  readonly macroF1: number;
  /** Nats. */
  readonly kld: number;
  readonly brier: number;
}

/** By what there was, then by who spoke. */
export type Judgement = Readonly<Record<'both' | 'voice' | 'face', Readonly<Record<'fusion' | 'pool', FusionFigures>>>>;

interface Row {
  readonly voice: Encoded | null;
  readonly face: Encoded | null;
  readonly target: Target;
}

/**
 * Each face of `faces` with a voice of `voices` as in training, then each of both alone.
 * @param faces each with one look.
 */
export async function judgeFusion(
  trained: TrainedFusion,
  { faces, voices }: { readonly faces: readonly EncodedClip[]; readonly voices: readonly EncodedClip[] },
  config: FusionConfig & { readonly pairs: NonNullable<FusionConfig['pairs']> },
): Promise<Judgement> {
  const { labels, shape, seed, pairs } = config;
  const known = new Map([...faces, ...voices].flatMap(({ looks }) => looks.map((look) => [look.embedding, look])));
  const embedded = (clips: readonly EncodedClip[]) =>
    clips.map(({ target, looks }) => ({ target, looks: looks.map(({ embedding }) => embedding) }));
  // `draw` copies a face's looks into one sequence: with one look each, the clip's place tells which it was.
  const source = pairSource(embedded(faces), embedded(voices), { labels, frames: 1 });
  const drawn = faces.flatMap((face, i): Row[] => {
    const { voice, targets } = source.draw(i, randomStream(seed, 'judge', i));
    const heard = voice ? known.get(voice) : undefined;
    return heard && targets.av ? [{ voice: heard, face: face.looks[0] ?? null, target: targets.av }] : [];
  });
  const alone = (clips: readonly EncodedClip[], modality: 'voice' | 'face'): Row[] =>
    clips.map(({ target, looks }) => ({ voice: null, face: null, target, [modality]: looks[0] ?? null }));

  const figuresOf = async (rows: readonly Row[]): Promise<Record<'fusion' | 'pool', FusionFigures>> => {
    const asked = rows.map(({ voice, face }) => ({
      voice: voice?.embedding ?? null,
      face: face?.embedding ?? null,
      targets: {},
    }));
    const heads = await ask(trained, asked, shape);
    const truth = rows.map(({ target }) => target.shares);
    const pooled = rows.map(({ voice, face }) =>
      pool({
        ...(voice && { voice: opinion(voice, pairs.voices.encoderLabels) }),
        ...(face && { face: opinion(face, pairs.faces.encoderLabels) }),
      }),
    );
    const inOrder = (part: 'shares' | 'probabilities') =>
      pooled.map((prediction) => labels.map((label) => prediction?.[part][label] ?? 0));
    return {
      fusion: figures(
        truth,
        heads.map(({ shareLogits }) => softmax(shareLogits)),
        heads.map(({ presenceLogits }) => Array.from(presenceLogits, sigmoid)),
      ),
      pool: figures(truth, inOrder('shares'), inOrder('probabilities')),
    };
  };
  return {
    both: await figuresOf(drawn),
    voice: await figuresOf(alone(voices, 'voice')),
    face: await figuresOf(alone(faces, 'face')),
  };
}

function opinion({ shareLogits, presenceLogits }: HeadLogits, labels: readonly Label[]): Opinion {
  const shares = softmax(shareLogits);
  return {
    labels,
    shares: Object.fromEntries(labels.map((label, k) => [label, shares[k] ?? 0])),
    probabilities: Object.fromEntries(labels.map((label, k) => [label, sigmoid(presenceLogits[k] ?? 0)])),
  };
}

type Rows = readonly (readonly number[])[];

/** Figures of shares and probabilities against raters' shares, a row a clip. */
export function figures(truth: Rows, shares: Rows, probabilities: Rows): FusionFigures {
  const present = presentByShare(truth);
  const { top1, uar } = top(truth, shares, { ties: 'any' });
  return {
    top1,
    uar,
    macroF1: f1(present, presentByShare(shares)).macro,
    kld: divergences(truth, shares).kld,
    brier: brier(present, probabilities).mean,
  };
}
