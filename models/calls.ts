/** What is asked of an inference worker and what it answers. */
import type { FaceFeatures, FaceSighting, Logits, Modality, VideoFrame } from '../src/domain.ts';
import type { ErrorCode } from '../src/errors.ts';
import type { SpeechActivity, SpeechState } from '../src/ports.ts';
import type { FusionModel, Model } from './contract.ts';
import type { PackEncoders } from './pack-encoders.ts';
import type { Provider } from './runtime.ts';

/** The kinds of call, with request and answer. */
export interface Calls {
  readonly window: { readonly request: WindowRequest; readonly answer: Logits };
  readonly speech: { readonly request: SpeechRequest; readonly answer: SpeechActivity };
  readonly faces: { readonly request: VideoFrame; readonly answer: readonly FaceSighting[] };
}

/** What is called: a queue, a batch and a metric label each. */
export type CallKind = keyof Calls;

/** The part of a window that networks look at. */
export interface WindowRequest {
  /** Log-mel, row-major [frames, 64], or the sound itself, 16 kHz, where an encoder hears it. */
  readonly voice: { readonly logMel: Float32Array; readonly frames: number; readonly samples?: Float32Array } | null;
  /**
   * Both heads of the face network of `n` frames, row-major, and what the shared layers look at, if the pack has any; of a face
   * encoder its states alone.
   */
  readonly face: Omit<FaceFeatures, 'visibleShare'> | null;
}

/** Samples in a block that voice activity judges: 32 ms at 16 kHz. */
export const BLOCK_SAMPLES = 512;

/** Sound of one participant, and what is remembered of the sound before it. */
export interface SpeechRequest {
  /** Whole blocks of 512 samples, 16 kHz. */
  readonly samples: Float32Array;
  readonly state: SpeechState | null;
}

/** An answer, or why there is none; errors travel between threads as data. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Calls of one kind that go to a worker together. */
export type Batch = {
  [K in CallKind]: { readonly kind: K; readonly requests: readonly Calls[K]['request'][] };
}[CallKind];

/** The networks that a worker opens, and where. */
export interface Opening {
  readonly models: Models;
  readonly provider: Provider;
  /** Threads within one run. */
  readonly threads: number;
  /** Kinds of call that the worker will be asked; what none of them needs is not opened. Default all. */
  readonly kinds?: readonly CallKind[];
  /** Length of the windows that encoders hear, ms. Default 3000. */
  readonly windowMs?: number;
}

/** The networks of the product, before they are opened. */
export interface Models {
  readonly voice: Model;
  readonly face: Model;
  /** Null in a pack that pools what voice and face say. */
  readonly fusion: FusionModel | null;
  /** By the modality whose embeddings they look at; none in a pack whose attributes follow from its shares. */
  readonly attributes: Readonly<Partial<Record<Modality, Model>>>;
  /** What stands before the networks; of a pack without encoders nothing. */
  readonly encoders?: PackEncoders;
  readonly detector: Model;
  readonly speech: Model;
}

/** To a worker: `open` first, then a batch at a time, `close` last. */
export type ToWorker =
  | ({ readonly type: 'open' } & Opening)
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'close' };

/** From a worker: `opened` or `failed` to `open`, `answers` to a batch, in the order of its requests. */
export type FromWorker =
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'answers'; readonly answers: readonly Answer<unknown>[]; readonly seconds: number };
