import type { HeadLogits, Label, PackNetwork, PerLabel } from '../domain.ts';
import { applyCalibration } from './calibrators/label-calibration.ts';
import { sigmoid, softmax } from './probability.ts';

/** What one network says: shares sum to 1 over its labels, probabilities are calibrated per label. */
export interface Opinion {
  readonly labels: readonly Label[];
  readonly shares: PerLabel;
  readonly probabilities: PerLabel;
}

/**
 * From a network's two heads to calibrated probabilities: `share = softmax(shareLogits)`, and `probability` the label's
 * calibration of `sigmoid(presenceLogits)` (paper 1, section 3.4, which scales per emotion). A pack is checked at load
 * to have a calibration for every label of the network.
 *
 * @param heads one number a label in each, in the network's order, all finite.
 * @example const { probabilities } = calibrate(logits.face, pack.networks.face);
 */
export function calibrate({ shareLogits, presenceLogits }: HeadLogits, network: PackNetwork): Opinion {
  const shares: Partial<Record<Label, number>> = {};
  const probabilities: Partial<Record<Label, number>> = {};
  const distribution = softmax(shareLogits);
  network.labels.forEach((label, i) => {
    shares[label] = distribution[i] ?? 0;
    const presence = sigmoid(presenceLogits[i] ?? 0);
    const calibration = network.calibration[label];
    probabilities[label] = calibration === undefined ? presence : applyCalibration(calibration, presence);
  });
  return { labels: network.labels, shares, probabilities };
}
