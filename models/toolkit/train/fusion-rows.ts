/** What an audio-visual network learns from: rows of encoded voices and faces, drawn afresh in every epoch. */
import { gaussian, type Random } from '../../../src/core/random.ts';
import type { Stimulus } from '../../../src/core/manifest.ts';
import type { TensorData } from '../../runtime.ts';
import type { Target } from './examples.ts';

/** One row, encoded. A modality that is null is masked: it is never zeros that pretend to be data. */
export interface FusionRow {
  /** The voice encoder's embedding, row-major [steps, voice width], or [layers, steps, voice width]; of fewer steps, those that are there. */
  readonly voice: Float32Array | null;
  /** The face encoder's embeddings, row-major [looks, face width], 1 to `frames` looks. */
  readonly face: Float32Array | null;
  /** By whose labels it may be learned. */
  readonly targets: Readonly<Partial<Record<Stimulus, Target>>>;
}

/** Where rows come from. Sequences are in memory: encoders ran once. */
export interface FusionSource {
  /** Rows an epoch. */
  readonly length: number;
  /** Row `index`, as this epoch has it: the same for the same numbers. */
  draw(index: number, random: Random): FusionRow;
  /** What raters of a stimulus said of all rows, for class weights. */
  targets(stimulus: Stimulus): readonly Target[];
}

/** Sides of the sequences. */
export interface FusionShape {
  /** Layers of the voice encoder that are given; 1 has no side of its own. */
  readonly layers: number;
  readonly steps: number;
  readonly voiceWidth: number;
  /** Most looks at a face in a row; the rest is masked. */
  readonly frames: number;
  readonly faceWidth: number;
}

/** How rows are varied while training. */
export interface FusionVariation {
  /** Share of rows without their voice, and without their face. */
  readonly dropVoice: number;
  readonly dropFace: number;
  /** Deviation of the normal noise that is added to the numbers of the sequences. */
  readonly voiceNoise: number;
  readonly faceNoise: number;
}

/** A row with less to go by. At most one of its modalities goes. */
export function varied(row: FusionRow, random: Random, variation: FusionVariation): FusionRow {
  const lot = random();
  const { dropVoice, dropFace, voiceNoise, faceNoise } = variation;
  const noisy = (numbers: Float32Array | null, deviation: number): Float32Array | null =>
    deviation === 0 ? numbers : (numbers?.map((x) => x + deviation * gaussian(random)) ?? null);
  return {
    voice: row.face && lot < dropVoice ? null : noisy(row.voice, voiceNoise),
    face: row.voice && lot >= dropVoice && lot < dropVoice + dropFace ? null : noisy(row.face, faceNoise),
    targets: row.targets,
  };
}

/** Sides of one voice: [steps, width], or [layers, steps, width]. */
export function voiceSides({ layers, steps, voiceWidth }: FusionShape): readonly number[] {
  return layers === 1 ? [steps, voiceWidth] : [layers, steps, voiceWidth];
}

/**
 * Rows as the graph takes them. What a row's voice lacks in steps is masked; a window's silence is no lack: it is part of what is
 * heard.
 */
export function fusionFeeds(
  rows: readonly FusionRow[],
  shape: FusionShape,
): Readonly<Record<'voice' | 'voiceMask' | 'face' | 'faceMask', TensorData<Float32Array>>> {
  const n = rows.length;
  const zeros = (...dims: readonly number[]): TensorData<Float32Array> => ({
    data: new Float32Array(dims.reduce((product, side) => product * side, 1)),
    dims,
  });
  const { layers, steps, voiceWidth, frames, faceWidth } = shape;
  const heard = voiceSides(shape);
  const size = heard.reduce((product, side) => product * side, 1);
  const feeds = {
    voice: zeros(n, ...heard),
    voiceMask: zeros(n, steps),
    face: zeros(n, frames, faceWidth),
    faceMask: zeros(n, frames),
  };
  rows.forEach(({ voice, face }, i) => {
    if (voice) {
      const there = voice.length / layers;
      for (let layer = 0; layer < layers; layer++) {
        const state = voice.subarray(layer * there, (layer + 1) * there);
        feeds.voice.data.set(state, i * size + layer * steps * voiceWidth);
      }
      feeds.voiceMask.data.fill(1, i * steps, i * steps + there / voiceWidth);
    }
    if (face) {
      feeds.face.data.set(face, i * frames * faceWidth);
      feeds.faceMask.data.fill(1, i * frames, i * frames + face.length / faceWidth);
    }
  });
  return feeds;
}
