/** Encoded clips as rows to learn from and to judge on. */
import type { FusionRow, FusionSource } from '../../models/toolkit/train/fusion-rows.ts';
import { integerBelow } from '../../src/core/random.ts';
import type { EncodedClip } from './clips.ts';

/** Which modalities a system is judged by. */
export type Subset = 'voice' | 'face' | 'both';

/** Standardises action units by the clips that are learned from. */
export function standardised(learned: readonly EncodedClip[]): (units: Float32Array) => Float32Array {
  const columns = learned[0]?.units.length ?? 0;
  const figures = Array.from({ length: columns }, (_, k) => {
    const values = learned.map(({ units }) => units[k] ?? 0);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance) + 1e-6 };
  });
  return (units) =>
    units.map((x, k) => {
      const { mean, deviation } = figures[k] ?? { mean: 0, deviation: 1 };
      // A unit that hardly anyone of the learned moves must not shout when somebody does.
      return Math.max(-4, Math.min(4, (x - mean) / deviation));
    });
}

/** Rows to learn from. RAVDESS has one intended label a clip: it stands for what voice, face and both would be told. */
export function clipSource(
  clips: readonly EncodedClip[],
  standardise: (units: Float32Array) => Float32Array,
): FusionSource {
  const faces = clips.map(({ units }) => standardise(units));
  return {
    length: clips.length,
    draw(index, random) {
      const { heard = [], example } = clips[index] ?? {};
      const target = example?.target;
      return {
        voice: heard[integerBelow(random, heard.length)]?.embedding ?? null,
        face: faces[index] ?? null,
        targets: target ? { voice: target, face: target, av: target } : {},
      };
    },
    targets: () => clips.map(({ example }) => example.target),
  };
}

/** Rows to judge on: one for each time that the voice was heard, each with the clip's face, of the modalities that the subset has. */
export function windowRows(
  { heard, units }: EncodedClip,
  standardise: (units: Float32Array) => Float32Array,
  subset: Subset,
): readonly FusionRow[] {
  const face = subset === 'voice' ? null : standardise(units);
  const voices = subset === 'face' ? [null] : heard.map(({ embedding }) => embedding);
  return voices.map((voice) => ({ voice, face, targets: {} }));
}
