/**
 * What the pipelines need from the outside, as types. `pipelines`, `src/io` and `models` meet only here and in
 * `server.ts`, so each can be replaced, tested or moved to another machine alone.
 */
import type { Observable } from 'rxjs';
import type {
  FaceSighting,
  Logits,
  Modality,
  ModelPack,
  ParticipantRef,
  PcmChunk,
  TrackState,
  VerdictEvent,
  VideoFrame,
  Window,
  WindowWork,
} from './domain.ts';

/** The server's clock: milliseconds since the Unix epoch, monotonic while the process lives. */
export interface Clock {
  now(): number;
}

// ------------------------------------------------------------------------------------------------------ media

/** What a source of media says, in the order in which it happened within each modality. */
export type MediaEvent =
  | { readonly kind: 'audio'; readonly chunk: PcmChunk }
  | { readonly kind: 'video'; readonly frame: VideoFrame }
  | { readonly kind: 'track'; readonly modality: Modality; readonly state: TrackState }
  /** The source's clock jumped: what came before and what comes after do not belong in one window. */
  | { readonly kind: 'discontinuity'; readonly modality: Modality };

/** One participant's media, live or from a file. */
export interface MediaSource {
  readonly ref: ParticipantRef;
  /** Hot for live sources, cold for files; completes when the participant leaves or the file ends, errors once. */
  readonly events: Observable<MediaEvent>;
}

/** A participant who publishes over WebRTC. Arguments and results in `Json` are WebRTC's own structures. */
export interface Peer extends MediaSource {
  /** What the browser's device must load before it can send. */
  readonly routerRtpCapabilities: Json;
  /** Nothing is consumed or decoded while consent is not granted; starts ungranted. */
  setConsent(granted: boolean): Promise<void>;
  openTransport(): Promise<TransportOffer>;
  connectTransport(transport: string, dtlsParameters: Json): Promise<void>;
  restartIce(transport: string): Promise<Json>;
  /** Start sending a track; one of a kind at a time, a second replaces the first. Returns the producer's id. */
  produce(transport: string, kind: 'audio' | 'video', rtpParameters: Json): Promise<string>;
  setTrack(kind: 'audio' | 'video', state: TrackState): Promise<void>;
  /** Ends the media and completes `events`. */
  close(): void;
}

/** A structure that WebRTC defines and we only pass on. */
export type Json = Readonly<Record<string, unknown>>;

/** What a browser needs to connect a transport. */
export interface TransportOffer {
  readonly transport: string;
  readonly iceParameters: Json;
  readonly iceCandidates: readonly Json[];
  readonly dtlsParameters: Json;
}

/** Where browsers send their media. */
export interface MediaServer {
  /** @throws UndertoneError `draining` or `worker-crashed` when nobody can be taken in now. */
  join(ref: ParticipantRef): Promise<Peer>;
  status(): { readonly workers: number; readonly workersAlive: number };
  close(): Promise<void>;
}

// ----------------------------------------------------------------------------------------------------- broker

/**
 * Carries windows to analysers and verdicts to servers. Every window that goes in comes out once: to a puller, or to
 * `onDiscard`. The in-memory broker and a networked one pass the same contract test.
 */
export interface Broker {
  /** Queue a window; when the queue is full the oldest is discarded and counted. Never waits. */
  publishWindow(window: Window): void;
  /** Take the oldest windows, at most `max`; waits until there is one. Empty only after `close` or `signal` aborts. */
  pullWindows(max: number, signal?: AbortSignal): Promise<readonly Window[]>;
  publishVerdict(event: VerdictEvent): void;
  /** Verdicts from now on; returns how to stop. */
  onVerdict(listener: (event: VerdictEvent) => void): () => void;
  /** Windows waiting. */
  readonly depth: number;
  close(): Promise<void>;
}

// -------------------------------------------------------------------------------------------------- inference

/** Recurrent state of voice activity detection for one participant; `null` starts afresh. Opaque to callers. */
export interface SpeechState {
  readonly hidden: Float32Array;
  readonly context: Float32Array;
}

/**
 * The networks, wherever they run. Every call settles: a crashed worker rejects its calls with `worker-crashed` and is
 * restarted; a full queue rejects at once with `limit-reached`.
 */
export interface Inference {
  readonly pack: ModelPack;
  /**
   * Faces in one frame, largest first, measured and (the two largest that may be judged) encoded. The frame's buffer is
   * transferred: the caller must not use it afterwards.
   */
  detectFaces(frame: VideoFrame): Promise<readonly FaceSighting[]>;
  /** Speech probability of each 512-sample block of `samples` (a multiple of 512, 16 kHz). */
  detectSpeech(samples: Float32Array, state: SpeechState | null): Promise<SpeechActivity>;
  /** Logits of one window; at least one modality is present. The window is copied, not transferred. */
  infer(window: Pick<Window, 'voice' | 'face'>): Promise<Logits>;
  status(): InferenceStatus;
  close(): Promise<void>;
}

/** How likely somebody speaks, block by block, and what the next call needs. */
export interface SpeechActivity {
  readonly probabilities: Float32Array;
  readonly state: SpeechState;
}

/** How inference is doing. */
export interface InferenceStatus {
  /** Every worker has loaded and warmed its networks. */
  readonly ready: boolean;
  readonly workers: number;
  readonly workersAlive: number;
  /** The provider that really runs, for example `cpu`; the one asked for may have failed. */
  readonly provider: string;
  /** Calls waiting or running. */
  readonly depth: number;
  readonly windows: WindowWork;
}

// -------------------------------------------------------------------------------------------------- telemetry

/** Metrics, by name; names and help texts live in `io/telemetry.ts`, which refuses a name it does not know. */
export interface Meter {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** A duration in seconds. */
  observe(name: string, seconds: number, labels?: Readonly<Record<string, string>>): void;
}

/** Structured logs: ids and numbers; never media, transcripts or tokens. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
