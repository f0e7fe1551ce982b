/** Plausible verdicts by arithmetic: slow waves for each label, and stretches in which nothing can be said. */
import type { Label, PerLabel } from '../../src/domain.ts';
import { HOP_MS } from './stage.ts';
import type { Actor, Judgement } from './stage.ts';

/** How a participant fares: which label leads, and when there is no verdict. */
export interface Mood {
  readonly lead: Label;
  readonly second: Label;
  /** Shifts the waves, in windows. */
  readonly phase: number;
  /** Windows without a verdict, and why. */
  readonly rejected: readonly {
    readonly from: number;
    readonly to: number;
    readonly as: Judgement;
    readonly judged: boolean;
  }[];
}

/** Judge window `k` (120 make a minute) of a participant in a mood. */
function judgeWindow(actor: Actor, mood: Mood, k: number, agoMs: number): void {
  const rejected = mood.rejected.find(({ from, to }) => k >= from && k < to);
  const probabilities = rejected?.judged === false ? {} : probabilitiesOf(mood, k);
  actor.judge(probabilities, { ...rejected?.as, agoMs });
}

/** The minute that lies behind, as if it had just been lived. */
export function judgeMinute(actor: Actor, mood: Mood, endAgoMs = 150): void {
  for (let k = 0; k < 120; k++) judgeWindow(actor, mood, k, endAgoMs + (119 - k) * HOP_MS);
}

function probabilitiesOf({ lead, second, phase }: Mood, k: number): PerLabel {
  const wave = (period: number, shift: number) => Math.sin(((k + phase) / period) * 2 * Math.PI + shift);
  const clip = (p: number) => Math.min(0.98, Math.max(0.01, p));
  return {
    neutral: clip(0.12 + 0.1 * wave(90, 2)),
    sadness: clip(0.05 + 0.03 * wave(41, 1)),
    [second]: clip(0.32 + 0.16 * wave(47, 1) + 0.03 * wave(7, 0)),
    [lead]: clip(0.62 + 0.24 * wave(110, 4) + 0.06 * wave(23, 2) + 0.02 * wave(5, 0)),
  };
}

export const NO_FACE: Judgement = { reject: 'no-face', missing: { voice: 'off', face: 'no-face' } };
export const NO_SPEECH: Judgement = { reject: 'no-speech', missing: { voice: 'no-speech', face: 'off' } };
