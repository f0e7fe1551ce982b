/**
 * The nouns of the product. Types only: nothing here runs.
 *
 * Times are milliseconds since the Unix epoch on the server's clock (`...Ms`), except in the analysis of a file, where
 * zero is the file's start. Probabilities and shares are in [0, 1].
 */

/** An emotion that raters may choose, as the field names it. */
export type Label = 'neutral' | 'happiness' | 'surprise' | 'sadness' | 'anger' | 'disgust' | 'fear' | 'contempt';

/** What a network is given: the sound of the voice, or pictures of the face. */
export type Modality = 'voice' | 'face';

/** A number for some of the labels: a pack's voice network may know fewer labels than its face network. */
export type PerLabel = Readonly<Partial<Record<Label, number>>>;

// ---------------------------------------------------------------------------------------------------------- media

/** Consecutive sound: 16 kHz, mono, samples in [-1, 1]. */
export interface PcmChunk {
  readonly samples: Float32Array;
  /** When the first sample was captured. */
  readonly captureMs: number;
}

/** One picture, 8-bit I420 (Y plane, then U and V at half size), planes packed without padding. */
export interface VideoFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** True when luma spans 0..255; false for the video range 16..235. */
  readonly fullRange: boolean;
  readonly captureMs: number;
}

/** A place in a picture, pixels from its upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle in pixels of the frame; may reach past its edges. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** BlazeFace's key points in its own order, pixels of the frame; left and right are the person's own. */
export interface FaceKeyPoints {
  readonly rightEye: Point;
  readonly leftEye: Point;
  readonly nose: Point;
  readonly mouth: Point;
  readonly rightEar: Point;
  readonly leftEar: Point;
}

/** A face found in a frame. */
export interface FaceDetection {
  readonly box: Box;
  readonly keyPoints: FaceKeyPoints;
  /** The detector's score. */
  readonly score: number;
}

/** What was measured about one face picture, to decide whether it may be judged. */
export interface FaceQuality {
  /** Distance between the eyes in pixels of the frame. */
  readonly eyeDistancePx: number;
  /** Turn to the side, degrees, positive to the person's left; estimated from the key points. */
  readonly yawDeg: number;
  /** Nod, degrees, positive upwards; estimated from the key points. */
  readonly pitchDeg: number;
  /** Tilt of the eye line before alignment, degrees. */
  readonly rollDeg: number;
  /** Variance of the Laplacian of the aligned crop with luma in 0..1, times 1000; low is blurred. */
  readonly sharpness: number;
  /** Mean luma of the aligned crop, 0 (black) to 1. */
  readonly brightness: number;
}

/** A face found, measured and, where its quality allows, encoded. Made once per sampled frame. */
export interface FaceSighting extends FaceDetection {
  readonly captureMs: number;
  readonly quality: FaceQuality;
  /** Why the face must not be judged; null when it may. */
  readonly poor: PoorFaceCause | null;
  /** The face network's outputs; null when `poor`. */
  readonly encoding: { readonly embedding: Float32Array; readonly logits: Float32Array } | null;
}

/** What is wrong with a face that must not be judged. */
export type PoorFaceCause = 'small' | 'turned' | 'blurred' | 'dark' | 'cut-off';

/** One face over time. At most one track of a participant is theirs: the largest steady one. */
export interface FaceTrack {
  readonly id: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Sightings so far. */
  readonly length: number;
  readonly last: FaceSighting;
}

/** What a participant sends of one modality. `off`: never published or ended; `muted`: published, paused. */
export type TrackState = 'off' | 'live' | 'muted';

// ---------------------------------------------------------------------------------------------------- windows

/** One participant of one room. */
export interface ParticipantRef {
  readonly room: string;
  readonly participant: string;
}

/** Why a window has nothing to judge in one modality. */
export type MissingReason =
  | 'off' // the participant does not send it
  | 'muted'
  | 'no-media' // sent, but nothing arrived or could be decoded in this window
  | 'no-speech'
  | 'no-face'
  | 'poor-face'
  | 'overload'; // it arrived, but the networks were too slow, or down, to look at it

/** Voice features of a window. */
export interface VoiceFeatures {
  /** Log-mel, row-major [frames, bands]. */
  readonly logMel: Float32Array;
  readonly frames: number;
  readonly bands: number;
  /** Share of the window in which someone speaks, by voice activity. */
  readonly speechShare: number;
}

/** Face features of a window: the sightings of the participant's own track that may be judged. */
export interface FaceFeatures {
  /** Row-major [n, width]; for packs whose shared layers fuse voice and face (paper 5). */
  readonly embeddings: Float32Array;
  /** Row-major [n, labels of the face network]. */
  readonly logits: Float32Array;
  readonly n: number;
  /** Share of the window's sampled frames in which the face could be judged. */
  readonly visibleShare: number;
}

/** Voice and face of one participant over one stretch of one clock. */
export interface Window extends ParticipantRef {
  /** Counts this participant's windows from 0, without holes. */
  readonly seq: number;
  readonly startMs: number;
  readonly lengthMs: number;
  /** When the window was closed, on the server's clock; latency is counted from here. */
  readonly closedMs: number;
  /** Past this instant (server's clock) the window is stale and is not inferred. Infinity offline. */
  readonly deadlineMs: number;
  readonly voice: VoiceFeatures | null;
  readonly face: FaceFeatures | null;
  /** Why `voice` or `face` is null; a modality that is present has no entry. */
  readonly missing: Missing;
  /** Consent as it stood when the window closed; without it the window carries no features. */
  readonly consented: boolean;
}

/** Why a modality could not be judged; one that could has no entry. */
export type Missing = Readonly<Partial<Record<Modality, MissingReason>>>;

// -------------------------------------------------------------------------------------------------- inference

/** Raw outputs for one window: one vector per modality that was present, in the pack's label order for it. */
export interface Logits {
  readonly voice: Float32Array | null;
  readonly face: Float32Array | null;
}

/** What the pack says about one window, before anyone decides whether to believe it. */
export interface Prediction {
  /** Calibrated probability that the label is present: more than 1/C of raters would choose it (paper 1). */
  readonly probabilities: PerLabel;
  /** Predicted share of raters who would choose the label; sums to 1 (papers 3 and 5). */
  readonly shares: PerLabel;
  readonly modalities: readonly Modality[];
  /** Entropy of `shares` in nats. */
  readonly uncertainty: number;
}

/** Why a window has no verdict. A closed list; the words for people are in the clients. */
export type RejectReason =
  | 'not-consented' // nothing was analysed
  | 'no-speech' // nothing but silence or noise in the voice, and no face to go by
  | 'no-face' // the camera shows no face, and no voice to go by
  | 'poor-face' // a face too small, turned, blurred, dark or cut off, and no voice to go by
  | 'no-media' // neither sound nor picture arrived
  | 'low-confidence' // judged, but no label is sure enough
  | 'stale' // too old when its turn came
  | 'overload' // skipped because the host could not keep up
  | 'inference-failed'; // the worker crashed or the network gave no numbers

/** What is said about one window. `probabilities` and `shares` are kept on reject where there was something to judge. */
export type Verdict = VerdictBase &
  (
    | { readonly status: 'accepted'; readonly reason: null }
    | { readonly status: 'rejected'; readonly reason: RejectReason }
  );

/** What every verdict says, accepted or not. */
export interface VerdictBase {
  readonly startMs: number;
  readonly endMs: number;
  /** Labels present by the pack's thresholds, most probable first; empty on reject. */
  readonly labels: readonly Label[];
  readonly probabilities: PerLabel;
  readonly shares: PerLabel;
  readonly modalities: readonly Modality[];
  readonly missing: Missing;
  /** Entropy of `shares` in nats; null where nothing was judged. */
  readonly uncertainty: number | null;
  /** `name@version` of the pack that judged. */
  readonly pack: string;
}

/** A verdict with its place: what travels from analyse to serve. Ids and numbers, never media. */
export interface VerdictEvent extends ParticipantRef {
  readonly seq: number;
  readonly verdict: Verdict;
  /** From window closed to verdict decided, server's clock. */
  readonly latencyMs: number;
}

/** An interval of steady verdicts: the same labels, or the same reason. */
export interface Segment {
  /** Counts this participant's segments from 0. */
  readonly index: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: 'accepted' | 'rejected';
  readonly labels: readonly Label[];
  readonly reason: RejectReason | null;
  /** Mean calibrated probability per label over the segment's windows. */
  readonly probabilities: PerLabel;
  readonly windows: number;
  /** False once a later segment has begun or the participant has left. */
  readonly open: boolean;
}

// ------------------------------------------------------------------------------------------------------ packs

/** `probability = sigmoid(a * logit(share) + b)`. */
export interface LogitScaling {
  readonly a: number;
  readonly b: number;
}

/** What the rest of the product needs to know of a loaded, verified pack; networks stay inside `models/`. */
export interface ModelPack {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** All labels, in order. */
  readonly labels: readonly Label[];
  readonly networks: Readonly<Record<Modality, PackNetwork>>;
  readonly decision: PackDecision;
}

/** What is known of one network of a pack. */
export interface PackNetwork {
  /** Order of the network's logits. */
  readonly labels: readonly Label[];
  readonly calibration: Readonly<Partial<Record<Label, LogitScaling>>>;
}

/** When a label is present, and when the whole is believed. */
export interface PackDecision {
  /** A label is present when its probability is above this. */
  readonly thresholds: PerLabel;
  /** Reject as `low-confidence` when the most probable label is below this. */
  readonly minTopProbability: number;
}
