/**
 * Voice and face of one participant cut into overlapping windows on one clock. Features go in once; each window reads the
 * stretch it covers. A window closes when everything in it has arrived, or, live, when it has waited long enough.
 */
import type {
  FaceFeatures,
  FaceSighting,
  Missing,
  MissingReason,
  Modality,
  ParticipantRef,
  PcmChunk,
  TrackState,
  VoiceFeatures,
  Window,
} from '../domain.ts';
import { faceRing } from './face-ring.ts';
import { hopNumber, nextCut } from './admission/ladder.ts';
import type { Turn } from './admission/ladder.ts';
import { soundRing } from './evidence/sound-ring.ts';
import { MEL_BANDS, SAMPLE_RATE_HZ } from './features.ts';
import { voiceRing } from './voice-ring.ts';

export interface WindowOptions {
  /** Length of a window, ms. Default 3000. */
  readonly lengthMs?: number;
  /** Distance between two window starts, ms; less than `lengthMs` overlaps them. Default 500. */
  readonly hopMs?: number;
  /** How long a window waits for late media after its end, ms. Default 150. */
  readonly graceMs?: number;
  /** How long after closing a window may still be inferred, ms; Infinity offline. Default 1000. */
  readonly staleMs?: number;
  /** Frames a second that are looked at. Default 5. */
  readonly looksPerSecond?: number;
  /** Share of the window in which someone must speak for the voice to be judged. Default 0.15. */
  readonly minSpeechShare?: number;
  /** Share of the looks in which the face must be fit to judge. Default 0.3. */
  readonly minVisibleShare?: number;
  /** Whether windows carry the sound itself: for a pack whose voice encoder hears it. Default false. */
  readonly carriesSound?: boolean;
  /** Behind by more (the host slept, say), the schedule moves on, without a flood of windows, ms. Default 5000. */
  readonly maxLagMs?: number;
}

/** Share of a window that its sound, or its looks, must cover. */
const MIN_COVERAGE = 0.5;
/** Speech is detected in batches of blocks; a window does not wait for the last one, ms. */
const SPEECH_LAG_MS = 100;
/** How far behind a window may be closed and still find all of its features, ms. */
const RING_LAG_MS = 5000;

/** One participant's windows in the making. All times on the clock of `originMs`. */
export interface Windows {
  putFrames(startMs: number, frames: Float32Array): void;
  /** Sound as it came, kept where windows carry it. */
  putSound(chunk: PcmChunk): void;
  putSpeech(startMs: number, blockMs: number, probabilities: Float32Array): void;
  putLook(captureMs: number, sighting: FaceSighting | null): void;
  /** A frame came that nobody looked at. */
  skipLook(captureMs: number): void;
  setTrack(modality: Modality, state: TrackState): void;
  /** Without consent what was gathered is forgotten, what still comes in is not kept, and windows carry nothing. */
  setConsent(consented: boolean): void;
  /** What came before does not belong with what comes after. */
  clear(modality: Modality): void;
  /**
   * From now on cut a window in the hops of `turn` only; the one that is due already is still cut. What lies in the past is
   * not made up for.
   */
  setTurn(turn: Turn, nowMs: number): void;
  /** The windows that are due at `nowMs`, in order. */
  close(nowMs: number): readonly Window[];
  /** Windows that were left out so far, as the schedule was too far behind. */
  readonly leftOut: number;
  /** The rest, when the media has ended at `endMs`: whole windows, or one short window if there was none at all. */
  flush(endMs: number): readonly Window[];
}

/**
 * Start cutting at `originMs`; window `seq` covers [originMs + seq hopMs, + lengthMs) for as long as no `setTurn` leaves out
 * hops; `seq` has no holes either way.
 * @example
 * const windows = createWindows(ref, 0, { hopMs: 500 });
 * windows.putFrames(0, frames);
 * for (const window of windows.close(3200)) publish(window);
 */
export function createWindows(ref: ParticipantRef, originMs: number, options: WindowOptions = {}): Windows {
  const { lengthMs = 3000, hopMs = 500, graceMs = 150, staleMs = 1000, looksPerSecond = 5 } = options;
  const { minSpeechShare = 0.15, minVisibleShare = 0.3, maxLagMs = RING_LAG_MS, carriesSound = false } = options;
  const capacityMs = lengthMs + graceMs + RING_LAG_MS;
  const voice = voiceRing({ originMs, capacityMs });
  const sound = carriesSound ? soundRing(capacityMs) : null;
  const face = faceRing({ capacity: Math.ceil((capacityMs / 1000) * looksPerSecond * 2) });
  const lookMs = 1000 / looksPerSecond;
  const tracks: Record<Modality, TrackState> = { voice: 'off', face: 'off' };
  let consented = false;
  let seq = 0;
  let turn: Turn = EVERY_HOP;
  const firstHop = hopNumber(originMs, hopMs);
  /** Hops since the origin to the next window. */
  let hop = 0;
  /** Of the latest window; -1 before it. */
  let lastHop = -1;
  let leftOut = 0;
  const startOf = (hops: number) => originMs + hops * hopMs;
  const atTurn = (hops: number) => nextCut(firstHop + hops, turn) - firstHop;

  const complete = (endMs: number) =>
    (tracks.voice !== 'live' || (voice.framesEndMs >= endMs && voice.speechEndMs >= endMs - SPEECH_LAG_MS)) &&
    (tracks.face !== 'live' || face.lastMs >= endMs - lookMs);

  const cut = (endMs: number, closedMs: number): Window => {
    const startMs = startOf(hop);
    const heard = consented ? readVoice(startMs, endMs) : WITHHELD;
    const seen = consented ? readFace(startMs, endMs) : WITHHELD;
    lastHop = hop;
    hop = atTurn(hop + 1);
    const missing = { ...tag('voice', heard.missing), ...tag('face', seen.missing) };
    return {
      ...ref,
      seq: seq++,
      startMs,
      lengthMs: endMs - startMs,
      closedMs,
      deadlineMs: closedMs + staleMs,
      voice: heard.features,
      face: seen.features,
      missing,
      consented,
    };
  };

  const readVoice = (startMs: number, endMs: number): Read<VoiceFeatures> => {
    const { logMel, frames, coverage, checkedShare, speechShare } = voice.read(startMs, endMs);
    if (coverage < MIN_COVERAGE) return absent(tracks.voice);
    if (speechShare < minSpeechShare)
      // Where nobody has listened there may be speech.
      return { features: null, missing: checkedShare < MIN_COVERAGE * coverage ? 'overload' : 'no-speech' };
    return {
      features: { logMel, frames, bands: MEL_BANDS, speechShare, ...(sound && { samples: readSound(startMs, endMs) }) },
      missing: null,
    };
  };

  const readSound = (startMs: number, endMs: number): Float32Array =>
    Float32Array.from(sound?.read(startMs, endMs) ?? new Int16Array(samplesIn(endMs - startMs)), (x) => x / 32_767);

  const readFace = (startMs: number, endMs: number): Read<FaceFeatures> => {
    const { coverage, arrived, seenShare, features } = face.read(startMs, endMs);
    if (arrived < MIN_COVERAGE) return absent(tracks.face);
    if (coverage < MIN_COVERAGE) return { features: null, missing: 'overload' };
    if (features !== null && features.visibleShare >= minVisibleShare) return { features, missing: null };
    return { features: null, missing: seenShare >= minVisibleShare ? 'poor-face' : 'no-face' };
  };

  return {
    putFrames(atMs, frames) {
      if (consented) voice.putFrames(atMs, frames);
    },
    putSound(chunk) {
      if (consented) sound?.put(chunk);
    },
    putSpeech(atMs, blockMs, probabilities) {
      if (consented) voice.putSpeech(atMs, blockMs, probabilities);
    },
    putLook(captureMs, sighting) {
      if (consented) face.put(captureMs, sighting);
    },
    skipLook(captureMs) {
      if (consented) face.skip(captureMs);
    },
    setTrack(modality, state) {
      tracks[modality] = state;
    },
    setConsent(granted) {
      if (!granted) {
        voice.clear();
        sound?.clear();
        face.clear();
      }
      consented = granted;
    },
    clear(modality) {
      if (modality === 'voice') {
        voice.clear();
        sound?.clear();
      } else face.clear();
    },
    setTurn(next, nowMs) {
      turn = next;
      const newest = Math.max(lastHop + 1, Math.ceil((nowMs - lengthMs - originMs) / hopMs));
      if (hop >= newest) hop = atTurn(newest);
    },
    close(nowMs) {
      const closed: Window[] = [];
      const lagMs = nowMs - (startOf(hop) + lengthMs);
      if (lagMs > maxLagMs) {
        const before = hop;
        hop = atTurn(hop + Math.floor(lagMs / hopMs));
        leftOut += Math.floor((hop - before) / turn.stride);
      }
      for (;;) {
        const endMs = startOf(hop) + lengthMs;
        const due = nowMs >= endMs + graceMs || (nowMs >= endMs && complete(endMs));
        if (!due) return closed;
        closed.push(cut(endMs, nowMs));
      }
    },
    get leftOut() {
      return leftOut;
    },
    flush(mediaEndMs) {
      const closed: Window[] = [];
      while (startOf(hop) + lengthMs <= mediaEndMs) closed.push(cut(startOf(hop) + lengthMs, mediaEndMs));
      if (seq === 0 && mediaEndMs > startOf(hop)) closed.push(cut(mediaEndMs, mediaEndMs));
      return closed;
    },
  };
}

interface Read<T> {
  readonly features: T | null;
  readonly missing: MissingReason | null;
}

/** The turn of somebody of whom every window is cut. */
const EVERY_HOP: Turn = { stride: 1, oneIn: 1, offset: 0 };

/** Without consent nothing is taken from the participant. */
const WITHHELD: Read<never> = { features: null, missing: 'off' };

function samplesIn(ms: number): number {
  return Math.round((ms * SAMPLE_RATE_HZ) / 1000);
}

function absent(state: TrackState): Read<never> {
  return { features: null, missing: state === 'live' ? 'no-media' : state };
}

function tag(modality: Modality, reason: MissingReason | null): Missing {
  return reason === null ? {} : { [modality]: reason };
}
