/** What an encoder gives for a clip, and which of it is kept. */

/** What an encoder gave for one clip, ready to be kept. */
export interface States {
  readonly frames: number;
  /** Row-major [layers, frames, width]. */
  readonly numbers: Float16Array;
}

/** An encoder, open, that turns decoded clips of one kind into states. */
export interface StatesEncoder<Clip> {
  /** How many bytes a clip will have when it is kept. */
  bytesOf(clip: Clip): number;
  /** How many bytes it has in memory until then. */
  weightOf(clip: Clip): number;
  /**
   * Encode clips in batches of its choosing. What a clip gets does not depend on the others.
   * @returns one entry a clip, in order: its states, or why there are none. Null after an abort.
   */
  run(clips: readonly Clip[], signal: AbortSignal): Promise<readonly (States | { readonly why: string })[] | null>;
}

/** Rows picked of what a network gave, and how they are to be kept. */
export interface Picking {
  /** Hidden states that are kept. */
  readonly layers: readonly number[];
  /** Whether every frame is kept, or their mean. */
  readonly frames: 'each' | 'mean';
}

/**
 * One clip's states, out of a batch's.
 * @param hidden all that the network gave for the clip, row-major [layers, padded frames, width].
 * @param sides `given` frames are in `hidden`; the first `frames` are of the clip, at least one.
 * @returns why there are none where a number is none, or too large for float16.
 * @example pickStates(hidden, { given: 149, frames: 120, width: 1024 }, { layers: [0, 12, 24], frames: 'mean' })
 */
export function pickStates(
  hidden: Float32Array,
  { given, frames, width }: { readonly given: number; readonly frames: number; readonly width: number },
  picking: Picking,
): States | { readonly why: string } {
  const kept = picking.frames === 'mean' ? 1 : frames;
  const numbers = new Float16Array(picking.layers.length * kept * width);
  picking.layers.forEach((layer, i) => {
    const from = layer * given * width;
    const state = hidden.subarray(from, from + frames * width);
    numbers.set(picking.frames === 'mean' ? meanFrame(state, width) : state, i * kept * width);
  });
  const odd = numbers.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0)
    return {
      why:
        `the encoder gives numbers for it that are not finite or beyond float16 (layer ` +
        `${picking.layers[Math.floor(odd / (kept * width))] ?? 0}): leave that layer out by --layers`,
    };
  return { frames: kept, numbers };
}

/** The mean of [frames, width] over frames. */
function meanFrame(state: Float32Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  const frames = state.length / width;
  state.forEach((x, i) => (mean[i % width] = (mean[i % width] ?? 0) + x / frames));
  return mean;
}
