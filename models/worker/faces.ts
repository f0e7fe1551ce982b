/** Frames of many participants: all through the detector in one run, then all faces through their network in another. */
import { alignFace } from '../../src/core/faces/align.ts';
import { decodeFaces } from '../../src/core/faces/blazeface.ts';
import { letterbox, type Letterbox } from '../../src/core/faces/letterbox.ts';
import { measureFace, poorFace } from '../../src/core/faces/quality.ts';
import type { FaceSighting, VideoFrame } from '../../src/domain.ts';
import type { Answer } from '../calls.ts';
import { attempt, finite } from './answers.ts';
import type { Networks } from './networks.ts';
import { rowsThrough } from './rows.ts';
import { type LookingNetworks, lookThrough } from './seeing.ts';

/** Faces of one frame that are encoded: a participant's own and, while it is unclear which that is, a rival. */
const ENCODED_FACES = 2;

/** A face before it is encoded. */
export interface Seen {
  readonly sighting: FaceSighting;
  readonly crop: Float32Array;
}

/** How a worker answers frames. */
export function faceCalls(
  networks: LookingNetworks & Pick<Networks, 'detector'>,
): (frames: readonly VideoFrame[]) => Promise<Answer<FaceSighting[]>[]> {
  const find = faceFinder(networks.detector);
  const look = lookThrough(networks);

  return async (frames) => {
    const seen = await find(frames);
    const judged = seen.flatMap((faces) => (faces.ok ? faces.value.filter(mayBeJudged).slice(0, ENCODED_FACES) : []));
    const encodings = await look(judged.map(({ crop }) => crop));
    const encoding = (face: Seen): FaceSighting => {
      const row = judged.indexOf(face);
      return row < 0 ? face.sighting : { ...face.sighting, encoding: encodings(row) };
    };
    return seen.map((faces) => (faces.ok ? attempt(() => faces.value.map(encoding)) : faces));
  };
}

/** Finds and aligns the faces of frames, all in one run, and judges whether they can be judged; none is encoded. */
export function faceFinder(
  detector: Networks['detector'],
): (frames: readonly VideoFrame[]) => Promise<Answer<Seen[]>[]> {
  const detect = rowsThrough(detector, ['pixels']);
  return async (frames) => {
    const places: Answer<Letterbox>[] = [];
    const detections = await detect(frames.length, (row, { pixels }) => {
      const frame = frames[row];
      if (frame) places[row] = attempt(() => letterbox(frame, pixels));
    });
    return frames.map((frame, row): Answer<Seen[]> => {
      const place = places[row];
      if (!place?.ok) return place ?? attempt(() => []);
      return attempt(() => lookAt(frame, place.value, detections('boxes', row), detections('scores', row)));
    });
  };
}

function lookAt(frame: VideoFrame, place: Letterbox, boxes: Float32Array, scores: Float32Array): Seen[] {
  return decodeFaces(finite(boxes, 'the face detector'), finite(scores, 'the face detector'), place).map(
    (detection) => {
      const crop = alignFace(frame, detection.keyPoints);
      const quality = measureFace(detection, crop);
      const poor = poorFace(quality, detection, frame);
      return { crop, sighting: { ...detection, captureMs: frame.captureMs, quality, poor, encoding: null } };
    },
  );
}

function mayBeJudged({ sighting }: Seen): boolean {
  return sighting.poor === null;
}
