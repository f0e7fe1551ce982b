import { withActions } from './actions.ts';
import { referenceFit } from './reference-fit.ts';
import { referenceTable } from './reference-table.ts';
import { SCORING_OPTIONS } from './scoring-options.ts';

/** `undertone reference`. */
export const reference = withActions({
  usage: 'reference fit|table --pack DIR --corpus FILE --modality voice|face',
  about: [
    'What a pack was made for, so that what is unlike it is rejected as out-of-distribution (docs/drift.md).',
    'fit:   measures clips like those that the network learned from, and writes the pack with how far from them is too far.',
    'table: spoils clips in every known way, and tells how much of each is rejected without the reference and with it.',
  ],
  options: {
    pack: { value: 'DIR', help: 'folder of the model pack' },
    corpus: { value: 'FILES', help: 'corpus manifests (.jsonl), with commas between' },
    modality: { value: 'NAME', help: 'voice or face' },
    limit: { value: 'N', help: 'so many clips, spread evenly (default: all)' },
    alarms: { value: 'SHARE', help: 'share of clips like these that may be rejected (default: 0.005)', only: ['fit'] },
    out: {
      value: 'DIR2',
      help: 'folder that gets the pack with the reference; it must not be there yet',
      only: ['fit'],
    },
    force: { help: 'replace a pack that is in that folder', only: ['fit'] },
    ...SCORING_OPTIONS,
    json: { help: 'print one JSON object' },
  },
  arguments: 1,
  actions: { fit: referenceFit, table: referenceTable },
});
