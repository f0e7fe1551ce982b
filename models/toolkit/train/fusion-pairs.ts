/**
 * Pairs of a face and a voice that were not recorded together: each face is given, by chance, a voice of a label that one
 * of its raters chose. What no such pair can teach is how voice and face go together in time.
 */
import { presence } from '../../../src/core/aggregation/presence.ts';
import type { Label } from '../../../src/domain.ts';
import { integerBelow, permutation, type Random } from '../../../src/core/random.ts';
import type { Target } from './examples.ts';
import type { FusionSource } from './fusion-rows.ts';

/** A clip of one modality, as its encoder gave it in one or several looks. */
export interface EncodedExample {
  readonly target: Target;
  /** Embeddings, row-major: one of the clip as it is, others of it varied. At least one. */
  readonly looks: readonly Float32Array[];
}

/** What pairs are made of. */
export interface PairOptions {
  readonly labels: readonly Label[];
  /** Most looks at a face in a row; there are 1 to so many, of the same picture varied. */
  readonly frames: number;
}

/**
 * Pairs, one for each face an epoch. The voice and the face are told by their own raters, the pair by all: the mean of both
 * distributions. Where nobody ever spoke with the label that was drawn, the face stands alone.
 * @param faces at least one.
 * @param voices at least one.
 */
export function pairSource(
  faces: readonly EncodedExample[],
  voices: readonly EncodedExample[],
  { labels, frames }: PairOptions,
): FusionSource {
  const byLabel = labels.map((_, k) => voices.filter(({ target }) => argmax(target.shares) === k));
  const pair = (face: EncodedExample, random: Random): EncodedExample | null => {
    const fitting = byLabel[drawn(face.target.shares, random)] ?? [];
    return fitting[integerBelow(random, fitting.length)] ?? null;
  };
  return {
    length: faces.length,
    draw(index, random) {
      const face = faces[index];
      if (!face) throw new RangeError(`there is no face ${index}`);
      const voice = pair(face, random);
      return {
        voice: voice?.looks[integerBelow(random, voice.looks.length)] ?? null,
        face: someOf(face.looks, 1 + integerBelow(random, Math.min(frames, face.looks.length)), random),
        targets: voice
          ? { face: face.target, voice: voice.target, av: together(face.target, voice.target) }
          : { face: face.target },
      };
    },
    targets: (stimulus) => (stimulus === 'voice' ? voices : faces).map(({ target }) => target),
  };
}

/** All raters' votes of both as one label, each clip's counting as much as the other's. */
function together(a: Target, b: Target): Target {
  const shares = a.shares.map((share, k) => (share + (b.shares[k] ?? 0)) / 2);
  return { shares, present: presence(shares), votes: a.votes + b.votes };
}

/** A label, as often as raters chose it. */
function drawn(shares: readonly number[], random: Random): number {
  let left = random();
  return shares.findIndex((share) => (left -= share) < 0);
}

/** `n` of the looks, in an order by chance, as one sequence. */
function someOf(looks: readonly Float32Array[], n: number, random: Random): Float32Array {
  const chosen = permutation(random, looks.length)
    .slice(0, n)
    .map((i) => looks[i] ?? new Float32Array(0));
  const sequence = new Float32Array(chosen.reduce((sum, look) => sum + look.length, 0));
  chosen.reduce((at, look) => (sequence.set(look, at), at + look.length), 0);
  return sequence;
}

function argmax(shares: readonly number[]): number {
  return shares.indexOf(Math.max(...shares));
}
