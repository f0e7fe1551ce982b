/** Opus, VP8 and H.264 in RTP become 16 kHz sound and sampled pictures, off the main thread. */
import type { PcmChunk, VideoFrame } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Log, Meter } from '../ports.ts';
import type { StreamOptions, StreamOutput } from './decode-messages.ts';
import { startDecodeThread, type ThreadStream } from './decode-thread.ts';

export type { Codec } from './decode-messages.ts';

/** Decoder threads, shared by all tracks. */
export interface Decoder {
  /** Open a track on the thread that has the fewest. */
  open(options: StreamOptions, handlers: StreamHandlers): DecodeStream;
  /** `depth`: packets waiting for a thread. */
  status(): { readonly workers: number; readonly workersAlive: number; readonly depth: number };
  /** Ends the threads; nothing comes out any more. */
  close(): Promise<void>;
}

/** One track being decoded. */
export interface DecodeStream {
  /**
   * Take in one RTP packet as it arrived; order, loss and malformed bytes are dealt with. The bytes must not change
   * afterwards. `captureMs` and `epoch` come back with what is decoded from it.
   */
  push(packet: Uint8Array, captureMs: number, epoch: number): void;
  /** From here on no handler is called. */
  close(): void;
}

/** What a track's owner is told, on the main thread. */
export interface StreamHandlers {
  readonly onAudio?: (chunk: PcmChunk, epoch: number) => void;
  readonly onVideo?: (frame: VideoFrame, epoch: number) => void;
  /** Nothing can be decoded until a key frame comes; told at most once a second. */
  readonly onKeyFrameWanted?: () => void;
}

export interface DecoderOptions {
  /** Decoder threads. Default 1. */
  readonly workers?: number;
  readonly log: Log;
  readonly meter: Meter;
  /** The thread's module. Default `decode-worker.ts`. */
  readonly entry?: URL;
}

const GAUGE_EVERY_MS = 1000;

/**
 * Start the decoder threads. A thread that dies is started again with its streams; the sender is asked for a key frame.
 * @throws UndertoneError `setup-missing` when the codecs cannot be loaded on this machine.
 * @example
 * const decoder = await startDecoder({ workers: 1, log, meter });
 * const stream = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => use(chunk) });
 * stream.push(rtpPacket, clock.now(), 0);
 */
export async function startDecoder(options: DecoderOptions): Promise<Decoder> {
  await pinCodecs();
  const { workers = 1, log, meter, entry = new URL('./decode-worker.ts', import.meta.url) } = options;
  const threads = await Promise.all(Array.from({ length: workers }, () => startDecodeThread({ entry, log, meter })));
  const depth = (kind: 'audio' | 'video') => threads.reduce((sum, thread) => sum + thread.depth[kind], 0);
  const gauges = setInterval(() => {
    meter.gauge('undertone_queue_depth', depth('audio'), { queue: 'decode-audio' });
    meter.gauge('undertone_queue_depth', depth('video'), { queue: 'decode-video' });
  }, GAUGE_EVERY_MS).unref();
  let nextId = 0;

  return {
    open(streamOptions, handlers) {
      const thread = threads.reduce((least, other) => (other.streams < least.streams ? other : least));
      const onOutput = (output: StreamOutput) => {
        handle(output, handlers, meter);
      };
      const stream: ThreadStream = { id: nextId++, options: streamOptions, onOutput };
      thread.open(stream);
      return {
        push: (packet, captureMs, epoch) => {
          thread.push(stream, packet, captureMs, epoch);
        },
        close: () => {
          thread.close(stream);
        },
      };
    },
    status: () => ({
      workers,
      workersAlive: threads.filter(({ alive }) => alive).length,
      depth: depth('audio') + depth('video'),
    }),
    async close() {
      clearInterval(gauges);
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

/**
 * Load the codecs on the main thread too. Node unloads a native module with the last thread that uses it, and a thread
 * that ends after that still runs the module's destructors of thread-local data: the process would end with SIGSEGV.
 */
async function pinCodecs(): Promise<void> {
  try {
    await Promise.all([import('@evan/opus'), import('@napi-rs/webcodecs')]);
  } catch (cause) {
    throw new UndertoneError(
      'setup-missing',
      'the codecs (@evan/opus, @napi-rs/webcodecs) cannot be loaded: run npm install on this machine',
      { cause },
    );
  }
}

function handle(output: StreamOutput, handlers: StreamHandlers, meter: Meter): void {
  switch (output.kind) {
    case 'audio':
      meter.observe('undertone_stage_seconds', output.seconds, { stage: 'decode' });
      handlers.onAudio?.(output.chunk, output.epoch);
      break;
    case 'video':
      meter.observe('undertone_stage_seconds', output.seconds, { stage: 'decode' });
      handlers.onVideo?.(output.frame, output.epoch);
      break;
    case 'key-frame-wanted':
      handlers.onKeyFrameWanted?.();
  }
}
