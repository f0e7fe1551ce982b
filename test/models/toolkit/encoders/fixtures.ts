/** Tiny encoders of the published architectures and what they must compute (test/fixtures/encoders/README.md). */
import { fileURLToPath } from 'node:url';
import { openEncoder } from '../../../../models/encoder.ts';
import type { EncoderKind } from '../../../../models/toolkit/encoders/import-encoder.ts';
import { openSafetensors } from '../../../../models/toolkit/safetensors.ts';
import type { TensorData } from '../../../../models/runtime.ts';

/** Folder of each, and what it is. */
export const ENCODERS = {
  'wavlm-large-tiny': 'wavlm',
  'wavlm-base-tiny': 'wavlm',
  'wav2vec2-large-robust-tiny': 'wav2vec2',
  'mobilenetv2-tiny': 'mobilenetv2',
} as const satisfies Readonly<Record<string, EncoderKind>>;

/** Those that listen: the norms of their features, and the order of those of their layers, differ. */
export const SPEECH = ['wavlm-large-tiny', 'wavlm-base-tiny', 'wav2vec2-large-robust-tiny'] as const;

/** Folder of one. */
export function encoderFixture(name: keyof typeof ENCODERS): string {
  return fileURLToPath(new URL(`../../../fixtures/encoders/${name}`, import.meta.url));
}

/** All tensors of a file. */
export async function tensorsOf(path: string): Promise<ReadonlyMap<string, TensorData<Float32Array>>> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, TensorData<Float32Array>>();
    for (const entry of file.entries) tensors.set(entry.name, { data: await file.read(entry), dims: entry.dims });
    return tensors;
  } finally {
    await file.close();
  }
}

/** What an encoder's folder gives, by output. */
export async function encoded(
  dir: string,
  feeds: Readonly<Record<string, TensorData>>,
): Promise<Readonly<Record<string, TensorData<Float32Array>>>> {
  const { network } = await openEncoder(dir);
  try {
    return await network.run(feeds);
  } finally {
    await network.close();
  }
}

/** Clips side by side, padded with `filler` to the longest, and a mask that tells what is padding. */
export function padded(clips: readonly Float32Array[], filler = 0): { samples: TensorData; mask: TensorData } {
  const length = Math.max(...clips.map((clip) => clip.length));
  const dims = [clips.length, length];
  const samples = new Float32Array(clips.length * length).fill(filler);
  const mask = new Float32Array(samples.length);
  clips.forEach((clip, i) => {
    samples.set(clip, i * length);
    mask.fill(1, i * length, i * length + clip.length);
  });
  return { samples: { data: samples, dims }, mask: { data: mask, dims } };
}

/** The largest difference between numbers; infinite where their counts differ. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
    if (!(distance <= most)) most = distance;
  }
  return most;
}
