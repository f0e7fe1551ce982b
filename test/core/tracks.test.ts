import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_TRACKS, track } from '../../src/core/tracks.ts';
import type { TrackOptions, TrackUpdate } from '../../src/core/tracks.ts';
import type { FaceSighting } from '../../src/domain.ts';

const HOP_MS = 100;

/** A face of `size` pixels with its middle at `x`, 240. */
function face(x: number, size: number): FaceSighting {
  const middle = { x, y: 240 };
  return {
    box: { x: x - size / 2, y: 240 - size / 2, width: size, height: size },
    score: 0.9,
    keyPoints: { rightEye: middle, leftEye: middle, nose: middle, mouth: middle, rightEar: middle, leftEar: middle },
    captureMs: 0,
    quality: { eyeDistancePx: size / 2, yawDeg: 0, pitchDeg: 0, rollDeg: 0, sharpness: 10, brightness: 0.5 },
    poor: null,
    encoding: null,
  };
}

/** One frame every 100 ms. */
function watch(frames: readonly (readonly FaceSighting[])[], options: TrackOptions = {}): readonly TrackUpdate[] {
  let state = NO_TRACKS;
  return frames.map((sightings, i) => {
    const [next, update] = track(state, sightings, i * HOP_MS, options);
    state = next;
    return update;
  });
}

function times<T>(n: number, make: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => make(i));
}

const mine = face(320, 120);
const poster = face(100, 50);

describe('the participant’s face', () => {
  it('is the first that stays', () => {
    const owners = watch(times(10, () => [mine])).map(({ own }) => own !== null);
    expect(owners).toEqual([false, false, false, true, true, true, true, true, true, true]);
  });

  it('is the largest of those that stay', () => {
    const updates = watch(times(10, () => [poster, mine]));
    expect(updates.at(-1)?.own).toBe(mine);
  });

  it('keeps its id while it is seen steadily, however it moves and grows', () => {
    const step = fc.record({
      shift: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
      growth: fc.double({ min: 0.85, max: 1.18, noNaN: true }),
      seen: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
        let x = 320;
        let size = 120;
        let unseen = 0;
        const frames = steps.map(({ shift, growth, seen }) => {
          // Between two sightings at most one frame is missed: what moves unseen for longer may be anyone.
          unseen = seen || unseen === 1 ? 0 : unseen + 1;
          if (unseen > 0) return [];
          x += shift * size;
          size = Math.min(300, Math.max(40, size * growth));
          return [face(x, size)];
        });
        const ids = new Set(watch(frames).flatMap(({ ownTrack }) => (ownTrack ? [ownTrack.id] : [])));
        expect(ids.size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is not in a frame without it, but its track stays for a second', () => {
    const updates = watch([...times(5, () => [mine]), ...times(12, () => [])]);
    expect(updates[5]?.own).toBeNull();
    expect(updates[5]?.ownTrack?.id).toBe(0);
    expect(updates[14]?.ownTrack?.id).toBe(0);
    expect(updates[15]?.ownTrack).toBeNull();
  });

  it('is not stolen by a larger face for a frame, or for a second', () => {
    const passing = face(560, 260);
    for (const frames of [1, 10]) {
      const updates = watch([
        ...times(10, () => [mine]),
        ...times(frames, () => [mine, passing]),
        ...times(20, () => [mine]),
      ]);
      for (const { own, ownTrack } of updates.slice(4)) {
        expect(own).toBe(mine);
        expect(ownTrack?.id).toBe(0);
      }
    }
  });

  it('is not stolen by one that is hardly larger, for however long', () => {
    const updates = watch([...times(5, () => [mine]), ...times(100, () => [mine, face(560, 135)])]);
    expect(updates.at(-1)?.own).toBe(mine);
  });

  it('changes to one that is clearly larger for long', () => {
    const newcomer = face(560, 260);
    const updates = watch([...times(5, () => [mine]), ...times(40, () => [mine, newcomer])]);
    const changed = updates.findIndex(({ own }) => own === newcomer);
    // Steady after 300 ms, then challenging for 1500 ms.
    expect(changed).toBe(5 + 3 + 15);
    expect(updates.slice(changed).every(({ own }) => own === newcomer)).toBe(true);
  });

  it('is not replaced by a poster when it leaves for a moment, but by one after a while', () => {
    const updates = watch([
      ...times(10, () => [mine, poster]),
      ...times(30, () => [poster]),
      ...times(10, () => [mine, poster]),
    ]);
    expect(updates.some(({ own }) => own === poster)).toBe(false);
    expect(updates.at(-1)?.own).toBe(mine);
    const gone = watch([...times(10, () => [mine, poster]), ...times(60, () => [poster])]);
    expect(gone.findIndex(({ own }) => own === poster)).toBe(9 + 50);
  });

  it('passes at once to a face of like size when it has left', () => {
    const colleague = face(500, 110);
    const updates = watch([...times(10, () => [mine, colleague]), ...times(20, () => [colleague])]);
    expect(updates.findIndex(({ own }) => own === colleague)).toBe(9 + 11);
  });
});

describe('track', () => {
  const sighting = fc.record({ x: fc.integer({ min: 0, max: 640 }), size: fc.integer({ min: 20, max: 300 }) });
  const frames = fc.array(fc.uniqueArray(sighting, { selector: ({ x }) => x, maxLength: 6 }), { maxLength: 40 });

  it('does not depend on the order in which sightings are told', () => {
    fc.assert(
      fc.property(frames, fc.func(fc.nat()), (told, rank) => {
        const ordered = told.map((sightings) => sightings.map(({ x, size }) => face(x, size)));
        const shuffled = ordered.map((sightings, frame) =>
          sightings
            .map((each) => ({ each, key: rank(frame, each.box.x) }))
            .sort((a, b) => a.key - b.key)
            .map(({ each }) => each),
        );
        expect(watch(shuffled)).toEqual(watch(ordered));
      }),
    );
  });

  it('gives each sighting to one track at most, new ids to new tracks, and never more tracks than allowed', () => {
    fc.assert(
      fc.property(frames, (told) => {
        let state = NO_TRACKS;
        told.forEach((sightings, i) => {
          const faces = sightings.map(({ x, size }) => face(x, size));
          const [next, update] = track(state, faces, i * HOP_MS, { maxTracks: 3 });
          const seen = next.tracks.filter(({ lastMs }) => lastMs === i * HOP_MS).map(({ last }) => last);
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.length + update.untracked).toBe(faces.length);
          expect(next.tracks.length).toBeLessThanOrEqual(3);
          expect(new Set(next.tracks.map(({ id }) => id)).size).toBe(next.tracks.length);
          expect(next.tracks.every(({ id }) => id < next.nextId)).toBe(true);
          state = next;
        });
      }),
    );
  });

  it('changes nothing of the state it is given', () => {
    const [state] = track(NO_TRACKS, [mine, poster], 0);
    const before = structuredClone(state);
    track(state, [face(330, 130)], 100);
    expect(state).toEqual(before);
  });

  it('follows two faces that come close without exchanging them', () => {
    const updates: (readonly FaceSighting[])[] = times(30, (i) => [face(200 + 3 * i, 100), face(440 - 3 * i, 130)]);
    let state = NO_TRACKS;
    updates.forEach((sightings, i) => ([state] = track(state, sightings, i * HOP_MS)));
    expect(state.tracks.map(({ id, last, length }) => [id, last.box.width, length])).toEqual([
      [0, 130, 30],
      [1, 100, 30],
    ]);
  });

  it('begins again when the clock jumps back, with new ids', () => {
    let state = NO_TRACKS;
    for (let i = 0; i < 10; i++) [state] = track(state, [mine], 5000 + i * HOP_MS);
    const [after, update] = track(state, [mine], 1000);
    expect(update).toEqual({ own: null, ownTrack: null, untracked: 0 });
    expect(after.tracks.map(({ id, firstMs }) => [id, firstMs])).toEqual([[1, 1000]]);
  });
});
