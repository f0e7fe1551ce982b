/** The sentence at the top of a card: what is expressed, or why nothing can be said. Always in the same place. */
import type { ParticipantState, VerdictJson } from '../../src/protocol.ts';
import { REASON_WORDS } from '../words.ts';
import { clock, seconds } from './format.ts';
import type { Limits } from './limits.ts';
import type { ParticipantView } from './store.ts';
import type { Label } from './trace.ts';

/** Labels named in the headline; the chart shows the rest. */
const MOST_LABELS = 3;
/** A live participant of whom nothing is heard for this long is unknown, whatever the connection says. */
export const SILENT_MS = 5000;

/** What was judged longer ago is not worth a word, ms. */
const LONG_AGO_MS = 60_000;

/** The participant's signalling is lost; media goes another way and may still arrive. */
const LOST = 'connection lost, may come back';

/** A headline, ready to be shown. */
export interface Headline {
  /** `expressed`: accepted. `none`: rejected. `unknown`: what is shown may no longer hold. `withheld`: show nothing. */
  readonly kind: 'expressed' | 'none' | 'unknown' | 'withheld';
  /** 'Expressed:', or the whole sentence where there is no verdict. */
  readonly lead: string;
  readonly labels: readonly { readonly label: Label; readonly probability: number }[];
  /** At the right: how sure, or for how long. */
  readonly aside: string;
  /** A quieter line underneath. */
  readonly detail: string;
}

/** A limit of the viewer's own, and what the room decided of the newest window. */
export interface OwnLimit {
  /** As in `5 %`. */
  readonly name: string;
  readonly decided: VerdictJson | undefined;
  readonly limits: Pick<Limits, 'isUnruled'>;
}

/**
 * Word the headline of one participant as of `nowMs`; the room is unknown since `unknownSinceMs`, null while it is known.
 * @param own where participants are shown by a limit of the viewer's own; null where they are shown as the room decides.
 */
export function headlineOf(
  participant: ParticipantView,
  unknownSinceMs: number | null,
  nowMs: number,
  own: OwnLimit | null = null,
): Headline {
  const { state, leftMs, lostMs, heardMs } = participant;
  const latest = participant.verdicts.at(-1)?.verdict;
  const unknown = unknownSinceMs === null ? null : `State unknown since ${clock(unknownSinceMs)}`;
  if (!state.consented) return say('withheld', unknown ?? 'No consent: nothing is analysed');
  if (leftMs !== null) return say('unknown', `Left at ${clock(leftMs)}`);
  if (unknown !== null) return say('unknown', unknown);
  const fresh = heardMs !== null && nowMs - heardMs <= SILENT_MS;
  if (lostMs !== null && (!fresh || latest?.reason === 'no-media'))
    return say('unknown', `State unknown since ${clock(lostMs)}`, { detail: LOST });
  if (state.microphone !== 'live' && state.camera !== 'live') return say('none', `No verdict: ${offWords(state)}`);
  if (latest === undefined || heardMs === null) return say('none', 'No verdict yet: the first takes a few seconds');
  if (!fresh) return say('unknown', `State unknown since ${clock(heardMs)}`, { detail: 'no verdicts arrive' });
  const detail = [lostMs === null ? '' : LOST, decidedWords(latest, own), missingWords(latest)]
    .filter((part) => part !== '')
    .join('   ');
  if (latest.reason !== null)
    return {
      ...rejected(participant, latest, latest.reason, own),
      detail: [detail, lastJudgedWords(participant, latest)].filter((part) => part !== '').join('   '),
    };
  return say('expressed', 'Expressed:', {
    labels: ranked(latest.labels, latest),
    aside: sureWords(latest, own),
    detail,
  });
}

/**
 * The headline as one sentence without numbers, for screen readers. It follows the segments, which hold still over an odd
 * window, so that only a change that lasts is read out.
 */
export function spoken({ state: { name }, segments }: ParticipantView, { kind, lead, detail }: Headline): string {
  const steady = segments.at(-1);
  if (steady === undefined || kind === 'unknown' || kind === 'withheld')
    return [`${name}: ${lead}`, detail].filter((part) => part !== '').join(', ');
  if (steady.reason !== null) return `${name}: no verdict, ${REASON_WORDS[steady.reason]}`;
  return `${name}: expressed ${[...steady.labels].sort().join(' and ')}`;
}

/** What was said last, where a busy host has skipped windows since; for as long as that may still hold. */
function lastJudgedWords({ verdicts }: ParticipantView, { reason, endMs }: VerdictJson): string {
  if (reason !== 'overload') return '';
  const said = verdicts.findLast(({ verdict }) => verdict.reason !== 'overload')?.verdict;
  if (said === undefined || endMs - said.endMs > LONG_AGO_MS) return '';
  const what =
    said.reason === null ? said.labels.slice(0, MOST_LABELS).join(', ') : `no verdict, ${REASON_WORDS[said.reason]}`;
  return `${seconds(endMs - said.endMs)} before: ${what}`;
}

/** What the room decided, where that is something else than what is shown. */
function decidedWords(shown: VerdictJson, own: OwnLimit | null): string {
  if (own?.decided === undefined) return '';
  const { decided, limits } = own;
  if (limits.isUnruled(decided)) return 'no limit is promised here: as the room decides';
  if (decided.status === shown.status) return '';
  return `the room decides: ${decided.reason === null ? decided.labels.slice(0, MOST_LABELS).join(', ') : `no verdict, ${REASON_WORDS[decided.reason]}`}`;
}

function sureWords(shown: VerdictJson, own: OwnLimit | null): string {
  return own === null || own.limits.isUnruled(shown) ? 'sure enough' : `sure enough at ${own.name}`;
}

function say(kind: Headline['kind'], lead: string, rest: Partial<Headline> = {}): Headline {
  return { kind, lead, labels: [], aside: '', detail: '', ...rest };
}

function rejected(
  participant: ParticipantView,
  verdict: VerdictJson,
  reason: NonNullable<VerdictJson['reason']>,
  own: OwnLimit | null,
): Headline {
  const open = participant.segments.at(-1);
  const lasted = open?.reason === reason ? verdict.endMs - open.startMs : 0;
  const at = reason !== 'low-confidence' || own === null || own.limits.isUnruled(verdict) ? '' : ` at ${own.name}`;
  return say('none', `No verdict: ${REASON_WORDS[reason]}${at}`, {
    aside: lasted >= 1000 ? `for ${seconds(lasted)}` : '',
  });
}

/** Why a modality was not judged, where the headline does not say so already. */
function missingWords({ missing, reason }: VerdictJson): string {
  const entries = [
    ['voice', missing.voice],
    ['face', missing.face],
  ] as const;
  return entries
    .flatMap(([modality, why]) =>
      why === undefined || why === reason ? [] : [`${modality}: ${missingWord(modality, why)}`],
    )
    .join('   ');
}

function missingWord(modality: 'voice' | 'face', why: keyof typeof REASON_WORDS): string {
  return REASON_WORDS[modality === 'face' && why === 'muted' ? 'off' : why];
}

function offWords({ microphone, camera }: ParticipantState): string {
  return `voice ${microphone}, face ${camera === 'live' ? 'on' : 'off'}`;
}

function ranked(labels: readonly Label[], { probabilities }: VerdictJson): Headline['labels'] {
  return labels.slice(0, MOST_LABELS).map((label) => ({ label, probability: probabilities[label] ?? 0 }));
}
