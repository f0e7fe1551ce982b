/** From ffmpeg's Matroska to sound and pictures, and their order in time. */
import { UndertoneError } from '../errors.ts';
import type { MediaEvent } from '../ports.ts';
import type { MatroskaBlock, MatroskaTrack } from './ffmpeg-matroska.ts';
import { pcmCutter } from './ffmpeg-pcm.ts';

/** Sound or a picture; `captureMs` counts from the zero of the file or stream. */
export type Decoded = Extract<MediaEvent, { kind: 'audio' | 'video' }>;

/** When a piece of media was captured. */
export function captureMsOf(event: Decoded): number {
  return event.kind === 'audio' ? event.chunk.captureMs : event.frame.captureMs;
}

/** The same media, captured `byMs` later. */
export function delayed(event: Decoded, byMs: number): Decoded {
  return event.kind === 'audio'
    ? { kind: 'audio', chunk: { ...event.chunk, captureMs: event.chunk.captureMs + byMs } }
    : { kind: 'video', frame: { ...event.frame, captureMs: event.frame.captureMs + byMs } };
}

/**
 * Sound in chunks of 100 ms and pictures in the video range, as they were muxed.
 * @throws UndertoneError `bad-media` when a picture has not the size that its track announced.
 */
export async function* mediaOf(muxed: AsyncIterable<MatroskaTrack | MatroskaBlock>): AsyncGenerator<Decoded> {
  const tracks = new Map<number, MatroskaTrack>();
  const cutter = pcmCutter();
  for await (const item of muxed) {
    if (item.kind === 'track') {
      tracks.set(item.number, item);
      continue;
    }
    const track = tracks.get(item.track);
    if (track?.type === 'audio') {
      const samples = new Float32Array(item.data.buffer, 0, item.data.length >> 2);
      for (const chunk of cutter.push(finite(samples), item.ms)) yield { kind: 'audio', chunk };
    } else if (track?.type === 'video') {
      const { width, height } = track;
      if (item.data.length !== width * height * 1.5)
        throw new UndertoneError('bad-media', `a picture of ${item.data.length} bytes is not ${width} x ${height}`);
      yield { kind: 'video', frame: { width, height, data: item.data, fullRange: false, captureMs: item.ms } };
    }
  }
  for (const chunk of cutter.flush()) yield { kind: 'audio', chunk };
}

/** Streams that are each in order of time, as one; holds one item of each stream. */
export async function* byTime(streams: readonly AsyncGenerator<Decoded>[]): AsyncGenerator<Decoded> {
  try {
    const heads = await Promise.all(streams.map(async (stream) => ({ stream, head: await stream.next() })));
    for (;;) {
      let first: { stream: AsyncGenerator<Decoded>; head: IteratorResult<Decoded> } | undefined;
      let firstMs = Infinity;
      for (const candidate of heads) {
        if (candidate.head.done === true || captureMsOf(candidate.head.value) >= firstMs) continue;
        first = candidate;
        firstMs = captureMsOf(candidate.head.value);
      }
      if (first === undefined || first.head.done === true) return;
      yield first.head.value;
      first.head = await first.stream.next();
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}

/** Float files may hold NaN or infinities; silence in their place, and the rest within [-1, 1]. */
function finite(samples: Float32Array): Float32Array {
  return samples.map((sample) => (Number.isNaN(sample) ? 0 : Math.max(-1, Math.min(1, sample))));
}
