/** Whether a provider computes in float16: not every graphics driver does, and ONNX Runtime tells only when a network runs. */
import { createGraph } from './graph/graph.ts';
import { matmul } from './graph/matmul.ts';
import { graphModel } from './graph/model.ts';
import { openNetwork, type Provider } from './runtime.ts';
import { UndertoneError } from '../src/errors.ts';
import { halfModel } from './toolkit/half-model.ts';
import { encodeOnnx } from './toolkit/onnx-writer.ts';

const SIDE = 4;

const tried = new Map<Provider, Promise<boolean>>();

/**
 * Run a small matrix product in float16 on a provider; once for each in a process.
 * @returns false too where the provider does not work at all: whoever opens a network on it is told why.
 * @example await computesInHalf('webgpu') // false on software drivers without shaderFloat16
 */
export function computesInHalf(provider: Provider): Promise<boolean> {
  const known = tried.get(provider) ?? tries(provider).catch(() => false);
  tried.set(provider, known);
  return known;
}

async function tries(provider: Provider): Promise<boolean> {
  const graph = createGraph({ weights: new Map([['weight', new Float32Array(SIDE * SIDE).fill(1)]]) });
  const x = graph.input('x', ['n', SIDE]);
  const weight = graph.parameter('weight', [SIDE, SIDE], (size) => new Float32Array(size));
  const y = matmul(x, weight);
  const model = halfModel(graphModel(graph, { y }, { name: 'half' }), { kept: () => false, fits: () => true });
  if (!model) throw new UndertoneError('internal', 'a matrix product computes in float16');
  const contract = { inputs: { x: ['n', SIDE] as const }, outputs: { y: ['n', SIDE] as const } };
  const network = await openNetwork({ name: 'a product', bytes: encodeOnnx(model), contract }, { provider });
  try {
    const { y: answer } = await network.run({ x: { data: new Float32Array(SIDE).fill(1), dims: [1, SIDE] } });
    return answer?.data.every((value) => value === SIDE) === true;
  } finally {
    await network.close();
  }
}
