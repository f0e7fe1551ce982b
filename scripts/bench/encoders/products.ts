/** How fast this machine multiplies matrices, by ONNX Runtime itself, on sizes that encoders have. */
import { createGraph } from '../../../models/graph/graph.ts';
import { matmul } from '../../../models/graph/matmul.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { type NetworkOptions, openNetwork } from '../../../models/runtime.ts';

/** Rows (frames of one window, and of eight), by what goes in and comes out of each. */
const SIZES = [
  [149, 1024, 1024],
  [149, 1024, 4096],
  [149, 4096, 1024],
  [1192, 1024, 4096],
] as const;

/** Open products of every size. */
export interface Products {
  /** Run each size; of the fastest, operations a second: by the clock, and by the processor's time. */
  burst(): Promise<Rate>;
  /** Run the size that was the fastest, for so long; operations a second by the clock. */
  sustained(ms: number): Promise<number>;
  close(): Promise<void>;
}

/** Operations a second. */
export interface Rate {
  readonly wall: number;
  readonly cpu: number;
}

/** @example const { wall } = await (await openProducts({ threads: 1 })).burst(); */
export async function openProducts(options: NetworkOptions): Promise<Products> {
  const opened = await Promise.all(SIZES.map((size) => openProduct(size, options)));
  let [fastestOne] = opened;
  let most = 0;
  return {
    async burst() {
      let best: Rate = { wall: 0, cpu: 0 };
      for (const product of opened)
        for (let again = 0; again < BURST; again++) {
          const { wallMs, cpuMs } = await timed(product.run);
          const rate = { wall: (1000 * product.flops) / wallMs, cpu: (1000 * product.flops) / cpuMs };
          if (rate.wall > most) [fastestOne, most] = [product, rate.wall];
          best = fastest(best, rate);
        }
      return best;
    },
    async sustained(ms) {
      const begunMs = performance.now();
      let done = 0;
      while (fastestOne && performance.now() - begunMs < ms) {
        await fastestOne.run();
        done += fastestOne.flops;
      }
      return (1000 * done) / (performance.now() - begunMs);
    },
    async close() {
      for (const { close } of opened) await close();
    },
  };
}

const BURST = 3;

async function openProduct([rows, inner, columns]: (typeof SIZES)[number], options: NetworkOptions) {
  const graph = createGraph();
  const x = graph.input('x', [rows, inner]);
  const y = matmul(x, graph.constant(noise([inner, columns]).data, [inner, columns]));
  const network = await openNetwork(
    {
      name: `product ${rows} x ${inner} x ${columns}`,
      bytes: encodeGraph(graph, { y }, { name: 'product' }),
      contract: { inputs: { x: [rows, inner] }, outputs: { y: [rows, columns] } },
    },
    options,
  );
  const feeds = { x: noise([rows, inner]) };
  return { flops: 2 * rows * inner * columns, run: () => network.run(feeds), close: () => network.close() };
}

/** The larger of each. */
export function fastest(one: Rate, other: Rate): Rate {
  return { wall: Math.max(one.wall, other.wall), cpu: Math.max(one.cpu, other.cpu) };
}

/** How long something took by the clock, and how much of the processor's time all threads of this process used meanwhile. */
export async function timed(run: () => Promise<unknown>): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const [before, begunMs] = [process.cpuUsage(), performance.now()];
  await run();
  const wallMs = performance.now() - begunMs;
  const { user, system } = process.cpuUsage(before);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

/** Numbers of -1 to 1. */
export function noise(dims: readonly number[]): { readonly data: Float32Array; readonly dims: readonly number[] } {
  const size = dims.reduce((product, side) => product * side, 1);
  return { data: Float32Array.from({ length: size }, () => 2 * Math.random() - 1), dims };
}
