/** Before and after of a proposal. */
import { recalibrationReport } from '../../src/protocol/api/loop.ts';
import type { RecalibrationJson } from '../../src/protocol/api/loop.ts';
import type { OperationAnswer } from '../../src/protocol/api.ts';

type Subset = RecalibrationJson['subsets'][number];
type Comparison = NonNullable<Subset['all']>;
type Figure = keyof Comparison;

/** What each figure is called, what it means, and whether less of it is better; null: neither is. */
const FIGURES: Readonly<Record<Figure, readonly [name: string, meaning: string, lessIsBetter: boolean | null]>> = {
  ece: [
    'calibration error',
    'Mean distance between a probability and how often it came true, 15 bins, over labels',
    true,
  ],
  brier: ['Brier score', 'Mean squared distance of probabilities from what reviewers perceived', true],
  risk: ['wrong among accepted', 'Share of accepted verdicts whose first label most reviewers do not name', true],
  coverage: ['accepted', 'Share of judged segments that get a verdict', null],
  aurc: ['risk over all coverages', 'Area under the risk-coverage curve', true],
  macroF1: ['macro-F1', 'F1 of the labels above their thresholds, mean over labels', false],
};
const SUBSETS: Readonly<Record<Subset['subset'], string>> = {
  voice: 'Voice alone',
  face: 'Face alone',
  both: 'Voice and face',
};

/** The report that a calibration was proposed with. */
export function Report({ report }: Pick<OperationAnswer<'calibrations'>['calibrations'][number], 'report'>) {
  const parsed = recalibrationReport.safeParse(report);
  if (!parsed.success) return <p class="quiet">This report was written by another version and cannot be shown.</p>;
  return (
    <>
      {parsed.data.subsets.map((subset) => (
        <SubsetReport key={subset.subset} subset={subset} />
      ))}
    </>
  );
}

function SubsetReport({ subset }: { readonly subset: Subset }) {
  const { items, participants, refusal, all, audit, labels, groups, rule } = subset;
  return (
    <div class="subset" role="group" aria-label={SUBSETS[subset.subset]}>
      <h3>{SUBSETS[subset.subset]}</h3>
      <p class="quiet">
        {items} answered items of {participants} participants.
        {refusal !== null && ` Left as it is: ${refusal.why}`}
      </p>
      {all !== null && (
        <Figures caption="All segments, each answer weighed by how likely it was to be asked for" comparison={all} />
      )}
      {audit !== null && <Figures caption="The audit share: accepted segments drawn at random" comparison={audit} />}
      {rule?.found === true && (
        <p>
          Of what is accepted at most {percent(rule.risk)} is wrong; that fails for at most {percent(rule.delta)} of
          such fits.
        </p>
      )}
      {labels.length > 0 && (
        <details>
          <summary>By label</summary>
          <Labels labels={labels} />
        </details>
      )}
      {groups.length > 1 && (
        <details>
          <summary>By room and part</summary>
          {groups.map(({ by, group, figures }) => (
            <Figures
              key={`${by} ${group}`}
              caption={`${by === 'room' ? 'Room' : 'Part'} ${group}`}
              comparison={figures}
            />
          ))}
        </details>
      )}
    </div>
  );
}

function Labels({ labels }: Pick<Subset, 'labels'>) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Labels before and after">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">label</th>
            <th scope="col" title="Reviewed items in which most reviewers name it">
              present
            </th>
            <th scope="col" title="Probability above which the label is said">
              threshold
            </th>
            <th scope="col">calibration error</th>
            <th scope="col">Brier score</th>
          </tr>
        </thead>
        <tbody>
          {labels.map(({ label, present, changed, thresholdBefore, thresholdAfter, ece, brier }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="number">{present}</td>
              {changed ? (
                <>
                  <td class="number">{change(thresholdBefore, thresholdAfter)}</td>
                  <td class="number">{change(ece.before, ece.after)}</td>
                  <td class="number">{change(brier.before, brier.after)}</td>
                </>
              ) : (
                <td colSpan={3} class="quiet">
                  stays as it is, for want of a clear gain
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const change = (before: number | null, after: number | null): string => `${three(before)} → ${three(after)}`;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function Figures({ caption, comparison }: { readonly caption: string; readonly comparison: Comparison }) {
  return (
    <table class="figures">
      <caption class="quiet">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">figure</th>
          <th scope="col">before</th>
          <th scope="col">after</th>
          <th scope="col" title="95 % interval of after − before, over participants">
            change
          </th>
        </tr>
      </thead>
      <tbody>
        {(Object.keys(FIGURES) as Figure[]).map((figure) => {
          const [name, meaning, lessIsBetter] = FIGURES[figure];
          const { before, after, difference } = comparison[figure];
          return (
            <tr key={figure} title={meaning}>
              <th scope="row">{name}</th>
              <td class="number">{three(before)}</td>
              <td class="number">{three(after)}</td>
              <td class="number">
                {difference === null ? '—' : `${signedThree(difference[0])} to ${signedThree(difference[1])}`}
                {difference !== null && <span class="quiet"> {verdictOn(difference, lessIsBetter)}</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** In words, so that nobody has to remember which way is better. */
function verdictOn([low, high]: readonly [number, number], lessIsBetter: boolean | null): string {
  if (low <= 0 && high >= 0) return 'no clear change';
  if (lessIsBetter === null) return low > 0 ? 'more' : 'less';
  return low > 0 === lessIsBetter ? 'worse' : 'better';
}

const three = (value: number | null): string => (value === null ? '—' : value.toFixed(3));
const signedThree = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
