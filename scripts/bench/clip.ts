/** The sample clip, decoded: sound and pictures as ingest sees them. */
import { lastValueFrom, toArray } from 'rxjs';
import { fileURLToPath } from 'node:url';
import type { VideoFrame } from '../../src/domain.ts';
import { mediaFile } from '../../src/io/ffmpeg.ts';

export interface DecodedClip {
  /** 16 kHz mono. */
  readonly samples: Float32Array;
  readonly frames: readonly VideoFrame[];
}

const SAMPLE = fileURLToPath(new URL('../../clients/publisher/public/sample.webm', import.meta.url));

export async function decodeClip(): Promise<DecodedClip> {
  const source = mediaFile(SAMPLE, { framesPerSecond: 5 });
  const events = await lastValueFrom(source.events.pipe(toArray()));
  const chunks = events.flatMap((event) => (event.kind === 'audio' ? [event.chunk.samples] : []));
  const samples = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    samples.set(chunk, at);
    at += chunk.length;
  }
  return { samples, frames: events.flatMap((event) => (event.kind === 'video' ? [event.frame] : [])) };
}
