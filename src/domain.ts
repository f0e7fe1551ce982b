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

/** The modalities that a window has something to judge in: one, or both. */
export type ModalitySubset = Modality | 'both';

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
  readonly encoding: FaceEncoding | null;
}

/** What the face network says of one picture. */
export interface FaceEncoding extends HeadLogits {
  /** What the pack's shared layers and its network of a face's attributes look at; null where it has neither. */
  readonly embedding: Float32Array | null;
  /** How far the picture lies from the pack's reference (`Distances`); absent where the pack has none. */
  readonly distance?: number;
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
  | 'out-of-distribution' // it arrived, but is too unlike what the networks were trained on
  | 'overload'; // it arrived, but the networks were too slow, or down, to look at it

/** Voice features of a window. */
export interface VoiceFeatures {
  /** Log-mel, row-major [frames, bands]. */
  readonly logMel: Float32Array;
  readonly frames: number;
  readonly bands: number;
  /** The sound itself, 16 kHz, where an encoder hears it; silent where none came. */
  readonly samples?: Float32Array;
  /** Share of the window in which someone speaks, by voice activity. */
  readonly speechShare: number;
}

/** Face features of a window: the sightings of the participant's own track that may be judged. */
export interface FaceFeatures {
  /** Row-major [n, width]; null where the pack has neither shared layers (paper 5) nor attributes (paper 2) for a face. */
  readonly embeddings: Float32Array | null;
  /** Row-major [n, labels of the face network]. */
  readonly shareLogits: Float32Array;
  /** As `shareLogits`. */
  readonly presenceLogits: Float32Array;
  readonly n: number;
  /** How far each look lies from the pack's reference, [n]; absent where the pack has none. */
  readonly distances?: Float32Array;
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

/** The two heads of a network, one number a label in the network's order. */
export interface HeadLogits {
  /** `softmax` of it is the predicted share of raters (papers 3 and 5). */
  readonly shareLogits: Float32Array;
  /** `sigmoid` of it is the probability that the label is present, before calibration (paper 1). */
  readonly presenceLogits: Float32Array;
}

/**
 * How far what was there lies from what the pack's networks were trained on, by modality: 1 is the bound, beyond which it is
 * out of distribution. A modality that was not there, or of which the pack has no reference, has no entry.
 */
export type Distances = Readonly<Partial<Record<Modality, number>>>;

/**
 * Raw outputs for one window: what each modality that was there says alone, and, where the pack's shared layers speak, what
 * they say of all that was there. Of two modalities one that is out of distribution is left out.
 */
export interface Logits {
  readonly voice: HeadLogits | null;
  readonly face: HeadLogits | null;
  readonly fusion: FusedLogits | null;
  /** Also of a modality that was left out; absent where the pack has no reference. */
  readonly distances?: Distances;
  /** Where one modality alone was judged and the pack has a network of its attributes. */
  readonly attributes?: AttributeScores;
}

/** What a network of attributes says (paper 2). */
export type AttributeScores = Readonly<Record<'valence' | 'arousal' | 'dominance', AttributeScore>>;

/** One attribute as a network says it, on [-1, 1]. */
export interface AttributeScore {
  /** Mean of raters' scores. */
  readonly consensus: number;
  /** Between these ends lies that mean, as often as the pack's network was fitted for. */
  readonly low: number;
  readonly high: number;
  /** Shares of raters in seven equal parts of [-1, 1], from the lowest: the average of Monte Carlo draws. */
  readonly bins: readonly number[];
  /** Entropy of `bins` in nats, 0 to ln 7 (paper 2, section IV.B). */
  readonly uncertainty: number;
}

/** What the shared layers say, and from what. */
export interface FusedLogits extends HeadLogits {
  readonly subset: ModalitySubset;
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
  /** Where the uncertainty comes from; absent where the modalities were not asked one by one. */
  readonly sources?: UncertaintySources;
  /** As in `Logits`. */
  readonly distances?: Distances;
  /** As in `Logits`. */
  readonly attributes?: AttributeScores;
}

/** Uncertainty by source, nats; a modality that was not judged has no entry. */
export interface UncertaintySources {
  /** Entropy of the shares that the voice alone gives. */
  readonly voice?: number;
  /** The same of the face. */
  readonly face?: number;
  /** How far voice and face contradict each other: the Jensen-Shannon divergence of their shares, 0 to ln 2. */
  readonly conflict?: number;
}

/** What raters would score, on [-1, 1]. */
export interface Estimate {
  readonly mean: number;
  /** Between these ends lie the scores of 90 % of raters. */
  readonly low: number;
  readonly high: number;
  /** Entropy of raters' predicted scores in seven equal parts of [-1, 1], nats, 0 to ln 7 (paper 2, section IV.B). */
  readonly uncertainty: number;
  /** Between these ends lies `mean` itself for nine of ten single pictures; only where a network said it. */
  readonly meanRange?: { readonly low: number; readonly high: number };
}

/** What raters would perceive beyond labels. */
export interface Perception {
  /**
   * Nobody was asked for scores, whichever it is. `derived`: worked out from this window's predicted shares of labels.
   * `network-derived`: a network (paper 2) said it, which learned scores that were derived from raters' votes; of windows
   * in which one modality alone was judged, where the pack has such a network.
   */
  readonly source: 'derived' | 'network-derived';
  /** 1 is pleasant, excited, in control; -1 is unpleasant, calm, controlled. */
  readonly attributes: Readonly<Record<'valence' | 'arousal' | 'dominance', Estimate>>;
  /**
   * Shares of raters by valence and arousal, 4 x 4 cells of [-1, 1] squared; row by row from the least valence, each row
   * from the least arousal. Sums to 1. Its rows and columns sum to what the source says of valence and of arousal.
   */
  readonly grid: readonly number[];
  /** Predicted probability that two raters choose different labels; of the shares, whatever the source. */
  readonly disagreement: number;
}

/** Why a window has no verdict. A closed list; the words for people are in the clients. */
export type RejectReason =
  | 'not-consented' // nothing was analysed
  | 'no-speech' // nothing but silence or noise in the voice, and no face to go by
  | 'no-face' // the camera shows no face, and no voice to go by
  | 'poor-face' // a face too small, turned, blurred, dark or cut off, and no voice to go by
  | 'no-media' // neither sound nor picture arrived
  | 'out-of-distribution' // too unlike what the networks were trained on, and nothing else to go by
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
  /** Where the uncertainty comes from; absent where nothing was judged. */
  readonly sources?: UncertaintySources;
  /** How far voice and face lie from what the networks were trained on; absent where the pack has no reference. */
  readonly distances?: Distances;
  /** What raters would perceive beyond labels; absent where nothing was judged. */
  readonly perception?: Perception;
  /** On reject: the labels that would have been said, as `labels` has them; absent where nothing was judged, and on accept. */
  readonly withheld?: readonly Label[];
  /** How far the verdict was doubted, and how far it might have been; absent where nothing was judged. */
  readonly doubt?: Doubt;
  /** `name@version` of the pack that judged. */
  readonly pack: string;
  /** Id of the calibration by reviewers' answers that was in force; null: none, the pack spoke as it was made. */
  readonly calibration: string | null;
  /** What a label's probability must be above to be said, where that calibration has set it anew; absent: as the pack has it. */
  readonly thresholds?: PerLabel;
}

/**
 * By what verdicts are doubted; each rises with doubt.
 * - `entropy` of the shares, nats: the verdict's `uncertainty`;
 * - `confidence`: 1 - the greatest calibrated probability;
 * - `disagreement`: the predicted probability that two raters choose different labels, 1 - the sum of squared shares.
 */
export type DoubtScore = 'entropy' | 'confidence' | 'disagreement';

/** A doubt beside what the pack's rule allows. */
export interface Doubt {
  readonly score: DoubtScore;
  readonly value: number;
  /** The greatest doubt that is accepted; null where the rule accepts no verdict of this label. */
  readonly limit: number | null;
}

/** What judging windows costs: sums since the start, which only grow. Admission plans by them. */
export interface WindowWork {
  /** Workers alive that judge windows. */
  readonly workers: number;
  /** Batches of windows by how many went together: how many there were, and how long workers worked on them, s. */
  readonly batches: readonly { readonly size: number; readonly count: number; readonly seconds: number }[];
  /** Windows that a worker takes together at most. Default 16. */
  readonly largest?: number;
  /** What the same workers spent on other calls, s; 0 where those have workers of their own. */
  readonly otherSeconds: number;
}

/** How far a host that cannot keep up has fallen back; at the configured hop and 1 it has not. */
export interface HostLoad {
  /** Distance between two window starts now, ms. */
  readonly hopMs: number;
  /** One in this many of each participant's windows is judged; the others are rejected as `overload`. */
  readonly oneIn: number;
}

/** A verdict with its place: what travels from analyse to serve. Ids and numbers, never media. */
export interface VerdictEvent extends ParticipantRef {
  readonly seq: number;
  readonly verdict: Verdict;
  /**
   * Probabilities as the pack gave them, before any calibration by reviewers; empty where nothing was judged. For review
   * alone: rooms are never told.
   */
  readonly packProbabilities: PerLabel;
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

/**
 * How one label's uncalibrated presence probability p becomes a calibrated one, as a pack keeps it; fitted and applied in
 * src/core/calibrators.
 */
export type LabelCalibration = TemperatureScaling | PlattScaling | IsotonicScaling;

/** sigmoid(u / temperature): u is logit(p) in the logit form and 2p - 1 in the form of paper 1, Eq. 6-7. */
export interface TemperatureScaling {
  readonly method: 'temperature';
  readonly form: 'logit' | 'paper';
  /** In [0.01, 100]; above 1 softens in the logit form. */
  readonly temperature: number;
}

/** sigmoid(a logit(p) + b). */
export interface PlattScaling {
  readonly method: 'platt';
  /** Above 0, so that order is kept. */
  readonly a: number;
  readonly b: number;
}

/** Straight lines through the points (x, y), level before the first and after the last. */
export interface IsotonicScaling {
  readonly method: 'isotonic';
  /** Rising, in [0, 1]; at least one. */
  readonly x: readonly number[];
  /** Never falling, within (0, 1); one for each x. */
  readonly y: readonly number[];
}

/** What the rest of the product needs to know of a loaded, verified pack; networks stay inside `models/`. */
export interface ModelPack {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** All labels, in order. */
  readonly labels: readonly Label[];
  readonly networks: Readonly<Record<Modality, PackNetwork>>;
  /** Shared layers that fuse voice and face; null where what each says is pooled. */
  readonly fusion: PackFusion | null;
  /** What each encoder before the networks was imported from; a modality without one has no entry. */
  readonly encoders: Readonly<Partial<Record<Modality, string>>>;
  readonly decision: PackDecision;
}

/** What is known of one network of a pack. */
export interface PackNetwork {
  /** Order of the network's logits. */
  readonly labels: readonly Label[];
  /** One for each label of the network. */
  readonly calibration: NetworkCalibration;
}

/** How the presence probabilities of a network are calibrated. */
export type NetworkCalibration = Readonly<Partial<Record<Label, LabelCalibration>>>;

/** What is known of the shared layers of a pack. */
export interface PackFusion {
  readonly labels: readonly Label[];
  /** One for each subset of modalities that the shared layers are asked for. */
  readonly calibration: Readonly<Partial<Record<ModalitySubset, NetworkCalibration>>>;
}

/** When a label is present, and when the whole is believed. */
export interface PackDecision {
  /** A label is present when its probability is above this. */
  readonly thresholds: PerLabel;
  /** Reject as `low-confidence` when the most probable label is below this, where `reject` has no rule. */
  readonly minTopProbability: number;
  /** By the modalities that were judged; what has no rule goes by `minTopProbability`. */
  readonly reject?: Readonly<Partial<Record<ModalitySubset, RejectRule>>>;
}

/**
 * A reject option with a promise. A verdict is accepted when its most probable label is present and its doubt is at most
 * the threshold; fitted in src/core/reject.
 */
export interface RejectRule {
  readonly score: DoubtScore;
  /** In the score's unit: one for all, or by the most probable label; a label without one is never accepted. */
  readonly threshold: number | PerLabel;
  readonly promise: RejectPromise;
  /** What the viewer of a page may choose in place of the promise; absent where nothing more was promised. */
  readonly ladder?: RiskLadder;
}

/** Thresholds for other risks than the rule's own; fitted in src/core/reject/ladder.ts. */
export interface RiskLadder {
  /** All of them keep their risks at once, but for this share of calibration sets. */
  readonly delta: number;
  /** Of rising risk; each accepts more than those before it. */
  readonly rungs: readonly RiskRung[];
}

/** One of a ladder's thresholds, as the rule has its own. */
export interface RiskRung {
  /** At most this share of what the threshold accepts is wrong in its first label. */
  readonly risk: number;
  readonly threshold: number | PerLabel;
  /** Calibration clips that it accepts, and how many of them are wrong. */
  readonly accepted: number;
  readonly wrong: number;
}

/** What was promised of the accepted verdicts, and from which clips that is known. */
export interface RejectPromise {
  /** At most this share of the accepted verdicts is wrong in its first label; absent where only a coverage was promised. */
  readonly risk?: number;
  /** At least this share of clips is accepted; absent where none was promised. */
  readonly coverage?: number;
  /** Both hold but for this share of calibration sets. */
  readonly delta: number;
  /** What the promise holds for one by one, beside all clips: `label`, or a key that groups clips, as `speaker`. */
  readonly per?: string;
  /** Calibration clips, how many of them are accepted, and how many of those are wrong. */
  readonly n: number;
  readonly accepted: number;
  readonly wrong: number;
  /** Which clips they were, in words. */
  readonly clips: string;
}
