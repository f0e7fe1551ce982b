/** Asking networks of annotators that are trained. */
import { type NetworkOptions, openNetwork, type TensorData } from '../../runtime.ts';
import type { AnnotatorTraining, Variant } from './annotator-task.ts';
import { annotatorContract } from './annotator-task.ts';

/** What raters would score, in the order in which they were asked for. */
export type Scores = readonly { readonly valence: number; readonly arousal: number }[];

/** An open network of annotators. */
export interface Annotators {
  /** @param raters by number, for each embedding its own; as many as are wanted. */
  scores(embeddings: readonly Float32Array[], raters: readonly (readonly number[])[]): Promise<readonly Scores[]>;
  /** Of the direct baseline: 16 shares for each embedding. */
  grids(embeddings: readonly Float32Array[]): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

const BATCH = 64;

/**
 * Open a variant's network.
 * @throws UndertoneError `pack-invalid` when the bytes are not that network.
 * @example const annotators = await openAnnotators(bytes, 'heads', training, { threads: 1 });
 */
export async function openAnnotators(
  bytes: Uint8Array,
  variant: Variant,
  training: AnnotatorTraining,
  options: NetworkOptions,
): Promise<Annotators> {
  const { slots, embedding: width } = training;
  const contract = annotatorContract(variant, training);
  const network = await openNetwork({ name: `${variant}.onnx`, bytes, contract }, options);
  const packed = (embeddings: readonly Float32Array[]): TensorData => {
    const data = new Float32Array(embeddings.length * width);
    embeddings.forEach((row, i) => {
      data.set(row, i * width);
    });
    return { data, dims: [embeddings.length, width] };
  };
  return {
    async scores(embeddings, raters) {
      // A row takes as many raters as it has slots: who has more gets more rows.
      const rows = embeddings.flatMap((embedding, clip) => {
        const asked = raters[clip] ?? [];
        return Array.from({ length: Math.ceil(asked.length / slots) }, (_, part) => ({
          clip,
          embedding,
          asked: asked.slice(part * slots, (part + 1) * slots),
        }));
      });
      const found: { valence: number; arousal: number }[][] = embeddings.map(() => []);
      for (let from = 0; from < rows.length; from += BATCH) {
        const batch = rows.slice(from, from + BATCH);
        const numbers = new BigInt64Array(batch.length * slots);
        batch.forEach(({ asked }, i) => {
          asked.forEach((rater, slot) => {
            numbers[i * slots + slot] = BigInt(rater);
          });
        });
        const { valence, arousal } = await network.run({
          embedding: packed(batch.map(({ embedding }) => embedding)),
          raters: { data: numbers, dims: [batch.length, slots] },
        });
        batch.forEach(({ clip, asked }, i) => {
          asked.forEach((_, slot) => {
            const at = i * slots + slot;
            found[clip]?.push({ valence: valence?.data[at] ?? NaN, arousal: arousal?.data[at] ?? NaN });
          });
        });
      }
      return found;
    },
    async grids(embeddings) {
      const all: Float32Array[] = [];
      for (let from = 0; from < embeddings.length; from += BATCH) {
        const batch = embeddings.slice(from, from + BATCH);
        const { grid } = await network.run({ embedding: packed(batch) });
        batch.forEach((_, i) => all.push(grid?.data.slice(i * 16, (i + 1) * 16) ?? new Float32Array(16)));
      }
      return all;
    },
    close: () => network.close(),
  };
}
