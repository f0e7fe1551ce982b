/** The last seconds of looks at one participant: per sampled frame, the face that is theirs, or that there was none. */
import type { FaceEncoding, FaceFeatures, FaceSighting } from '../domain.ts';

/** A stretch of looks read from the ring. */
export interface FaceStretch {
  /** Share of the half seconds in which at least one look was taken. */
  readonly coverage: number;
  /** Share of the half seconds of which there is a picture, looked at or not. */
  readonly arrived: number;
  /** Share of the looks that showed the participant's face, good or poor. */
  readonly seenShare: number;
  /** Null where no look could be judged. */
  readonly features: FaceFeatures | null;
}

/** The looks of one participant, newest last. */
export interface FaceRing {
  /** A sampled frame was looked at; `sighting` is null when it showed no face of the participant. */
  put(captureMs: number, sighting: FaceSighting | null): void;
  /** A sampled frame was not looked at. */
  skip(captureMs: number): void;
  read(startMs: number, endMs: number): FaceStretch;
  /** Capture time of the latest look; -Infinity when empty. */
  readonly lastMs: number;
  clear(): void;
}

/** Looks may be skipped under load without the face being lost; a picture that froze for long is lost. */
const BIN_MS = 500;

/** A ring of at most `capacity` looks; the oldest is overwritten, which is its purpose and needs no counter. */
export function faceRing({ capacity }: { capacity: number }): FaceRing {
  let looks: { readonly captureMs: number; readonly sighting: FaceSighting | null }[] = [];
  let skippedMs: number[] = [];
  return {
    get lastMs() {
      return looks.at(-1)?.captureMs ?? -Infinity;
    },
    put(captureMs, sighting) {
      looks.push({ captureMs, sighting });
      if (looks.length > capacity) looks.shift();
    },
    skip(captureMs) {
      skippedMs.push(captureMs);
      if (skippedMs.length > capacity) skippedMs.shift();
    },
    read(startMs, endMs) {
      const isWithin = (captureMs: number) => captureMs >= startMs && captureMs < endMs;
      const within = looks.filter(({ captureMs }) => isWithin(captureMs));
      const encodings = within.flatMap(({ sighting }) => sighting?.encoding ?? []);
      const lookedMs = within.map(({ captureMs }) => captureMs);
      const shareOf = (timesMs: readonly number[]) =>
        new Set(timesMs.map((ms) => Math.floor((ms - startMs) / BIN_MS))).size / Math.ceil((endMs - startMs) / BIN_MS);
      return {
        coverage: shareOf(lookedMs),
        arrived: shareOf([...lookedMs, ...skippedMs.filter(isWithin)]),
        seenShare: within.length === 0 ? 0 : within.filter(({ sighting }) => sighting !== null).length / within.length,
        features:
          encodings.length === 0
            ? null
            : {
                embeddings: concatAll(encodings.map(({ embedding }) => embedding)),
                shareLogits: concat(encodings.map(({ shareLogits }) => shareLogits)),
                presenceLogits: concat(encodings.map(({ presenceLogits }) => presenceLogits)),
                n: encodings.length,
                ...distancesOf(encodings),
                visibleShare: encodings.length / within.length,
              },
      };
    },
    clear() {
      looks = [];
      skippedMs = [];
    },
  };
}

/** One a look, where the pack measures them. */
function distancesOf(encodings: readonly FaceEncoding[]): Pick<FaceFeatures, 'distances'> {
  const distances = encodings.flatMap(({ distance }) => distance ?? []);
  return distances.length === encodings.length ? { distances: Float32Array.from(distances) } : {};
}

/** Null where a row is missing: all looks are one pack's, which gives embeddings or does not. */
function concatAll(rows: readonly (Float32Array | null)[]): Float32Array | null {
  const there = rows.filter((row) => row !== null);
  return there.length === rows.length ? concat(there) : null;
}

function concat(rows: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    out.set(row, at);
    at += row.length;
  }
  return out;
}
