/** Where a prediction's uncertainty comes from: the voice, the face, or that they contradict each other. */
import type { Label, UncertaintySources } from '../domain.ts';
import type { Opinion } from './calibration.ts';
import type { Opinions } from './fusion.ts';
import { divergences } from './metrics/divergences.ts';
import { entropy } from './probability.ts';

/**
 * Uncertainty by source, in nats: the entropy of what each modality says alone, and, where both speak, how far they
 * contradict each other: the Jensen-Shannon divergence of their shares over the labels that both know, 0 to ln 2.
 * @example sourcesOf({ voice: calibrate(v, networks.voice), face: calibrate(f, networks.face) }).conflict; // 0.12
 */
export function sourcesOf({ voice, face }: Opinions): UncertaintySources {
  const common = voice?.labels.filter((label) => face?.labels.includes(label)) ?? [];
  const heard = voice && distribution(voice, common);
  const seen = face && distribution(face, common);
  return {
    ...(voice && { voice: entropyOf(voice) }),
    ...(face && { face: entropyOf(face) }),
    ...(heard && seen && { conflict: Math.max(0, divergences([heard], [seen]).jsd) }),
  };
}

function entropyOf({ labels, shares }: Opinion): number {
  return entropy(labels.map((label) => shares[label] ?? 0));
}

/** Shares given that it is one of `labels`; null where there is next to nothing on them. */
function distribution({ shares }: Opinion, labels: readonly Label[]): readonly number[] | null {
  const some = labels.map((label) => shares[label] ?? 0);
  const total = some.reduce((sum, share) => sum + share, 0);
  return total > 1e-6 ? some.map((share) => share / total) : null;
}
