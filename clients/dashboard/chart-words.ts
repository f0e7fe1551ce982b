/** Charts in words: what they show, and the values at an instant. */
import { REASON_WORDS } from '../words.ts';
import { clock, two } from './format.ts';
import type { ParticipantView } from './store.ts';
import { heldEdge, stretchTo } from './timebase.ts';
import { traceOf } from './trace.ts';
import type { Cadence } from './trace.ts';

/** The values at an instant: those of the verdict whose window ended last. */
export function readout({ verdicts }: ParticipantView, atMs: number): string {
  const at = verdicts.findLast(({ verdict }) => verdict.endMs <= atMs)?.verdict;
  if (at === undefined) return `${clock(atMs)}   nothing known`;
  const values = Object.entries(at.probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([label, p]) => `${label} ${two(p)}`);
  const why = at.reason === null ? [] : [REASON_WORDS[at.reason]];
  return [clock(at.endMs), ...values, ...why].join('   ');
}

/** What a chart shows, as a sentence for those who cannot see it. */
export function inWords(participant: ParticipantView, cadence: Cadence, stale: boolean): string {
  const edgeMs = heldEdge.value ?? participant.verdicts.at(-1)?.verdict.endMs;
  if (edgeMs === undefined) return `Probabilities for ${participant.state.name}: no verdict yet`;
  const stretch = stretchTo(edgeMs);
  const { lines, rejections } = traceOf(participant.verdicts, participant.segments, stretch, cadence);
  const highest = [...lines].map(([label, values]) => {
    const known = values.filter((value) => value !== null);
    return `${label} up to ${two(Math.max(...known))}`;
  });
  const rejectedMs = rejections.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const reasons = [...new Set(rejections.map(({ reason }) => REASON_WORDS[reason]))].join(', ');
  const without = rejectedMs === 0 ? '' : `; no verdict for ${Math.round(rejectedMs / 1000)} s: ${reasons}`;
  const shown = highest.length === 0 ? 'none above the floor' : highest.join(', ');
  return `Probabilities for ${participant.state.name}, 60 s to ${clock(edgeMs)}: ${shown}${without}${stale ? '; state unknown now' : ''}`;
}
