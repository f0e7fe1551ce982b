/** From what the networks of a pack gave for one window to what the pack says of it. */
import type { Logits, ModelPack, Prediction } from '../domain.ts';
import { calibrate } from './calibration.ts';
import { describeOpinion, type Opinions, pool } from './fusion.ts';
import { sourcesOf } from './sources.ts';

/** What a prediction needs to know of the pack that the logits come from. */
export type PredictingPack = Pick<ModelPack, 'networks' | 'fusion'>;

/**
 * Where the shared layers spoke, their opinion, by the calibration of the modalities that they looked at; else the pool of
 * what each modality says.
 *
 * @returns null where there was nothing to judge.
 * @example const prediction = predict(await inference.infer(window), inference.pack);
 */
export function predict(
  { voice, face, fusion, distances, attributes }: Logits,
  pack: PredictingPack,
): Prediction | null {
  const opinions: Opinions = {
    ...(voice && { voice: calibrate(voice, pack.networks.voice) }),
    ...(face && { face: calibrate(face, pack.networks.face) }),
  };
  const also = { sources: sourcesOf(opinions), ...(distances && { distances }), ...(attributes && { attributes }) };
  if (fusion !== null && pack.fusion !== null) {
    const { subset } = fusion;
    const calibration = pack.fusion.calibration[subset] ?? {};
    const opinion = calibrate(fusion, { labels: pack.fusion.labels, calibration });
    return { ...describeOpinion(opinion, subset === 'both' ? ['voice', 'face'] : [subset]), ...also };
  }
  const pooled = pool(opinions);
  return pooled && { ...pooled, ...also };
}
