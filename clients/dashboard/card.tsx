/** One participant: who, what is sent, how late, the headline, the chart. */
import { useComputed, useSignal } from '@preact/signals';
import type { ReadonlySignal } from '@preact/signals';
import { Fragment } from 'preact';
import type { ParticipantState } from '../../src/protocol.ts';
import { ChartPanel } from './chart-panel.tsx';
import { readout } from './chart-words.ts';
import type { Greeting } from './follow.ts';
import { two } from './format.ts';
import { headlineOf, spoken } from './headline.ts';
import type { Headline } from './headline.ts';
import type { Lens } from './lens.ts';
import { CoverageLine } from './limit-panel.tsx';
import { nameAt } from './limits.ts';
import type { Limits } from './limits.ts';
import { PerceptionPanel } from './perception-panel.tsx';
import type { ParticipantView, RoomView } from './store.ts';
import { NOTHING } from './tally.ts';
import type { Label } from './trace.ts';

/** What a card needs to know. */
export interface CardProps {
  readonly id: string;
  readonly view: ReadonlySignal<RoomView>;
  readonly nowMs: ReadonlySignal<number>;
  readonly greeting: Greeting;
  readonly limits: Limits;
  /** Where the slider stands, and how that shows participants. */
  readonly place: ReadonlySignal<number>;
  readonly lens: ReadonlySignal<Lens>;
}

/** A participant's card; nothing when the participant is gone. */
export function Card({ id, view, nowMs, greeting, limits, place, lens }: CardProps) {
  const pointedMs = useSignal<number | null>(null);
  // Of all that the view says, a card is drawn anew for its own participant's news alone.
  const decided = useComputed(() => view.value.participants.get(id)).value;
  const unknownSinceMs = useComputed(() => view.value.unknownSinceMs).value;
  // Once a second, together with the room's count, so that the two agree.
  const seen = useComputed(() => (nowMs.value, view.peek().participants.get(id)?.seen ?? NOTHING)).value;
  if (decided === undefined) return null;
  const { name } = lens.value;
  const participant = lens.value.show(decided);
  const { state } = participant;
  const own = name === null ? null : { name, decided: decided.verdicts.at(-1)?.verdict, limits };
  const headline = headlineOf(participant, unknownSinceMs, nowMs.value, own);
  const withheld = headline.kind === 'withheld';
  const latest = participant.verdicts.at(-1)?.verdict;
  return (
    <article class="card" data-kind={headline.kind} aria-labelledby={`name-${id}`}>
      <header class="who">
        <div class="name">
          <h2 id={`name-${id}`} title={state.name}>
            {state.name}
          </h2>
          <span class="quiet role" title={`${state.role}: the part this person plays in the room`}>
            {state.role}
          </span>
        </div>
        {!withheld && <Senses state={state} />}
        {!withheld && <Lag participant={participant} greeting={greeting} known={headline.kind !== 'unknown'} />}
      </header>
      <HeadlineRow headline={headline} thresholds={latest?.thresholds ?? greeting.server.pack.thresholds} />
      {!withheld && (
        <p class="detail quiet">{pointedMs.value === null ? headline.detail : readout(participant, pointedMs.value)}</p>
      )}
      <p class="unseen" aria-live="polite" aria-atomic="true">
        {spoken(participant, headline)}
      </p>
      {!withheld && (
        <div class="seen">
          <ChartPanel
            view={view}
            nowMs={nowMs}
            id={id}
            lens={lens}
            pointedMs={pointedMs}
            cadence={greeting.server}
            thresholds={greeting.server.pack.thresholds}
          />
          <PerceptionPanel verdict={latest} />
        </div>
      )}
      {!withheld && limits.steps.length > 1 && (
        <CoverageLine seen={seen} place={place.value} name={nameAt(limits, place.value)} />
      )}
    </article>
  );
}

function Senses({ state }: { readonly state: ParticipantState }) {
  return (
    <ul class="senses">
      <Sense name="voice" state={state.microphone} source="microphone" />
      <Sense name="face" state={state.camera} source="camera" />
    </ul>
  );
}

function Sense({ name, state, source }: { name: 'voice' | 'face'; state: ParticipantState['camera']; source: string }) {
  const words = wordOf(name, state);
  return (
    <li data-on={state === 'live'} title={`The ${source} is ${state === 'live' ? 'sent' : words}`}>
      {name} <span class="state">{words}</span>
    </li>
  );
}

/** A microphone is muted; a camera that is held back is off. */
function wordOf(name: 'voice' | 'face', state: ParticipantState['camera']): string {
  if (state === 'live') return 'on';
  return name === 'voice' ? state : 'off';
}

function Lag({ participant, greeting, known }: { participant: ParticipantView; greeting: Greeting; known: boolean }) {
  const { lagMs } = participant;
  const total = lagMs === null || !known ? null : Math.max(0, Math.round(lagMs + greeting.roundTripMs / 2));
  const analysed = participant.verdicts.at(-1)?.latencyMs;
  const source =
    analysed === undefined
      ? 'Time from the end of a window to its verdict on this page'
      : `Time from the end of a window to its verdict on this page: ${Math.round(analysed)} ms to analyse, the rest to travel`;
  return (
    <span class="lag" title={source}>
      <span class="quiet">lag</span> <span class="number">{total ?? '—'}</span>
      <span class="quiet"> ms</span>
    </span>
  );
}

type Thresholds = Greeting['server']['pack']['thresholds'];

function HeadlineRow({ headline, thresholds }: { readonly headline: Headline; readonly thresholds: Thresholds }) {
  const { lead, labels, aside } = headline;
  return (
    <div class="verdict">
      <p class="headline">
        <span class="lead">{lead}</span>
        {labels.map(({ label, probability }) => (
          <Fragment key={label}>
            {' '}
            <span class="chip" title={meaning(label, probability, thresholds[label])}>
              <span class="swatch" data-label={label} />
              {label} <span class="number">{two(probability)}</span>
            </span>
          </Fragment>
        ))}
      </p>
      <p class="aside quiet">{aside}</p>
    </div>
  );
}

function meaning(label: Label, probability: number, threshold: number | undefined): string {
  const above = threshold === undefined ? '' : `; ${label} is said from ${two(threshold)}`;
  return `Calibrated probability ${two(probability)} that raters would perceive ${label} in this window${above}`;
}
