/** Windows through the shared layers of a pack: what the voice network heard and what the face network saw, as one. */
import type { HeadLogits } from '../../src/domain.ts';
import { FRAME_SIZES } from './batching.ts';
import { headsOf } from './heads.ts';
import type { BatchedNetwork } from './networks.ts';
import { rowsThrough } from './rows.ts';

/** One window, encoded. A modality that is null is masked: it is never zeros that pretend to be data. */
export interface EncodedWindow {
  /** The voice network's embedding, row-major [Tv, Dv]. */
  readonly voice: Float32Array | null;
  /** The face network's embeddings, row-major [n, Df], oldest first. */
  readonly face: { readonly embeddings: Float32Array; readonly n: number } | null;
}

/** Frames of one window that are fused: about 6 s of looks. Of more, the newest. */
const MAX_FRAMES = Math.max(...FRAME_SIZES);

/**
 * How a worker fuses windows: all in one batch, every face padded to the same warmed number of frames. Mask rows are 1
 * where there is something: every step of a voice (a short one is followed by silence, as the voice network hears it),
 * the frames of a face but not its padding.
 */
export function fuseThrough(
  network: BatchedNetwork,
): (windows: readonly EncodedWindow[]) => Promise<(row: number) => HeadLogits> {
  const run = rowsThrough(network, ['voice', 'voiceMask', 'face', 'faceMask']);
  const heads = headsOf(network.contract, 'fusion');
  return async (windows) => {
    const most = Math.max(1, ...windows.map(({ face }) => Math.min(face?.n ?? 0, MAX_FRAMES)));
    const frames = FRAME_SIZES.find((size) => size >= most) ?? MAX_FRAMES;
    const fill = (row: number, inputs: Inputs) => {
      const window = windows[row];
      if (window) writeWindow(window, inputs);
    };
    const rows = await run(windows.length, fill, { outputs: heads.outputs, frames });
    return (row) => heads.read(rows, row);
  };
}

type Inputs = Readonly<Record<'voice' | 'voiceMask' | 'face' | 'faceMask', Float32Array>>;

function writeWindow({ voice, face }: EncodedWindow, inputs: Inputs): void {
  inputs.voice.fill(0);
  if (voice) inputs.voice.set(voice);
  inputs.voiceMask.fill(voice ? 1 : 0);
  inputs.face.fill(0);
  inputs.faceMask.fill(0);
  if (!face) return;
  const kept = Math.min(face.n, MAX_FRAMES);
  const width = face.embeddings.length / face.n;
  inputs.face.set(face.embeddings.subarray((face.n - kept) * width));
  inputs.faceMask.fill(1, 0, kept);
}
