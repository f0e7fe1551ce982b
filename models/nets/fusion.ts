/**
 * The audio-visual network of paper 5: branches of voice and face, layers that both share, three heads. One graph serves
 * any subset of the modalities; docs/fusion.md says how the paper is read.
 */
import type { Stimulus } from '../../src/core/manifest.ts';
import { above, add, mul, neg, relu, sub } from '../graph/elementwise.ts';
import type { Value } from '../graph/graph.ts';
import { concat } from '../graph/layout.ts';
import { layerNorm } from '../graph/normalise.ts';
import { sum } from '../graph/reduce.ts';
import { faceBranch, voiceBranch } from './branch.ts';
import { dropout, heads, type Heads } from './heads.ts';
import { linear } from './layers.ts';
import { attentiveStatistics, type TransformerSize } from './sequence.ts';
import { type FusedSequence, sharedSequences } from './shared.ts';

/** Sizes and parts of an audio-visual network. */
export interface FusionNetwork extends TransformerSize {
  /** The voice's halves, by whose labels each is trained in stage 1 (paper 5, section IV.B), and their layers. */
  readonly voice: { readonly halves: readonly Stimulus[]; readonly layers: number };
  /** The face's halves likewise; `channels` and `kernel` are those of the convolution. */
  readonly face: {
    readonly halves: readonly Stimulus[];
    readonly layers: number;
    readonly channels: number;
    readonly kernel: number;
  };
  readonly shared: {
    readonly layers: number;
    /** Whether the shared layers take each sequence for itself, as paper 5 says, or all as one. */
    readonly attention: 'each' | 'together';
  };
}

/** What an audio-visual network is given. Masks are 1 where there is something, 0 in padding and where it is missing. */
export interface FusionInputs {
  /** [n, steps, inputs], or [n, layers, steps, inputs]. */
  readonly voice: Value;
  /** [n, steps]. */
  readonly voiceMask: Value;
  /** [n, frames, inputs]. */
  readonly face: Value;
  /** [n, frames]. */
  readonly faceMask: Value;
}

/** Chance of dropout in branches that are frozen is 0: what follows learns from them as they will serve. */
interface FusionOptions {
  readonly branchDropout?: number;
}

/**
 * @returns two logits a label, of the head that fits: that for the voice alone where no frame of a face is there, and so
 * on. Where nothing is there at all, zeros. No number under a mask of 0 changes any of them.
 * @example const { shareLogits } = fusionNetwork({ voice, voiceMask, face, faceMask }, network, 8);
 */
export function fusionNetwork(
  { voice, voiceMask, face, faceMask }: FusionInputs,
  network: FusionNetwork,
  labels: number,
  { branchDropout = network.dropout }: FusionOptions = {},
): Heads {
  const { width, heads: attentionHeads, dropout: chance, shared } = network;
  const size = { width, heads: attentionHeads, dropout: chance };
  const branchSize = { ...size, dropout: branchDropout };
  const voices = network.voice.halves.map((half): FusedSequence => {
    const name = halfName('voice', half);
    const frames = voiceBranch(voice, name, { ...branchSize, ...network.voice }, voiceMask);
    return { name, frames, mask: voiceMask };
  });
  const faces = network.face.halves.map((half): FusedSequence => {
    const name = halfName('face', half);
    return { name, frames: faceBranch(face, name, { ...branchSize, ...network.face }, faceMask), mask: faceMask };
  });

  const pooled = sharedSequences([...voices, ...faces], shared, size).map(({ name, frames, mask }) =>
    attentiveStatistics(layerNorm(frames, `shared.${name}.norm`), `shared.${name}.pool`, mask),
  );
  const voicePooled = pooled.slice(0, voices.length);
  const facePooled = pooled.slice(voices.length);
  const head = (name: string, parts: readonly Value[]): Heads => {
    const inner = relu(linear(dropout(concat(parts, 1), chance), `head.${name}.inner`, width));
    return heads(dropout(inner, chance), `head.${name}`, labels);
  };
  return chosen([
    [head('voice', voicePooled), only(voiceMask, faceMask)],
    [head('face', facePooled), only(faceMask, voiceMask)],
    [head('both', pooled), mul(isThere(voiceMask), isThere(faceMask))],
  ]);
}

/** What the weights of a half are called. */
export function halfName(modality: 'voice' | 'face', half: Stimulus): string {
  return `${modality}.${half}`;
}

/** Each pair of logits times whether it is the one that fits, summed. */
function chosen(options: readonly (readonly [Heads, Value])[]): Heads {
  const total = (part: keyof Heads): Value =>
    options.map(([each, fits]) => mul(each[part], fits)).reduce((sum, term) => add(sum, term));
  return { shareLogits: total('shareLogits'), presenceLogits: total('presenceLogits') };
}

/** 1 for rows that have a frame, [n, 1]. */
function isThere(mask: Value): Value {
  return above(sum(mask, { axes: [1], keep: true }), 0.5);
}

/** 1 for rows that have the one and not the other. */
function only(mask: Value, other: Value): Value {
  return mul(isThere(mask), neg(sub(isThere(other), 1)));
}
