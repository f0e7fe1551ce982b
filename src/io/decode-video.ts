/**
 * One VP8 or H.264 track: packets in, sampled pictures out. Every frame is decoded, since the next refers to it; only
 * pictures that are due are copied. After a loss, an error or a backlog, everything up to the next key frame is dropped,
 * counted, and a key frame asked for.
 */
import { EncodedVideoChunk, VideoDecoder, type VideoFrame as DecodedFrame } from '@napi-rs/webcodecs';
import { assemble, type EncodedFrame, type FrameSize, type FrameState } from '../core/rtp-frames.ts';
import { h264Part } from '../core/rtp-h264.ts';
import type { InOrder } from '../core/rtp-jitter.ts';
import { vp8Part } from '../core/rtp-vp8.ts';
import { rtpIntake, type CapturedPacket } from './decode-intake.ts';
import { frameSampler } from './decode-sampler.ts';
import { copyPicture } from './decode-picture.ts';
import type { StreamDecoder, StreamPorts } from './decode-messages.ts';

/** Long enough for a retransmission, short enough for the window that waits for the picture. */
const JITTER = { maxHeld: 256, maxWaitMs: 120 };
const MAX_FRAME_BYTES = 4_000_000;
const MIN_SIDE_PX = 16;
const MAX_SIDE_PX = 4096;
const MAX_PIXELS = 2560 * 1440;
/** Frames inside the codec, about a second, before a backlog is cut. */
const MAX_DECODING = 30;
/** Pictures being copied out. */
const MAX_COPYING = 8;
const KEY_FRAME_AGAIN_MS = 1000;
const KIND = { kind: 'video' };

const CODECS = {
  vp8: { name: 'vp8', part: vp8Part },
  h264: { name: 'avc1.42e01f', part: h264Part },
} as const;

interface Decoding {
  readonly id: number;
  readonly captureMs: number;
  readonly epoch: number;
  readonly startMs: number;
}

/** Open a video track that hands on `fps` pictures a second. */
export function videoStream(codec: keyof typeof CODECS, fps: number, { emit, count, now }: StreamPorts): StreamDecoder {
  const { name, part } = CODECS[codec];
  const isDue = frameSampler(fps);
  let state: FrameState<CapturedPacket> = null;
  let decoder: VideoDecoder | null = null;
  let decoding: readonly Decoding[] = [];
  let nextId = 0;
  let needsKeyFrame = true;
  let askedMs = -Infinity;
  let copying = 0;
  let copied: Promise<void> = Promise.resolve();
  let closed = false;

  const drop = (reason: string) => {
    count('undertone_decode_dropped_total', { ...KIND, reason });
  };

  function wantKeyFrame(): void {
    needsKeyFrame = true;
    if (now() - askedMs < KEY_FRAME_AGAIN_MS) return;
    askedMs = now();
    emit({ kind: 'key-frame-wanted' });
  }

  function take(inOrder: InOrder<CapturedPacket>): void {
    const step = assemble(state, inOrder, { part, maxBytes: MAX_FRAME_BYTES });
    state = step.state;
    if (step.broken) {
      drop('incomplete');
      wantKeyFrame();
    }
    if (step.frame !== null) decode(step.frame);
  }

  function decode({ first, key, data, size }: EncodedFrame<CapturedPacket>): void {
    if (size !== null && !isDecodable(size)) {
      // Asking for a key frame would only bring the same size again.
      needsKeyFrame = true;
      drop('size');
      return;
    }
    if (needsKeyFrame && !key) {
      drop('no-key-frame');
      wantKeyFrame();
      return;
    }
    if (decoding.length >= MAX_DECODING) {
      // Frames went in and none came out: the decoder is stuck on bytes it did not call an error.
      if (decoder?.decodeQueueSize === 0) {
        fail();
        return;
      }
      drop('behind');
      wantKeyFrame();
      return;
    }
    needsKeyFrame = false;
    const { captureMs, epoch } = first;
    decoding = [...decoding, { id: nextId, captureMs, epoch, startMs: now() }];
    try {
      decoder ??= openDecoder();
      decoder.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp: nextId++, data }));
    } catch {
      fail();
    }
  }

  function openDecoder(): VideoDecoder {
    const opened: VideoDecoder = new VideoDecoder({
      output: (frame) => {
        if (opened === decoder) shown(frame);
        else frame.close();
      },
      error: () => {
        if (opened === decoder) fail();
      },
    });
    opened.configure({ codec: name, optimizeForLatency: true, hardwareAcceleration: 'prefer-software' });
    return opened;
  }

  /** A decoder that met bytes it cannot decode is closed for good: the next key frame gets a new one. */
  function fail(): void {
    count('undertone_decode_errors_total', KIND);
    dispose();
    wantKeyFrame();
  }

  function dispose(): void {
    const old = decoder;
    decoder = null;
    decoding = [];
    if (old !== null && old.state !== 'closed') old.close();
  }

  function shown(frame: DecodedFrame): void {
    const of = decoding.find(({ id }) => id === frame.timestamp);
    decoding = decoding.filter(({ id }) => id > frame.timestamp);
    count('undertone_frames_decoded_total');
    if (of === undefined || !isDue(of.captureMs)) {
      count('undertone_frames_skipped_total');
      frame.close();
    } else if (copying >= MAX_COPYING) {
      drop('behind');
      frame.close();
    } else {
      copying++;
      copied = copied.then(() => copyOut(frame, of));
    }
  }

  async function copyOut(frame: DecodedFrame, { captureMs, epoch, startMs }: Decoding): Promise<void> {
    try {
      const picture = await copyPicture(frame);
      if (picture === null) drop('format');
      else if (!closed)
        emit({ kind: 'video', frame: { ...picture, captureMs }, epoch, seconds: (now() - startMs) / 1000 });
    } catch {
      count('undertone_decode_errors_total', KIND);
    } finally {
      copying--;
      frame.close();
    }
  }

  return {
    ...rtpIntake({ kind: 'video', jitter: JITTER, count, now, take }),
    close() {
      closed = true;
      state = null;
      dispose();
    },
  };
}

function isDecodable({ width, height }: FrameSize): boolean {
  const [short, long] = width < height ? [width, height] : [height, width];
  return short >= MIN_SIDE_PX && long <= MAX_SIDE_PX && width * height <= MAX_PIXELS;
}
