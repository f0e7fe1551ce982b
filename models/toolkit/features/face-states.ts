/** A face encoder over clips: each clip is one aligned crop or several, and each crop becomes one frame of states. */
import { UndertoneError } from '../../../src/errors.ts';
import { facePixels } from '../../encoder-feeds.ts';
import type { FaceEncoder } from '../../encoder-format.ts';
import type { Network } from '../../runtime.ts';
import { type Picking, pickStates, type States, type StatesEncoder } from './states.ts';

/** Crops of one clip, in time's order: 48 x 48 grey pixels, 0 to 1. */
export type Crops = readonly Float32Array[];

/** How clips become states. */
export interface FaceStatesOptions extends Pick<Picking, 'frames'> {
  /** Side of what the network sees, where it leaves that open. */
  readonly side: number;
  /** Crops of one run. Default 16. */
  readonly batch?: number;
}

const BATCH = 16;

/**
 * The side that crops are brought to.
 * @param wanted for a network that leaves it open.
 * @throws UndertoneError `config-invalid` for a network of pictures that are not square, or of another side than is wanted.
 */
export function sideOf({ inputs }: FaceEncoder, wanted: number | undefined): number {
  const [, , height, width] = inputs.pixels.shape;
  const fixed = typeof height === 'number' ? height : typeof width === 'number' ? width : undefined;
  const square = [height, width].every((side) => typeof side !== 'number' || side === fixed);
  if (!square || (fixed !== undefined && wanted !== undefined && wanted !== fixed))
    throw new UndertoneError(
      'config-invalid',
      `--side: the encoder takes pictures of ${String(width)} x ${String(height)}: leave --side out, or choose an encoder of square pictures`,
    );
  return fixed ?? wanted ?? PUBLISHED_SIDE;
}

/** What the published networks learned from. */
const PUBLISHED_SIDE = 224;

/** A face encoder at work on crops. Grey goes into all three channels. */
export function faceStates(
  encoder: FaceEncoder,
  network: Pick<Network, 'run'>,
  { side, frames, batch = BATCH }: FaceStatesOptions,
): StatesEncoder<Crops> {
  const { inputs, outputs, width } = encoder;
  return {
    bytesOf: ({ length }) => 2 * width * (frames === 'mean' ? 1 : length),
    weightOf: (crops) => crops.reduce((sum, { byteLength }) => sum + byteLength, 0),
    async run(clips, signal) {
      const crops = clips.flat();
      const pooled = new Float32Array(crops.length * width);
      for (let from = 0; from < crops.length; from += batch) {
        // Lets a signal in: the network runs on this thread.
        await new Promise((resolve) => setImmediate(resolve));
        if (signal.aborted) return null;
        const some = crops.slice(from, from + batch);
        const feed = facePixels(encoder, some, side);
        const found = (await network.run({ [inputs.pixels.name]: feed }, [outputs.pooled.name]))[outputs.pooled.name];
        pooled.set(found?.data ?? [], from * width);
      }
      let at = 0;
      return clips.map(({ length }): States | { readonly why: string } => {
        const hidden = pooled.subarray(at * width, (at += length) * width);
        if (length === 0) return { why: 'no face that can be judged was found in its pictures' };
        return pickStates(hidden, { given: length, frames: length, width }, { layers: [0], frames });
      });
    },
  };
}
