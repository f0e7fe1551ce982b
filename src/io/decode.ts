/**
 * Opus, VP8 and H.264 in RTP become 16 kHz sound and sampled pictures, in processes of their own: media is bytes from
 * strangers, and a codec that stumbles over them must not take the server with it (docs/decisions/0010).
 */
import type { PcmChunk, VideoFrame } from '../domain.ts';
import type { Meter } from '../ports.ts';
import type { StreamOptions, StreamOutput } from './decode-messages.ts';
import { startDecodeProcess, type DecodeProcessOptions, type ProcessStream } from './decode-process.ts';

export type { Codec } from './decode-messages.ts';

/** Decoder processes, shared by all tracks. */
export interface Decoder {
  /** Open a track on the process that has the fewest. */
  open(options: StreamOptions, handlers: StreamHandlers): DecodeStream;
  /** `depth`: packets waiting for a process. */
  status(): { readonly workers: number; readonly workersAlive: number; readonly depth: number };
  /** The processes that run, for the log and for tests. */
  readonly pids: readonly number[];
  /** Ends the processes; nothing comes out any more. */
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

/** How many decoders there are, and whom they tell. */
export interface DecoderOptions extends DecodeProcessOptions {
  /** Decoder processes. Default 1. */
  readonly workers?: number;
}

const GAUGE_EVERY_MS = 1000;

/**
 * Start the decoder processes. One that dies is started again with its streams; senders are asked for a key frame.
 * @throws UndertoneError `setup-missing` when the codecs cannot be loaded on this machine.
 * @example
 * const decoder = await startDecoder({ workers: 1, log, meter });
 * const stream = decoder.open({ codec: 'opus' }, { onAudio: (chunk) => use(chunk) });
 * stream.push(rtpPacket, clock.now(), 0);
 */
export async function startDecoder(options: DecoderOptions): Promise<Decoder> {
  const { workers = 1, meter } = options;
  const processes = await Promise.all(Array.from({ length: workers }, () => startDecodeProcess(options)));
  const depth = (kind: 'audio' | 'video') => processes.reduce((sum, { depth }) => sum + depth[kind], 0);
  const gauges = setInterval(() => {
    meter.gauge('undertone_queue_depth', depth('audio'), { queue: 'decode-audio' });
    meter.gauge('undertone_queue_depth', depth('video'), { queue: 'decode-video' });
  }, GAUGE_EVERY_MS).unref();
  let nextId = 0;

  return {
    open(streamOptions, handlers) {
      const process = processes.reduce((least, other) => (other.streams < least.streams ? other : least));
      const onOutput = (output: StreamOutput) => {
        handle(output, handlers, meter);
      };
      const stream: ProcessStream = { id: nextId++, options: streamOptions, onOutput };
      process.open(stream);
      return {
        push: (packet, captureMs, epoch) => {
          process.push(stream, packet, captureMs, epoch);
        },
        close: () => {
          process.close(stream);
        },
      };
    },
    status: () => ({
      workers,
      workersAlive: processes.filter(({ alive }) => alive).length,
      depth: depth('audio') + depth('video'),
    }),
    get pids() {
      return processes.flatMap(({ pid }) => pid ?? []);
    },
    async close() {
      clearInterval(gauges);
      await Promise.all(processes.map((process) => process.stop()));
    },
  };
}

function handle(output: StreamOutput, handlers: StreamHandlers, meter: Meter): void {
  switch (output.kind) {
    case 'audio':
      meter.observe('undertone_stage_seconds', output.seconds, { stage: 'decode' });
      // What came through the pipe is a view into the whole message: it must own its bytes, since others transfer them.
      handlers.onAudio?.({ ...output.chunk, samples: output.chunk.samples.slice() }, output.epoch);
      break;
    case 'video':
      meter.observe('undertone_stage_seconds', output.seconds, { stage: 'decode' });
      handlers.onVideo?.({ ...output.frame, data: output.frame.data.slice() }, output.epoch);
      break;
    case 'key-frame-wanted':
      handlers.onKeyFrameWanted?.();
  }
}
