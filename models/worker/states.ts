/** Networks over sequences: shared layers over what voice and face networks gave, or a system over states of encoders. */
import type { HeadLogits } from '../../src/domain.ts';
import { FRAME_SIZES } from './batching.ts';
import { headsOf } from './heads.ts';
import type { BatchedNetwork } from './networks.ts';
import { rowsThrough } from './rows.ts';
import type { StateSequence } from './sequence.ts';

/** One window, encoded. A modality that is null is masked: it is never zeros that pretend to be data. */
export interface EncodedWindow {
  readonly voice: StateSequence | null;
  readonly face: StateSequence | null;
}

/** Frames of one window's face that are asked about: about 6 s of looks. Of more, the newest. */
const MAX_FRAMES = Math.max(...FRAME_SIZES);

/**
 * How a worker asks such a network: all windows in one batch, every face padded to the same warmed number of frames. Mask
 * rows are 1 where there is something: the steps that a voice has, the frames of a face but not its padding. Of a voice with more
 * steps than the network takes, those in the middle, as while it was trained.
 * @param what names the network in messages.
 */
export function askThrough(
  network: BatchedNetwork,
  what: string,
): (windows: readonly EncodedWindow[]) => Promise<(row: number) => HeadLogits> {
  const { inputs } = network.contract;
  const names = (['voice', 'voiceMask', 'face', 'faceMask'] as const).filter((name) => name in inputs);
  const run = rowsThrough(network, names);
  const heads = headsOf(network.contract, what);
  const layers = inputs['voice']?.length === 4 ? Number(inputs['voice'][1]) : 1;
  return async (windows) => {
    const most = Math.max(1, ...windows.map(({ face }) => Math.min(face?.n ?? 0, MAX_FRAMES)));
    const frames = FRAME_SIZES.find((size) => size >= most) ?? MAX_FRAMES;
    const fill = (row: number, into: Inputs) => {
      for (const name of names) into[name]?.fill(0);
      const { voice = null, face = null } = windows[row] ?? {};
      if (voice) writeVoice(voice, layers, into);
      if (face) writeFace(face, into);
    };
    const rows = await run(windows.length, fill, { outputs: heads.outputs, frames });
    return (row) => heads.read(rows, row);
  };
}

type Inputs = Readonly<Partial<Record<'voice' | 'voiceMask' | 'face' | 'faceMask', Float32Array>>>;

function writeVoice({ numbers, n }: StateSequence, layers: number, { voice, voiceMask }: Inputs): void {
  if (!voice || !voiceMask) return;
  const width = numbers.length / (layers * n);
  const kept = Math.min(n, voiceMask.length);
  const from = (n - kept) >> 1;
  for (let layer = 0; layer < layers; layer++) {
    const state = numbers.subarray((layer * n + from) * width, (layer * n + from + kept) * width);
    voice.set(state, layer * voiceMask.length * width);
  }
  voiceMask.fill(1, 0, kept);
}

function writeFace({ numbers, n }: StateSequence, { face, faceMask }: Inputs): void {
  if (!face || !faceMask) return;
  const kept = Math.min(n, MAX_FRAMES);
  face.set(numbers.subarray((n - kept) * (numbers.length / n)));
  faceMask.fill(1, 0, kept);
}
