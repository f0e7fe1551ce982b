/** What the panel of valence and arousal says in words: for its tooltip, and for those who cannot see it. */
import type { VerdictJson } from '../../src/protocol.ts';
import { signed, two } from './format.ts';

/** What a verdict says beyond labels. */
export type Perception = NonNullable<VerdictJson['perception']>;

/** Who says it; both words keep `derived`, as nobody was asked for scores. */
const SOURCES: Readonly<Record<Perception['source'], string>> = {
  derived: 'Derived from the shares of labels; nobody was asked for scores.',
  'network-derived':
    'Said by a network from the voice or the face alone. It learned scores that were derived from raters’ votes; nobody was asked for them.',
};

/** The panel's tooltip: what it shows, each number with its ends and its uncertainty, and who says so. */
export function meaningOf(perception: Perception): string {
  const { attributes, source } = perception;
  const lines = (['valence', 'arousal', 'dominance'] as const).map((name) => {
    const { mean, low, high, uncertainty, meanRange } = attributes[name];
    const range = meanRange ? `, likely ${signed(meanRange.low)} to ${signed(meanRange.high)}` : '';
    return `${name} ${signed(mean)}${range}; nine of ten raters from ${signed(low)} to ${signed(high)}; uncertainty ${two(uncertainty)} of ${MOST} nats`;
  });
  return [SHOWN, ...lines, SOURCES[source]].join('\n');
}

/** The panel in a sentence. */
export function sentenceOf({ attributes, disagreement, source }: Perception): string {
  const each = (['valence', 'arousal', 'dominance'] as const).map((name) => {
    const { mean, low, high } = attributes[name];
    return `${name} ${signed(mean)}, from ${signed(low)} to ${signed(high)}`;
  });
  const [first = '', ...rest] = source;
  return `${first.toUpperCase()}${rest.join('')}: ${each.join('; ')}; raters split ${two(disagreement)}`;
}

/** Entropy of raters who are spread over all seven parts of the scale alike. */
const MOST = two(Math.log(7));

const SHOWN =
  'Where raters would place what is expressed: unpleasant to pleasant from left to right, calm to excited from bottom to top. ' +
  'A dot’s area is the share of raters.';
