/** Why there is no verdict, in words for people. Pages, command line and reports all read this one table. */
import type { VerdictJson } from '../src/protocol.ts';

type RejectReason = NonNullable<VerdictJson['reason']>;
type MissingReason = NonNullable<VerdictJson['missing']['voice']>;

/**
 * Words for every reason to reject a window and for every reason that one modality was not judged.
 * @example `No verdict: ${REASON_WORDS['no-speech']}` // 'No verdict: no speech'
 */
export const REASON_WORDS: Readonly<Record<RejectReason | MissingReason, string>> = {
  'not-consented': 'no consent',
  'no-speech': 'no speech',
  'no-face': 'no face in view',
  'poor-face': 'face too small, turned, blurred or dark',
  'no-media': 'no sound or picture arrived',
  'out-of-distribution': 'unlike what the model has learned from',
  'low-confidence': 'not sure enough',
  stale: 'too old when its turn came',
  overload: 'skipped, the host could not keep up',
  'inference-failed': 'the model failed',
  off: 'not sent',
  muted: 'muted',
};
