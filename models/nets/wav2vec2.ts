/** wav2vec 2.0 (Baevski et al. 2020): frames attend to one another by what they are alone. */
import type { Value } from '../graph/graph.ts';
import { type SpeechEncoding, speechStates, type SpeechSize } from './speech.ts';

/**
 * All hidden states, as `speechStates`.
 * @param samples [n, length], 16 kHz.
 * @param mask [n, length] or null.
 * @example stacked(wav2vec2(graph.input('samples', ['n', 'length']), null, size).states) // [n, 25, frames, 1024]
 */
export function wav2vec2(samples: Value, mask: Value | null, size: SpeechSize): SpeechEncoding {
  return speechStates(samples, mask, size);
}
