/** How good the weights are so far, on clips that are not learned from: the network that will serve is asked. */
import { CROP_SIZE } from '../../../src/core/faces/align.ts';
import { MEL_BANDS } from '../../../src/core/features.ts';
import { f1 } from '../../../src/core/metrics/f1.ts';
import { presentByShare } from '../../../src/core/metrics/presence.ts';
import { top } from '../../../src/core/metrics/top1.ts';
import { poolLogits } from '../../../src/core/pooling.ts';
import { softmax } from '../../../src/core/probability.ts';
import { type NetworkOptions, openNetwork, type TensorData } from '../../runtime.ts';
import { type FaceExample, faceModel, type FaceServing, toFloats } from './face-task.ts';
import { encodeOnnx } from '../onnx-writer.ts';
import { windowsOf } from './encode.ts';
import type { Task } from './loop.ts';
import { type VoiceExample, trimmedWindow, voiceModel, type VoiceTraining, WINDOW_FRAMES } from './voice-task.ts';

/** Pictures that are judged at a time. */
const PICTURES = 64;
/** Frames between two windows of a voice that is longer than one: 250 ms. */
const HOP_FRAMES = 25;

/**
 * Top-1 accuracy, unweighted average recall and macro-F1 (1/C) of a face network's shares.
 * @param dev at least one.
 */
export function faceJudge(dev: readonly FaceExample[], serving: FaceServing, options: NetworkOptions): Task['judge'] {
  return async (weights) => {
    const model = {
      bytes: faceModel(weights, serving),
      input: 'pixels',
      sides: [1, CROP_SIZE, CROP_SIZE],
    };
    const shares = await asked(model, serving.labels.length, options, async (logitsOf) => {
      const all: number[][] = [];
      for (let i = 0; i < dev.length; i += PICTURES)
        all.push(
          ...rowsOf(
            await logitsOf(dev.slice(i, i + PICTURES).map(({ pixels }) => toFloats(pixels))),
            serving.labels.length,
          ),
        );
      return all.map(softmax);
    });
    return figures(dev, shares);
  };
}

/** The same of a voice network: a clip's shares are pooled over windows of 3 s. */
export function voiceJudge(
  dev: readonly VoiceExample[],
  { network, labels, trimDb }: Pick<VoiceTraining, 'network' | 'labels' | 'trimDb'>,
  options: NetworkOptions,
): Task['judge'] {
  return async (weights) => {
    const model = {
      bytes: encodeOnnx(voiceModel(weights, network, labels.length)),
      input: 'logmel',
      sides: [WINDOW_FRAMES, MEL_BANDS],
    };
    const shares = await asked(model, labels.length, options, async (logitsOf) => {
      const all: number[][] = [];
      for (const { variants } of dev) {
        const frames = variants[0]?.() ?? new Float32Array(MEL_BANDS);
        const windows = windowsOf(frames, HOP_FRAMES).map((window) => trimmedWindow(window, trimDb));
        all.push(softmax(poolLogits(await logitsOf(windows), windows.length)));
      }
      return all;
    });
    return figures(dev, shares);
  };
}

interface Asked {
  readonly bytes: Uint8Array;
  readonly input: string;
  /** Sides of one row. */
  readonly sides: readonly number[];
}

async function asked<T>(
  { bytes, input, sides }: Asked,
  labels: number,
  options: NetworkOptions,
  use: (logitsOf: (rows: readonly Float32Array[]) => Promise<Float32Array>) => Promise<T>,
): Promise<T> {
  const contract = { inputs: { [input]: ['n' as const, ...sides] }, outputs: { shareLogits: ['n' as const, labels] } };
  const network = await openNetwork({ name: 'the network so far', bytes, contract }, options);
  const size = sides.reduce((product, side) => product * side, 1);
  try {
    return await use(async (rows) => {
      const data = new Float32Array(rows.length * size);
      rows.forEach((row, i) => {
        data.set(row, i * size);
      });
      const feed: TensorData = { data, dims: [rows.length, ...sides] };
      return (await network.run({ [input]: feed }))['shareLogits']?.data ?? new Float32Array(0);
    });
  } finally {
    await network.close();
  }
}

function rowsOf(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => [...values.subarray(i * width, (i + 1) * width)]);
}

function figures(dev: readonly Pick<FaceExample, 'target'>[], shares: readonly (readonly number[])[]) {
  const truth = dev.map(({ target }) => target.shares);
  const { top1, uar } = top(truth, shares);
  return { top1, uar, macroF1: f1(presentByShare(truth), presentByShare(shares)).macro };
}
