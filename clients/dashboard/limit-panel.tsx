/** The slider of accepted error: what a limit of the viewer's own would accept of what was seen so far. */
import { useComputed } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { Results } from '../../src/protocol.ts';
import { percent, share } from './format.ts';
import { stepName, stepWords } from './limits.ts';
import type { Limits } from './limits.ts';
import type { RoomView } from './store.ts';
import { coverage, plus } from './tally.ts';
import type { Tally } from './tally.ts';

/** What the slider needs to know. */
export interface LimitPanelProps {
  readonly limits: Limits;
  /** Where the slider stands, by step. */
  readonly place: Signal<number>;
  readonly view: ReadonlySignal<RoomView>;
  readonly nowMs: ReadonlySignal<number>;
  readonly pack: Results['hello']['pack'];
}

/** The slider and what it comes to, for the whole room. */
export function LimitPanel({ limits, place, view, nowMs, pack }: LimitPanelProps) {
  const { steps, room } = limits;
  const step = steps[place.value];
  const own = steps[room];
  // Once a second is often enough for numbers that are read.
  const seen = useComputed(() => (nowMs.value, seenIn(view.peek()))).value;
  if (step === undefined || own === undefined) return null;
  const move = (to: number) => (place.value = to);
  return (
    <section class="limit" aria-label="Accepted error">
      <div class="limit-control">
        <label for="limit" title={promiseWords(pack)}>
          Wrong among accepted, at most
        </label>
        <input
          id="limit"
          type="range"
          min={0}
          max={steps.length - 1}
          step={1}
          value={place.value}
          aria-valuetext={stepWords(step)}
          aria-describedby="limit-shown"
          onInput={(event) => move(Number(event.currentTarget.value))}
        />
        <div class="limit-steps" aria-hidden="true">
          {steps.map((each) => (
            <span key={stepWords(each)} data-room={each.isRoom} data-here={each === step}>
              {stepName(each)}
              {each.isRoom && <span>room</span>}
            </span>
          ))}
        </div>
      </div>
      <div class="limit-words">
        <p>
          <span role="status" id="limit-shown">
            {step.isRoom
              ? `Shown as the room decides: ${own.risk === null ? 'by its own rule' : `at ${stepName(own)}`}`
              : `Shown here at ${stepName(step)}; the room decides ${own.risk === null ? 'by its own rule' : `at ${stepName(own)}`}`}
          </span>
          <button type="button" disabled={step.isRoom} onClick={() => move(room)} title="Show what the room decided">
            As the room
          </button>
        </p>
        <p title={COVERAGE_MEANS}>{coverageWords(seen, place.value, stepName(step))}</p>
        <p class="quiet" title={WITHOUT_MEANS}>
          {withoutWords(limits, seen)}
        </p>
      </div>
    </section>
  );
}

/** How much of one participant's judged windows a step accepts; the place is kept before the first. */
export function CoverageLine({
  seen,
  place,
  name,
}: {
  readonly seen: Tally;
  readonly place: number;
  readonly name: string;
}) {
  return (
    <p class="coverage quiet" title={COVERAGE_MEANS}>
      {coverageWords(seen, place, name)}
    </p>
  );
}

const COVERAGE_MEANS =
  'Of the windows judged since this page was opened, and the minute before, the share that would be accepted at this limit. Counted by ' +
  'this page; the model pack says how far a verdict may be doubted.';

function coverageWords(seen: Tally, place: number, name: string): string {
  const accepted = coverage(seen, place);
  if (accepted === null) return 'No window judged yet where a limit is promised';
  return `${share(accepted)} of ${seen.judged} judged ${seen.judged === 1 ? 'window' : 'windows'} accepted at ${name}`;
}

const WITHOUT_MEANS =
  'Windows of which the model promises no share of errors: their modalities have no rule with a promise, or a calibration by reviewers ' +
  'has changed their probabilities. The slider leaves them as they are, and they are not counted.';

/** What the slider has no say in. */
function withoutWords({ without }: Limits, { unruled }: Tally): string {
  if (unruled === 0) return '';
  const has = without.length === 0 ? '' : ` (${without.map((subset) => SUBSET_WORDS[subset]).join(', ')})`;
  return `${unruled} more judged without a promise${has}: shown as the room decides`;
}

const SUBSET_WORDS = { voice: 'voice alone', face: 'face alone', both: 'voice and face' };

/** What is promised, of what, and how that is known. */
function promiseWords({ name, version, reject = {} }: Results['hello']['pack']): string {
  const known = (['voice', 'face', 'both'] as const).flatMap((subset) => {
    const rule = reject[subset];
    if (rule?.ladder === undefined) return [];
    const { promise, ladder } = rule;
    return [
      `${SUBSET_WORDS[subset]}: ${promise.n} clips of ${promise.clips}, at once for all limits but for ${percent(ladder.delta)} of such sets`,
    ];
  });
  return `The share of accepted verdicts whose first label is not the raters’ first, at most. Model ${name}@${version} promises it for clips like those it was fitted on (${known.join('; ')}).`;
}

function seenIn({ participants, gone }: RoomView): Tally {
  return [...participants.values()].reduce((sum, { seen }) => plus(sum, seen), gone);
}
