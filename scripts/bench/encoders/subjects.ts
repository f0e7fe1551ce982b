/** The encoders that are measured, one item of each, and how much computing that is. */
import { flops } from '../../../models/graph/flops.ts';
import { createGraph } from '../../../models/graph/graph.ts';
import { mobileNetV2, type MobileNetSize } from '../../../models/nets/mobilenetv2.ts';
import { wav2vec2 } from '../../../models/nets/wav2vec2.ts';
import { wavLm } from '../../../models/nets/wavlm.ts';
import type { EncoderKind } from '../../../models/toolkit/encoders/import-encoder.ts';
import type { SpeechConfig } from '../../../models/toolkit/encoders/speech-config.ts';
import type { ArchitectureName } from './random-checkpoint.ts';

/** An encoder that is measured. */
export interface Subject {
  readonly architecture: ArchitectureName;
  readonly kind: EncoderKind;
  /** Transformer layers that are kept. Default: all. */
  readonly layers?: number;
  readonly batches: readonly number[];
  /** Least share of the rate of products on a CPU, by a run on any number of threads. Default: none. */
  readonly goal?: number;
}

/** Of papers 1, 3 and 5. */
export const SUBJECTS = {
  'wavlm-large': { architecture: 'wavlm-large', kind: 'wavlm', batches: [1, 2, 4, 8], goal: 0.6 },
  'wav2vec2-l-12': { architecture: 'wav2vec2-large', kind: 'wav2vec2', layers: 12, batches: [1, 2, 4, 8] },
  mobilenetv2: { architecture: 'mobilenetv2', kind: 'mobilenetv2', batches: [1, 5, 15, 30] },
} as const satisfies Readonly<Record<string, Subject>>;

/** One of `SUBJECTS`. */
export type SubjectName = keyof typeof SUBJECTS;

/** A window of 3 s at 16 kHz. */
export const WINDOW_SAMPLES = 48_000;
/** Side of the pictures of MobileNetV2, RGB. */
export const PICTURE_SIDE = 224;

/** Multiplications and additions for a waveform of so many samples, up to a layer. */
export function speechFlops(config: SpeechConfig, samples: number, layers = config.size.layers): number {
  const graph = createGraph({ weights: 'later' });
  const waveform = graph.input('samples', [1, samples]);
  const { states } =
    config.kind === 'wavlm' ? wavLm(waveform, null, config.size) : wav2vec2(waveform, null, config.size);
  return flops(states.slice(0, layers + 1));
}

/** Multiplications and additions for a square picture. */
export function pictureFlops(size: MobileNetSize, side: number): number {
  const graph = createGraph({ weights: 'later' });
  return flops([mobileNetV2(graph.input('pixels', [1, 3, side, side]), size)]);
}
