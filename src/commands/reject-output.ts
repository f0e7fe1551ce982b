/** What the reject commands print for people. */
import { between, shown } from '../core/figures/report-tables.ts';
import type { Stimulus } from '../core/manifest-votes.ts';
import { ENOUGH, type Gain, type Gains } from '../core/reject/gain.ts';
import type { LabelCurve } from '../core/reject/label-curve.ts';
import type { Beside, Transfer } from '../core/reject/transfer.ts';
import type { Label, ModalitySubset, RejectRule, RiskLadder } from '../domain.ts';
import type { IntervalOptions } from './evaluation.ts';
import { columns } from './evaluation-output.ts';
import type { LadderStep } from './reject-ladder.ts';
import type { RejectGiven } from './reject-options.ts';

/** The curve as a table. */
export function curveLines(
  { points, aurc, eaurc }: LabelCurve,
  { given, from, n }: { readonly given: RejectGiven; readonly from: Stimulus; readonly n: number },
): readonly string[] {
  return [
    `${n} clips of ${given.corpusFile}, ${given.modality}, rejected by ${given.by}${from === given.modality ? '' : ` of ${from}`}`,
    '',
    ...columns([
      ['coverage', 'threshold', 'risk', 'macro F1'],
      ...points.map(({ coverage, threshold, risk, macroF1 }) => [coverage, threshold, risk, macroF1].map(shown)),
    ]),
    '',
    `  area under risk (AURC) ${aurc.toFixed(4)}, of which ${eaurc.toFixed(4)} is in excess of the best order (E-AURC)`,
  ];
}

/** The surest clips beside all. */
export function gainLines(
  gains: Gains,
  labels: readonly Label[],
  { resamples, group }: IntervalOptions,
): readonly string[] {
  const cells = (gain: Gain) => [shown(gain.all), shown(gain.accepted), between(gain.difference)];
  const told = (gain: Gain, clips: number) => (clips < ENOUGH ? [shown(gain.all), 'too few', '–'] : cells(gain));
  const of = group === undefined ? 'clips' : `clips by ${group}`;
  return [
    '',
    `  the surest ${(100 * gains.coverage).toFixed(1)} % beside all; 95 % intervals of the difference, ${resamples} resamples of ${of}`,
    ...columns([
      ['figure', 'all', 'accepted', 'difference'],
      ['risk', ...cells(gains.risk)],
      ['macro F1', ...cells(gains.macroF1)],
    ]),
    '',
    `  by label: F1 with clips rejected by the label's own margin, risk where it is said first, rejected as above; told from ${ENOUGH} accepted clips`,
    ...columns([
      [
        'label',
        'present',
        'accepted',
        'F1 all',
        'F1 accepted',
        'difference',
        'said',
        'risk all',
        'risk accepted',
        'difference',
      ],
      ...labels.flatMap((label, k) => {
        const of = gains.perLabel[k];
        if (of === undefined) return [];
        return [
          [
            label,
            String(of.present),
            String(of.acceptedPresent),
            ...told(of.f1, of.acceptedPresent),
            String(of.acceptedFirst),
            ...told(of.risk, of.acceptedFirst),
          ],
        ];
      }),
    ]),
  ];
}

/** The surest clips by the doubt of another modality, beside those by their own. */
export function transferLines(
  { risk, macroF1 }: Transfer,
  { given: { modality }, from }: { readonly given: RejectGiven; readonly from: Stimulus },
): readonly string[] {
  const cells = ({ own, transferred, difference }: Beside) => [shown(own), shown(transferred), between(difference)];
  return [
    '',
    `  what is accepted by the doubt of ${modality} itself and by that of ${from}; 95 % intervals of the difference`,
    ...columns([
      ['figure', `by ${modality}`, `by ${from}`, 'difference'],
      ['risk', ...cells(risk)],
      ['macro F1', ...cells(macroF1)],
    ]),
  ];
}

/** What a pack's rule says, in a sentence: `a face clip is rejected where ...`. */
export function ruleWords(
  subset: ModalitySubset,
  { score, threshold, promise, ladder }: RejectRule,
): readonly string[] {
  const what = {
    entropy: 'the entropy of its shares',
    confidence: '1 - its greatest probability',
    disagreement: "raters' predicted disagreement",
  };
  const limit =
    typeof threshold === 'number'
      ? `is above ${shown(threshold)}`
      : `is above that of its most probable label (${Object.entries(threshold)
          .map(([label, most]) => `${label} ${shown(most)}`)
          .join(', ')}; no other label is accepted)`;
  const { risk, coverage, delta, per, n, accepted, wrong, clips } = promise;
  const each = per === undefined ? '' : per === 'label' ? ', for each label' : `, for each ${per}`;
  const promised = [
    ...(risk === undefined ? [] : [`at most ${percent(risk)} of what is accepted is wrong${each}`]),
    ...(coverage === undefined ? [] : [`at least ${percent(coverage)} is accepted`]),
  ].join(', and ');
  const whose = { voice: 'voice alone', face: 'face alone', both: 'voice and face' }[subset];
  return [
    `judged by ${whose}, a clip is rejected where its most probable label is not present, or ${what[score]} ${limit}`,
    `  promised for clips like ${clips}: ${promised}, but for ${percent(delta)} of calibration sets`,
    `  seen there: ${accepted} of ${n} accepted, ${wrong} of them wrong`,
    ...(ladder === undefined ? [] : ladderLines(ladder, promise.per)),
  ];
}

/** A ladder as a table of what was seen in the clips it was fitted on. */
function ladderLines({ delta, rungs }: RiskLadder, per: string | undefined): readonly string[] {
  return [
    `  a page may choose another limit; all of these hold at once, but for ${percent(delta)} of calibration sets${per === undefined ? '' : `, for each ${per}`}:`,
    ...columns([
      ['at most wrong', 'above', 'accepted', 'wrong'],
      ...rungs.map(({ risk, threshold, accepted, wrong }) => [
        percent(risk),
        typeof threshold === 'number' ? shown(threshold) : 'by label',
        String(accepted),
        String(wrong),
      ]),
    ]).map((line) => `  ${line}`),
  ];
}

/** The pack's rule and ladder on clips at hand, as a table. */
export function stepLines(steps: readonly LadderStep[]): readonly string[] {
  return [
    '',
    '  what the pack promises, and what these clips show; its own rule is marked',
    ...columns([
      ['at most wrong', 'coverage', 'risk', 'accepted', 'wrong', ''],
      ...steps.map(({ promised, coverage, risk, accepted, wrong, rule }) => [
        promised === null ? '–' : percent(promised),
        shown(coverage),
        shown(risk ?? NaN),
        String(accepted),
        String(wrong),
        rule ? 'rule' : '',
      ]),
    ]),
  ];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(6))} %`;
