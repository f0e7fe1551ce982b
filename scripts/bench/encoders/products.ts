/** How fast this machine multiplies matrices, by ONNX Runtime itself, on sizes that encoders have. */
import { createGraph } from '../../../models/graph/graph.ts';
import { matmul } from '../../../models/graph/matmul.ts';
import { encodeGraph } from '../../../models/graph/model.ts';
import { type Network, type NetworkOptions, openNetwork } from '../../../models/runtime.ts';

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
  rate(): Promise<Rate>;
  close(): Promise<void>;
}

/** Operations a second. */
export interface Rate {
  readonly wall: number;
  readonly cpu: number;
}

/** @example const { wall } = await (await openProducts({ threads: 1 })).rate(); */
export async function openProducts(options: NetworkOptions): Promise<Products> {
  const opened: { readonly network: Network; readonly feeds: ReturnType<typeof noise>; readonly flops: number }[] = [];
  for (const [rows, inner, columns] of SIZES) {
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
    opened.push({ network, feeds: noise([rows, inner]), flops: 2 * rows * inner * columns });
  }
  return {
    async rate() {
      let best: Rate = { wall: 0, cpu: 0 };
      for (const { network, feeds, flops } of opened)
        for (let again = 0; again < 3; again++) {
          const { wallMs, cpuMs } = await timed(() => network.run({ x: feeds }));
          best = fastest(best, { wall: (1000 * flops) / wallMs, cpu: (1000 * flops) / cpuMs });
        }
      return best;
    },
    async close() {
      for (const { network } of opened) await network.close();
    },
  };
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
