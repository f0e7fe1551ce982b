/**
 * Faces over time: which sightings are one face, and which face is the participant's. A passer-by or a poster does not
 * become the participant: it would have to be larger by a margin, for a while.
 */
import type { Box, FaceSighting, FaceTrack } from '../domain.ts';
import { area, iou } from './faces/box.ts';

export interface TrackOptions {
  /** A face unseen for longer has left; if it comes back it is a new track. Default 1000. */
  readonly lostMs?: number;
  /** A face is steady once its sightings span this. Default 300. */
  readonly steadyMs?: number;
  /** How many times the participant's area another face must have to challenge it. Default 1.4. */
  readonly takeoverRatio?: number;
  /** How long it must stay that large before it is the participant's. Default 1500. */
  readonly takeoverMs?: number;
  /** Once the participant's face has left, one with less than this part of its area is not theirs... Default 0.5. */
  readonly successorRatio?: number;
  /** ...until this long after. Default 5000. */
  readonly forgetMs?: number;
  /** Tracks at a time, at most; the largest faces of a frame come first, the others are counted. Default 8. */
  readonly maxTracks?: number;
}

/** What is carried from frame to frame. */
export interface TracksState {
  readonly tracks: readonly FaceTrack[];
  readonly nextId: number;
  /** Capture time of the newest frame; -Infinity before the first. */
  readonly latestMs: number;
  /** The participant's face, kept for `forgetMs` after it has left. */
  readonly own: { readonly id: number; readonly area: number; readonly lastMs: number } | null;
  readonly challenge: { readonly id: number; readonly sinceMs: number } | null;
}

/** What one frame changed. */
export interface TrackUpdate {
  /** The participant's face in this frame; null when it is not to be seen. */
  readonly own: FaceSighting | null;
  /** The track of the participant's face, also while it is briefly unseen. */
  readonly ownTrack: FaceTrack | null;
  /** Sightings that found no room among the tracks. */
  readonly untracked: number;
}

/** Where tracking begins. */
export const NO_TRACKS: TracksState = { tracks: [], nextId: 0, latestMs: -Infinity, own: null, challenge: null };

/** Boxes of one face overlap at least this much from frame to frame, or... */
const MIN_IOU = 0.2;
/** ...their centres are within this part of the box's side, which follows a quick move between sparse frames... */
const MAX_SHIFT = 0.6;
/** ...and their areas differ by no more than this factor. */
const MAX_GROWTH = 2.5;

/**
 * Adds the faces of one frame. The order of `sightings` does not matter. A frame older than the one before it means
 * that the clock jumped: tracking begins again, with new ids.
 *
 * @param captureMs when the frame was captured; frames without a face are told too.
 * @example
 * const [next, { own }] = track(state, sightings, frame.captureMs);
 */
export function track(
  state: TracksState,
  sightings: readonly FaceSighting[],
  captureMs: number,
  options: TrackOptions = {},
): readonly [TracksState, TrackUpdate] {
  const { lostMs = 1000, maxTracks = 8 } = options;
  const before = captureMs < state.latestMs ? { ...NO_TRACKS, nextId: state.nextId } : state;
  const live = before.tracks.filter(({ lastMs }) => captureMs - lastMs <= lostMs);
  const faces = [...sightings].sort(largestFirst);
  const matches = associate(live, faces);
  const followed = live.map((each) => follow(each, matches.get(each), captureMs));
  const matched = new Set(matches.values());
  const strangers = faces.filter((face) => !matched.has(face));
  const begun = strangers.slice(0, Math.max(0, maxTracks - live.length)).map((last, index): FaceTrack => {
    return { id: before.nextId + index, firstMs: captureMs, lastMs: captureMs, length: 1, last };
  });
  const tracks = [...followed, ...begun];
  const claim = claimOwn({ ...before, tracks }, captureMs, options);
  const ownTrack = tracks.find(({ id }) => id === claim.own?.id) ?? null;
  return [
    { tracks, nextId: before.nextId + begun.length, latestMs: captureMs, ...claim },
    {
      own: ownTrack !== null && ownTrack.lastMs === captureMs ? ownTrack.last : null,
      ownTrack,
      untracked: strangers.length - begun.length,
    },
  ];
}

/** Pairs tracks with sightings, the closest first; each at most once. */
function associate(tracks: readonly FaceTrack[], faces: readonly FaceSighting[]): ReadonlyMap<FaceTrack, FaceSighting> {
  const pairs = tracks.flatMap((each) =>
    faces.map((face) => ({ each, face, closeness: closeness(each.last.box, face.box) })),
  );
  pairs.sort((a, b) => b.closeness - a.closeness);
  const matches = new Map<FaceTrack, FaceSighting>();
  const taken = new Set<FaceSighting>();
  for (const { each, face, closeness } of pairs) {
    if (closeness === -Infinity || matches.has(each) || taken.has(face)) continue;
    matches.set(each, face);
    taken.add(face);
  }
  return matches;
}

/** From 1 (the same box) downwards; -Infinity when they cannot be one face. */
function closeness(a: Box, b: Box): number {
  const growth = area(a) / area(b);
  if (growth > MAX_GROWTH || growth < 1 / MAX_GROWTH) return -Infinity;
  const shift =
    Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2) /
    Math.sqrt(Math.max(area(a), area(b)));
  const overlap = iou(a, b);
  return overlap >= MIN_IOU || shift <= MAX_SHIFT ? overlap - shift : -Infinity;
}

function follow(before: FaceTrack, sighting: FaceSighting | undefined, captureMs: number): FaceTrack {
  if (sighting === undefined) return before;
  return { ...before, lastMs: captureMs, length: before.length + 1, last: sighting };
}

/** Decides whose face is the participant's: the largest steady one, with hysteresis. */
function claimOwn(
  { tracks, own, challenge }: TracksState,
  captureMs: number,
  { steadyMs = 300, takeoverRatio = 1.4, takeoverMs = 1500, successorRatio = 0.5, forgetMs = 5000 }: TrackOptions,
): Pick<TracksState, 'own' | 'challenge'> {
  const current = tracks.find(({ id }) => id === own?.id);
  const rivals = tracks.filter((each) => each !== current && each.lastMs - each.firstMs >= steadyMs);

  if (current === undefined) {
    const heir = largest(rivals.filter(({ lastMs }) => lastMs === captureMs));
    const forgotten = own === null || captureMs - own.lastMs >= forgetMs;
    const succeeds = heir !== undefined && (forgotten || area(heir.last.box) >= own.area * successorRatio);
    if (succeeds) return { own: ownOf(heir), challenge: null };
    return { own: forgotten ? null : own, challenge: null };
  }
  const rival = largest(rivals);
  if (rival === undefined || area(rival.last.box) < area(current.last.box) * takeoverRatio) {
    return { own: ownOf(current), challenge: null };
  }
  const sinceMs = challenge?.id === rival.id ? challenge.sinceMs : captureMs;
  // Counted to its last sighting: one that has walked past does not win by what was left of its track.
  if (rival.lastMs - sinceMs >= takeoverMs) return { own: ownOf(rival), challenge: null };
  return { own: ownOf(current), challenge: { id: rival.id, sinceMs } };
}

function largest(tracks: readonly FaceTrack[]): FaceTrack | undefined {
  return [...tracks].sort((a, b) => area(b.last.box) - area(a.last.box) || a.id - b.id)[0];
}

function ownOf({ id, lastMs, last }: FaceTrack): NonNullable<TracksState['own']> {
  return { id, lastMs, area: area(last.box) };
}

/** A total order on what was seen, so that the order in which it is told does not matter. */
function largestFirst(a: FaceSighting, b: FaceSighting): number {
  return area(b.box) - area(a.box) || a.box.x - b.box.x || a.box.y - b.box.y || b.score - a.score;
}
