/** What a provider makes of float16: not every device computes in it, and not every one sums it well. */
import { UndertoneError } from '../src/errors.ts';
import { createGraph } from './graph/graph.ts';
import { matmul } from './graph/matmul.ts';
import { graphModel } from './graph/model.ts';
import { openNetwork, type Provider } from './runtime.ts';
import { halfModel } from './toolkit/half-model.ts';
import { encodeOnnx } from './toolkit/onnx-writer.ts';

/**
 * `none`: it cannot run float16. `rough`: it sums the terms of a product in float16 too, so that the longer a sum, the more is rounded
 * away. `fine`: it sums them in float32 and rounds once.
 */
export type HalfSums = 'none' | 'rough' | 'fine';

/** As many terms as in the longest products of the published encoders. */
const TERMS = 4096;
const COLUMNS = 4;
/** Half of float16's spacing, and a little. */
const ROUNDED_ONCE = 2 ** -10;

const tried = new Map<Provider, Promise<HalfSums>>();

/**
 * Run a product of 4096 terms of one sign in float16 on a provider; once for each in a process.
 * @returns `none` too where the provider does not work at all: whoever opens a network on it is told why.
 * @example await halfSums('webgpu') // 'rough'
 */
export function halfSums(provider: Provider): Promise<HalfSums> {
  const known = tried.get(provider) ?? tries(provider).catch((): HalfSums => 'none');
  tried.set(provider, known);
  return known;
}

async function tries(provider: Provider): Promise<HalfSums> {
  const weights = new Map([['weight', new Float32Array(TERMS * COLUMNS).fill(1)]]);
  const graph = createGraph({ weights });
  const x = graph.input('x', ['n', TERMS]);
  const y = matmul(
    x,
    graph.parameter('weight', [TERMS, COLUMNS], (size) => new Float32Array(size)),
  );
  const model = halfModel(graphModel(graph, { y }, { name: 'half' }), { kept: () => false, fits: () => true });
  if (!model) throw new UndertoneError('internal', 'a matrix product computes in float16');
  const contract = { inputs: { x: ['n', TERMS] as const }, outputs: { y: ['n', COLUMNS] as const } };
  const network = await openNetwork({ name: 'a product', bytes: encodeOnnx(model), contract }, { provider });
  try {
    // Eighths: float16 holds each of them.
    const data = Float32Array.from({ length: TERMS }, (_, i) => 0.5 + (i % 7) / 8);
    const due = data.reduce((sum, term) => sum + term, 0);
    const { y: answer } = await network.run({ x: { data, dims: [1, TERMS] } });
    return answer?.data.every((sum) => Math.abs(sum - due) <= ROUNDED_ONCE * due) ? 'fine' : 'rough';
  } finally {
    await network.close();
  }
}
