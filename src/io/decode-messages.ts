/** What the server and a decoder process say to each other. */
import type { PcmChunk, VideoFrame } from '../domain.ts';

/** What a track may be encoded with. */
export type Codec = 'opus' | 'vp8' | 'h264';

/** One track to decode. */
export interface StreamOptions {
  readonly codec: Codec;
  /** Pictures handed on, a second of capture time; the others are decoded and dropped. Video only. Default 5. */
  readonly fps?: number;
}

/** To a decoder process. */
export type DecoderCommand =
  | { readonly kind: 'open'; readonly stream: number; readonly options: StreamOptions }
  | { readonly kind: 'close'; readonly stream: number }
  /** Packed by `packBatch`; answered by one report with `done`. */
  | { readonly kind: 'batch'; readonly batch: Uint8Array };

/** What came out of one stream. `seconds`: how long decoding took. */
export type StreamOutput =
  | { readonly kind: 'audio'; readonly chunk: PcmChunk; readonly epoch: number; readonly seconds: number }
  | { readonly kind: 'video'; readonly frame: VideoFrame; readonly epoch: number; readonly seconds: number }
  /** Nothing can be decoded before the next key frame: ask the sender for one. */
  | { readonly kind: 'key-frame-wanted' };

/** A counter's name, its labels and by how much it grew. */
export interface CounterGrowth {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly by: number;
}

/** From a decoder process. */
export interface DecoderReport {
  /** A batch was worked off: the next may be sent. */
  readonly done: boolean;
  readonly outputs: readonly { readonly stream: number; readonly output: StreamOutput }[];
  readonly counters: readonly CounterGrowth[];
}

/** One stream inside a decoder process. */
export interface StreamDecoder {
  /** Take in one RTP packet; what comes out of it is emitted now or later. Never throws. */
  push(bytes: Uint8Array, capture: { readonly captureMs: number; readonly epoch: number }): void;
  /** Let go of packets that waited long enough for a missing one. */
  expire(): void;
  /** Nothing comes out from now on. */
  close(): void;
}

/** What a stream inside a decoder process may do. */
export interface StreamPorts {
  readonly emit: (output: StreamOutput) => void;
  readonly count: (name: string, labels?: Readonly<Record<string, string>>, by?: number) => void;
  /** Monotonic, ms. */
  readonly now: () => number;
}
