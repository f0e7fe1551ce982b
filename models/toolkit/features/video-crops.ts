/** The participant's face in a video, aligned as the live monitor aligns it. */
import { fileURLToPath } from 'node:url';
import { NO_TRACKS, track } from '../../../src/core/tracks.ts';
import type { VideoFrame } from '../../../src/domain.ts';
import { loadPerception } from '../../perception.ts';
import { type NetworkOptions, openNetwork } from '../../runtime.ts';
import { planRuns } from '../../worker/batching.ts';
import { faceFinder } from '../../worker/faces.ts';
import type { Crops } from './face-states.ts';

/** Frames that are looked through at a time. */
const FRAMES_AT_ONCE = 32;
const SIZES = Array.from({ length: FRAMES_AT_ONCE }, (_, i) => i + 1);
const PERCEPTION_DIR = fileURLToPath(new URL('../../perception', import.meta.url));

/** The face detector, at work on videos. */
export interface VideoCrops {
  /** Crops of 48 x 48 grey pixels, one for each frame in which the participant's face can be judged. */
  of(frames: readonly VideoFrame[]): Promise<Crops>;
  close(): Promise<void>;
}

/**
 * Detects, follows and aligns. It opens when the first video comes.
 * @throws UndertoneError as `loadPerception` and `openNetwork` do.
 */
export function videoCrops(options: NetworkOptions): VideoCrops {
  const open = async () => {
    const { detector } = await loadPerception(PERCEPTION_DIR);
    const network = await openNetwork(detector, options);
    const find = faceFinder({
      contract: detector.contract,
      run: (feeds, outputs) => network.run(feeds, outputs),
      plan: (n) => planRuns(n, SIZES, 0),
    });
    return { find, network };
  };
  let opened: ReturnType<typeof open> | null = null;
  return {
    async of(frames) {
      const { find } = await (opened ??= open());
      const crops: Float32Array[] = [];
      let state = NO_TRACKS;
      for (let start = 0; start < frames.length; start += FRAMES_AT_ONCE) {
        const some = frames.slice(start, start + FRAMES_AT_ONCE);
        for (const [i, answer] of (await find(some)).entries()) {
          if (!answer.ok) continue;
          const sightings = answer.value.map(({ sighting }) => sighting);
          const [next, { own }] = track(state, sightings, some[i]?.captureMs ?? 0);
          state = next;
          const seen = answer.value.find(({ sighting }) => sighting === own);
          if (seen?.sighting.poor === null) crops.push(seen.crop);
        }
      }
      return crops;
    },
    async close() {
      await (await opened)?.network.close();
    },
  };
}
