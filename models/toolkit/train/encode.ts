/** Encoders run once over all clips, so that fusing can be learned from what they gave. */
import { MEL_BANDS, SILENT_BAND } from '../../../src/core/features.ts';
import { openNetwork, type NetworkOptions, type TensorData } from '../../runtime.ts';
import { trimmedWindow, WINDOW_FRAMES } from './voice-task.ts';

/** An encoder that has been trained: the bytes of its ONNX file, and the sides of its embedding of one window or crop. */
export interface Encoder {
  readonly bytes: Uint8Array;
  /** [steps, width] of a voice, [width] of a face. */
  readonly embedding: readonly number[];
  /** Labels of its own heads. */
  readonly labels: number;
  /** Of a voice: silence is trimmed from each window as while the encoder was trained, dB. Default 0: it is not. */
  readonly trimDb?: number;
}

/** What an encoder says of one window or crop. */
export interface Encoded {
  /** Row-major. */
  readonly embedding: Float32Array;
  readonly shareLogits: Float32Array;
  readonly presenceLogits: Float32Array;
}

const BATCH = 32;

/**
 * Windows of a clip as live analysis cuts them, each `WINDOW_FRAMES` long: the first frames, then every `hop` frames as long
 * as a whole window is left. A shorter clip is one window, followed by silence.
 * @param frames log-mel [n, 64].
 */
export function windowsOf(frames: Float32Array, hop: number): readonly Float32Array[] {
  const n = frames.length / MEL_BANDS;
  const count = n <= WINDOW_FRAMES ? 1 : Math.floor((n - WINDOW_FRAMES) / hop) + 1;
  return Array.from({ length: count }, (_, i) => {
    const window = new Float32Array(WINDOW_FRAMES * MEL_BANDS).fill(SILENT_BAND);
    window.set(frames.subarray(i * hop * MEL_BANDS, (i * hop + WINDOW_FRAMES) * MEL_BANDS));
    return window;
  });
}

/**
 * An encoder, open.
 * @param input its name and the sides of one item, as `{ logmel: [300, 64] }`.
 * @throws UndertoneError `pack-invalid` when the bytes are not that encoder.
 * @example
 * const encode = await openEncoder({ bytes, embedding: [38, 128], labels: 7 }, { logmel: [300, 64] });
 * const [first] = await encode.run(windowsOf(frames, 25));
 */
export async function openEncoder(
  { bytes, embedding, labels, trimDb = 0 }: Encoder,
  input: Readonly<Record<string, readonly number[]>>,
  options: NetworkOptions = {},
): Promise<{ run(items: readonly Float32Array[]): Promise<readonly Encoded[]>; close(): Promise<void> }> {
  const [name = '', sides = []] = Object.entries(input)[0] ?? [];
  const network = await openNetwork(
    {
      name: 'the encoder',
      bytes,
      contract: {
        inputs: { [name]: ['n', ...sides] },
        outputs: { embedding: ['n', ...embedding], shareLogits: ['n', labels], presenceLogits: ['n', labels] },
      },
    },
    options,
  );
  const size = sides.reduce((product, side) => product * side, 1);
  return {
    async run(items) {
      const all: Encoded[] = [];
      for (let from = 0; from < items.length; from += BATCH) {
        const batch = items.slice(from, from + BATCH);
        const data = new Float32Array(batch.length * size);
        batch.forEach((item, i) => data.set(trimDb > 0 ? trimmedWindow(item, trimDb) : item, i * size));
        const found = await network.run({ [name]: { data, dims: [batch.length, ...sides] } });
        const row = (key: keyof Encoded, i: number): Float32Array => rowOf(found[key], i);
        for (const i of batch.keys())
          all.push({
            embedding: row('embedding', i),
            shareLogits: row('shareLogits', i),
            presenceLogits: row('presenceLogits', i),
          });
      }
      return all;
    },
    close: () => network.close(),
  };
}

function rowOf(tensor: TensorData<Float32Array> | undefined, i: number): Float32Array {
  const { data, dims } = tensor ?? { data: new Float32Array(0), dims: [1] };
  const width = data.length / (dims[0] ?? 1);
  return data.slice(i * width, (i + 1) * width);
}
