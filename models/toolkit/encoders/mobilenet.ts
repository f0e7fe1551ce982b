/** MobileNetV2 in torchvision's names: from a checkpoint's tensors to a network. The sizes are those of the tensors. */
import type { LaterWeight } from '../../graph/graph.ts';
import { createGraph } from '../../graph/graph.ts';
import { graphModel } from '../../graph/model.ts';
import { BLOCK_STRIDES, mobileNetV2, type MobileNetSize } from '../../nets/mobilenetv2.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { EncoderPlan } from './plan.ts';
import { type Architecture, prefixOf, type Recipe } from './recipe.ts';

const EPSILON = 1e-5;
const EMPTY = new Float32Array(0);
/** Of the pictures that the published network learned from (ImageNet), RGB. */
const PICTURES = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

const KNOWN = {
  name: 'mobilenetv2',
  recipe: foldedRecipe,
  anchor: 'features.0.0.weight',
  spare: (tensor: string) => /^classifier\.|\.num_batches_tracked$/.test(tensor),
  own: (tensor: string) => tensor.startsWith('features.') && !tensor.endsWith('.num_batches_tracked'),
} satisfies Partial<Architecture>;

/**
 * The sizes that a checkpoint's tensors have.
 * @throws UndertoneError `encoder-invalid` where there is no MobileNetV2 in it.
 */
export function mobileNetSize(checkpoint: Checkpoint, from: string): MobileNetSize {
  return sizeOf(checkpoint, prefixOf(checkpoint, from, KNOWN));
}

/** Plan the network of these sizes. */
export function mobileNetPlan(size: MobileNetSize): EncoderPlan {
  const graph = createGraph({ weights: 'later' });
  const pooled = mobileNetV2(graph.input('pixels', ['n', 3, 'h', 'w']), size);
  return {
    model: graphModel(graph, { pooled }, { name: 'mobilenetv2' }),
    architecture: { ...KNOWN, weights: graph.contents.later },
    manifest: {
      format: 1,
      kind: 'mobilenetv2',
      modality: 'face',
      licence: null,
      inputs: { pixels: { name: 'pixels', shape: ['n', 3, 'h', 'w'] } },
      outputs: { pooled: { name: 'pooled', shape: ['n', size.width] } },
      width: size.width,
      normalise: PICTURES,
    },
    // What the first layers round away goes through all others, and they are small.
    leastHalved: 4096,
    notices: [],
  };
}

/** A tensor that is not there counts as one of one channel: matching tells of it by name. */
function sizeOf({ tensors }: Checkpoint, prefix: string): MobileNetSize {
  const channels = (name: string): number => Math.max(1, tensors.get(`${prefix}features.${name}.weight`)?.dims[0] ?? 1);
  const blocks = BLOCK_STRIDES.map((_, i) => {
    const name = `${i + 1}.conv`;
    const widened = tensors.has(`${prefix}features.${name}.1.0.weight`);
    return widened
      ? { inner: channels(`${name}.0.0`), channels: channels(`${name}.2`) }
      : { inner: null, channels: channels(`${name}.1`) };
  });
  return { stem: channels('0.0'), blocks, width: channels(`${blocks.length + 1}.0`) };
}

/** A convolution and the batch normalisation after it as one (Ioffe and Szegedy 2015): w s and b - m s, with s = g / sqrt(v + e). */
function foldedRecipe({ name, dims }: LaterWeight): Recipe {
  const base = name.slice(0, name.lastIndexOf('.'));
  const [channels = 1] = dims;
  const [, stem = '', place = '0'] = /^(.*\.)(\d+)$/.exec(base) ?? [];
  const norm = `${stem}${Number(place) + 1}`;
  const ofNorm = (part: string): LaterWeight => ({ name: `${norm}.${part}`, dims: [channels] });
  const scale = (gain: Float32Array, variance: Float32Array, i: number): number =>
    (gain[i] ?? 0) / Math.sqrt((variance[i] ?? 0) + EPSILON);
  if (name.endsWith('.bias'))
    return {
      from: ['weight', 'running_var', 'bias', 'running_mean'].map(ofNorm),
      make: (gain = EMPTY, variance = EMPTY, shift = EMPTY, centre = EMPTY) =>
        shift.map((b, i) => b - (centre[i] ?? 0) * scale(gain, variance, i)),
    };
  return {
    from: [{ name, dims }, ofNorm('weight'), ofNorm('running_var')],
    make: (kernel = EMPTY, gain = EMPTY, variance = EMPTY) => {
      const each = kernel.length / channels;
      return kernel.map((w, i) => w * scale(gain, variance, Math.floor(i / each)));
    },
  };
}
