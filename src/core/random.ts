/**
 * Seeded randomness. Streams are named rather than threaded: the numbers of item 7 in epoch 3 depend on the seed and on
 * those names alone, so a run that resumes, or that loads its items in another order, draws the same numbers.
 */

/** The next number of a stream: uniform in [0, 1). */
export type Random = () => number;

/**
 * A stream of its own for each list of names (sfc32, seeded by an FNV-1a hash of the names, warmed up).
 * @param names what the stream is for, in order, as in `(seed, 'face', epoch, clipId)`.
 * @example const random = randomStream(7, 'shuffle', epoch); const x = random();
 */
export function randomStream(...names: readonly (string | number)[]): Random {
  const text = names.map(String).join('\u0000');
  let a = hash(text, 0x811c9dc5);
  let b = hash(text, 0x01234567);
  let c = hash(text, 0x89abcdef);
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** A standard normal number (Box and Muller's transform of two uniform ones). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Uniform in [low, high). */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** An integer in 0 .. n - 1. */
export function integerBelow(random: Random, n: number): number {
  return Math.floor(random() * n);
}

/** 0 .. n - 1 in an order that the stream decides (Fisher and Yates). */
export function permutation(random: Random, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = integerBelow(random, i + 1);
    const x = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = x;
  }
  return order;
}

function hash(text: string, basis: number): number {
  let h = basis;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}
