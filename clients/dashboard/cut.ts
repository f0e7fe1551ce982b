/**
 * Verdicts into segments, on the page: by the same hysteresis as the server's (docs/decisions/0048), for verdicts as a limit of the viewer's
 * own would have them, which the server never cuts. A page shares no more than messages with the server, so this is said twice.
 */
import type { SegmentJson, VerdictJson } from '../../src/protocol.ts';

/** Windows in a row that must agree on something new before a segment begins, as the server has it. */
const CONFIRM = 3;

/** Where the cutting stands; start from `UNCUT`. */
export interface CutState {
  /** Segments, oldest first; the last is open. Their probabilities are left out. */
  readonly segments: readonly SegmentJson[];
  /** What may become the next segment: the latest verdicts, where they agree on something new. */
  readonly candidate: SegmentJson | null;
  readonly lastEndMs: number;
}

/** Before the first verdict. */
export const UNCUT: CutState = { segments: [], candidate: null, lastEndMs: -Infinity };

/** Take in the next verdict, and keep the `most` latest segments. */
export function cut({ segments, candidate, lastEndMs }: CutState, verdict: VerdictJson, most: number): CutState {
  const { endMs, status, reason, labels } = verdict;
  const open = segments.at(-1);
  if (open !== undefined && says(open) === says(verdict))
    return { segments: [...segments.slice(0, -1), longer(open, endMs)], candidate: null, lastEndMs: endMs };
  const begun = {
    ...{ index: open === undefined ? 0 : open.index + 1, startMs: Math.max(verdict.startMs, lastEndMs), windows: 0 },
    ...{ endMs, status, reason, labels: [...labels], probabilities: {}, open: true },
  };
  const next = longer(candidate !== null && says(candidate) === says(verdict) ? candidate : begun, endMs);
  if (open === undefined) return { segments: [next], candidate: null, lastEndMs: endMs };
  if (next.windows < CONFIRM) return { segments, candidate: next, lastEndMs: endMs };
  const closed = { ...open, endMs: next.startMs, open: false };
  return { segments: [...segments.slice(0, -1), closed, next].slice(-most), candidate: null, lastEndMs: endMs };
}

function longer(one: SegmentJson, endMs: number): SegmentJson {
  return { ...one, endMs, windows: one.windows + 1 };
}

function says({ reason, labels }: Pick<VerdictJson, 'reason' | 'labels'>): string {
  return reason === null ? [...labels].sort().join('+') : `!${reason}`;
}
