/** What was said, as a limit of the viewer's own would have it. The room's decisions stay what they are. */
import type { VerdictJson, VerdictMessage } from '../../src/protocol.ts';
import { cut, UNCUT } from './cut.ts';
import type { CutState } from './cut.ts';
import { stepName } from './limits.ts';
import type { Limits } from './limits.ts';
import { HISTORY_SEGMENTS } from './store.ts';
import type { ParticipantView } from './store.ts';

/** A way to look at participants. */
export interface Lens {
  /** The limit, as in `5 %`; null where it is the room's own. */
  readonly name: string | null;
  /** The participant under that limit. The same answer for the same participant. */
  readonly show: (participant: ParticipantView) => ParticipantView;
}

/** The lens of a step; that of the room shows participants as they are. */
export function lensOf(limits: Limits, place: number): Lens {
  const step = limits.steps[place];
  if (step === undefined || step.isRoom) return { name: null, show: (participant) => participant };
  const shown = new WeakMap<ParticipantView, ParticipantView>();
  const seen = new WeakMap<VerdictMessage, VerdictMessage>();
  const cuts = new Map<string, Cut>();
  const see = (message: VerdictMessage) => {
    const known =
      seen.get(message) ?? withVerdict(message, under(message.verdict, limits.accepts(message.verdict, place)));
    seen.set(message, known);
    return known;
  };
  const show = (participant: ParticipantView): ParticipantView => {
    const known = shown.get(participant);
    if (known !== undefined) return known;
    const verdicts = participant.verdicts.map(see);
    const next = cutFurther(cuts.get(participant.state.id), verdicts);
    cuts.set(participant.state.id, next);
    const result = { ...participant, verdicts, segments: next.state.segments };
    shown.set(participant, result);
    return result;
  };
  return { name: stepName(step), show };
}

/**
 * A verdict as it would have been decided.
 * @param accepts null where the limit has no say: the verdict stays.
 */
export function under(verdict: VerdictJson, accepts: boolean | null): VerdictJson {
  if (accepts === null || accepts === (verdict.status === 'accepted')) return verdict;
  const { withheld = [], ...rest } = verdict;
  return accepts
    ? { ...rest, status: 'accepted', reason: null, labels: withheld }
    : { ...rest, status: 'rejected', reason: 'low-confidence', labels: [], withheld: verdict.labels };
}

function withVerdict(message: VerdictMessage, verdict: VerdictJson): VerdictMessage {
  return verdict === message.verdict ? message : { ...message, verdict };
}

/** Segments as far as they were cut. */
interface Cut {
  readonly last: VerdictMessage | undefined;
  readonly state: CutState;
}

/** Goes on from the verdict that was last; begins again where that is no longer there. */
function cutFurther(known: Cut | undefined, verdicts: readonly VerdictMessage[]): Cut {
  const at = known?.last === undefined ? -1 : verdicts.lastIndexOf(known.last);
  const begun = known !== undefined && at !== -1 ? known.state : UNCUT;
  const later = verdicts.slice(at + 1);
  const state = later.reduce((before, { verdict }) => cut(before, verdict, HISTORY_SEGMENTS), begun);
  return { last: verdicts.at(-1), state };
}
