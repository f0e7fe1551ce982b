import { UndertoneError } from '../errors.ts';
import type { Command } from './command.ts';
import { rejectCurve } from './reject-curve.ts';
import { rejectFit } from './reject-fit.ts';
import { SCORING_OPTIONS } from './scoring-options.ts';

/** `undertone reject`. */
export const reject: Command = {
  usage: 'reject curve|fit --pack DIR --corpus FILE --modality voice|face|av',
  about: [
    'What abstaining buys, and how much of it can be promised (docs/reject.md).',
    'curve: risk and macro-F1 of what is still accepted, as the most doubted clips are rejected first.',
    'fit:   chooses the threshold from a calibration set so that at most a share of accepted verdicts is wrong (--risk), or so',
    '       that at least a share is accepted (--coverage), and writes the pack with that rule. Use clips that no network of',
    '       the pack has learned from.',
  ],
  options: {
    pack: { value: 'DIR', help: 'folder of the model pack' },
    corpus: { value: 'FILE', help: 'a corpus manifest (.jsonl)' },
    modality: { value: 'NAME', help: 'what the pack is given, and whose votes count: voice, face or av (both)' },
    by: {
      value: 'NAME',
      help: 'what orders the rejects: confidence, entropy or disagreement of raters (default: confidence)',
    },
    from: { value: 'NAME', help: 'curve: doubt of voice, face or av in place of --modality (uncertainty transfer)' },
    at: { value: 'SHARE', help: 'curve: the surest share of clips beside all, label by label, for example 0.6' },
    svg: { value: 'FILE', help: 'curve: draw risk by coverage' },
    group: { value: 'KEY', help: 'curve --at: intervals by resampling whole groups, for example speaker' },
    resamples: { value: 'N', help: 'curve --at: resamples behind the intervals (default: 1000)' },
    risk: { value: 'SHARE', help: 'fit: at most this share of accepted verdicts wrong, for example 0.10' },
    coverage: { value: 'SHARE', help: 'fit: at least this share of clips accepted' },
    delta: { value: 'SHARE', help: 'fit: the promise may fail for this share of calibration sets (default: 0.1)' },
    per: { value: 'KEY', help: "fit: the risk holds for each label ('label'), speaker, language or demographic group" },
    out: { value: 'DIR2', help: 'fit: folder that gets the pack with the rule; it must not be there yet' },
    force: { help: 'fit: replace a pack that is in that folder' },
    ...SCORING_OPTIONS,
    json: { help: 'print one JSON object' },
  },
  arguments: 1,
  async run(invocation) {
    const [action = ''] = invocation.positionals;
    const own = { curve: CURVE_ONLY, fit: FIT_ONLY };
    if (action !== 'curve' && action !== 'fit')
      throw new UndertoneError('config-invalid', `'${action}' is neither curve nor fit: choose one`);
    const others = own[action === 'curve' ? 'fit' : 'curve'];
    const odd = others.find((option) => invocation.text(option) !== undefined || invocation.has(option));
    if (odd !== undefined)
      throw new UndertoneError('config-invalid', `--${odd} is not for reject ${action}: leave it out`);
    return action === 'curve' ? rejectCurve(invocation) : rejectFit(invocation);
  },
};

const CURVE_ONLY = ['from', 'at', 'svg', 'group', 'resamples'] as const;
const FIT_ONLY = ['risk', 'coverage', 'delta', 'per', 'out', 'force'] as const;
