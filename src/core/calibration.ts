import type { Label, PackNetwork, PerLabel } from '../domain.ts';
import { logit, sigmoid, softmax } from './probability.ts';

/** What one modality says: shares sum to 1 over the network's labels, probabilities are calibrated per label. */
export interface Opinion {
  readonly labels: readonly Label[];
  readonly shares: PerLabel;
  readonly probabilities: PerLabel;
}

/**
 * From a network's logits to calibrated probabilities: `share = softmax(logits)`, `probability = sigmoid(a logit(share) +
 * b)` with the pack's a and b per label (Platt scaling of the share; after paper 1, section 3.4, which scales per emotion).
 * A pack is checked at load to have a scaling for every label of the network.
 *
 * @param logits one number a label, in the network's order, all finite.
 * @example const { probabilities } = calibrate(logits.face, pack.networks.face);
 */
export function calibrate(logits: Float32Array, network: PackNetwork): Opinion {
  const shares: Partial<Record<Label, number>> = {};
  const probabilities: Partial<Record<Label, number>> = {};
  const distribution = softmax(logits);
  network.labels.forEach((label, i) => {
    const share = distribution[i] ?? 0;
    const { a, b } = network.calibration[label] ?? { a: 1, b: 0 };
    shares[label] = share;
    probabilities[label] = sigmoid(a * logit(share) + b);
  });
  return { labels: network.labels, shares, probabilities };
}
