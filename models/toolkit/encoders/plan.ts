import type { Encoder } from '../../encoder-format.ts';
import type { OnnxModel } from '../onnx-writer.ts';
import type { Architecture } from './recipe.ts';

/** A manifest before its network is written. */
export type Unwritten<E extends Encoder = Encoder> = E extends Encoder ? Omit<E, 'network' | 'source'> : never;

/** A checkpoint's network, before any of its weights is read. */
export interface EncoderPlan {
  /** As ONNX; its weights come later. */
  readonly model: OnnxModel;
  readonly architecture: Architecture;
  readonly manifest: Unwritten;
  /** Weights of fewer numbers stay float32 where others become float16. */
  readonly leastHalved: number;
  /** What the user should know of it, a sentence each. */
  readonly notices: readonly string[];
}
