import { withActions } from './actions.ts';
import { rejectCurve } from './reject-curve.ts';
import { rejectFit } from './reject-fit.ts';
import { SCORING_OPTIONS } from './scoring-options.ts';

/** `undertone reject`. */
export const reject = withActions({
  usage: 'reject curve|fit --pack DIR --corpus FILE --modality voice|face|av',
  about: [
    'What abstaining buys, and how much of it can be promised (docs/reject.md).',
    'curve: risk and macro-F1 of what is still accepted, as the most doubted clips are rejected first.',
    'fit:   chooses the threshold from a calibration set so that at most a share of accepted verdicts is wrong (--risk), or so',
    '       that at least a share is accepted (--coverage), and writes the pack with that rule, and a ladder of other risks',
    '       beside it, among which a page may choose. Use clips that no network of the pack has learned from.',
  ],
  options: {
    pack: { value: 'DIR', help: 'folder of the model pack' },
    corpus: { value: 'FILE', help: 'a corpus manifest (.jsonl)' },
    modality: { value: 'NAME', help: 'what the pack is given, and whose votes count: voice, face or av (both)' },
    by: {
      value: 'NAME',
      help: 'what orders the rejects: confidence, entropy or disagreement of raters (default: confidence)',
    },
    from: {
      value: 'NAME',
      help: 'doubt of voice, face or av in place of --modality (uncertainty transfer)',
      only: ['curve'],
    },
    at: {
      value: 'SHARE',
      help: 'the surest share of clips beside all, label by label, for example 0.6',
      only: ['curve'],
    },
    ladder: { help: "what the pack's own rule and ladder promise, beside what these clips show", only: ['curve'] },
    svg: { value: 'FILE', help: 'draw risk by coverage', only: ['curve'] },
    group: {
      value: 'KEY',
      help: 'with --at, intervals by resampling whole groups, for example speaker',
      only: ['curve'],
    },
    resamples: { value: 'N', help: 'with --at, resamples behind the intervals (default: 1000)', only: ['curve'] },
    risk: { value: 'SHARE', help: 'at most this share of accepted verdicts wrong, for example 0.10', only: ['fit'] },
    coverage: { value: 'SHARE', help: 'at least this share of clips accepted', only: ['fit'] },
    delta: {
      value: 'SHARE',
      help: 'the promise may fail for this share of calibration sets (default: 0.1)',
      only: ['fit'],
    },
    per: {
      value: 'KEY',
      help: "the risk holds for each label ('label'), speaker, language or demographic group",
      only: ['fit'],
    },
    out: { value: 'DIR2', help: 'folder that gets the pack with the rule; it must not be there yet', only: ['fit'] },
    force: { help: 'replace a pack that is in that folder', only: ['fit'] },
    ...SCORING_OPTIONS,
    json: { help: 'print one JSON object' },
  },
  arguments: 1,
  actions: { curve: rejectCurve, fit: rejectFit },
});
