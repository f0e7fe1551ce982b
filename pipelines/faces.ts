/** Frames of one participant into looks of its windows: the freshest frame is looked at, the own face is followed. */
import { ignoreElements, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { VideoFrame } from '../src/domain.ts';
import type { Inference, Meter } from '../src/ports.ts';
import { NO_TRACKS, track } from '../src/core/tracks.ts';
import type { Windows } from '../src/core/windows.ts';
import { freshest } from './freshest.ts';
import type { Pending } from './pending.ts';

/** What looking at frames needs. */
export interface FacesDeps {
  readonly inference: Pick<Inference, 'detectFaces'>;
  readonly meter: Meter;
  readonly pending: Pending;
}

/** Feed `windows` from `frames`; emits nothing, completes when the frames have and the last was looked at. */
export function watchFace(frames: Observable<VideoFrame>, windows: Windows, deps: FacesDeps): Observable<never> {
  const { inference, meter, pending } = deps;
  const count = (reason: string, by = 1) => {
    meter.count('undertone_discarded_total', { queue: 'faces', reason }, by);
  };
  // A frame that could not be looked at is not a frame without a face.
  const skip = (reason: string, { captureMs }: VideoFrame) => {
    count(reason);
    windows.skipLook(captureMs);
  };
  const look = async (frame: VideoFrame) => {
    const { captureMs } = frame;
    const begun = performance.now();
    try {
      const sightings = await inference.detectFaces(frame);
      meter.observe('undertone_stage_seconds', (performance.now() - begun) / 1000, { stage: 'faces' });
      return { captureMs, sightings };
    } catch {
      skip('inference-failed', frame);
      return null;
    }
  };
  let tracks = NO_TRACKS;
  return frames.pipe(
    freshest((frame) => pending.track(look(frame)), {
      onSkip: (frame) => {
        skip('overload', frame);
      },
    }),
    tap((looked) => {
      if (looked === null) return;
      const [next, { own, untracked }] = track(tracks, looked.sightings, looked.captureMs);
      tracks = next;
      if (untracked > 0) count('limit-reached', untracked);
      windows.putLook(looked.captureMs, own);
    }),
    ignoreElements(),
  );
}
