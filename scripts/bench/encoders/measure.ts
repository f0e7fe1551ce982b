/** One encoder on some number of threads: memory, then products and runs of every batch in turns. */
import { readFileSync } from 'node:fs';
import { openEncoder } from '../../../models/encoder.ts';
import type { Encoder } from '../../../models/encoder-format.ts';
import type { TensorData } from '../../../models/runtime.ts';
import { quantile } from '../statistics.ts';
import type { BatchTimes, Measurement, Task } from './measurement.ts';
import { fastest, noise, openProducts, type Rate, timed } from './products.ts';
import { PICTURE_SIDE, WINDOW_SAMPLES } from './subjects.ts';

/** A network faster than that is run again in the same turn. */
const TURN_MS = 250;
/** Products run as long as the network did before them, but for no longer than that. */
const SUSTAINED_MS = 2000;

/**
 * Measure. The memory is that of the whole process: let it have done nothing before.
 * @param turn hears of each turn, `rounds` for each batch.
 * @throws UndertoneError as `openEncoder` and its network's `run`.
 */
export async function measure(
  { dir, provider, threads, batches, rounds, flops }: Task,
  turn: () => void,
): Promise<Measurement> {
  const before = peakBytes();
  const begunMs = performance.now();
  const { encoder, network, precision } = await openEncoder(dir, { provider, threads });
  const openMs = performance.now() - begunMs;
  const wanted = encoder.modality === 'voice' ? encoder.outputs.hidden.name : encoder.outputs.pooled.name;
  await network.run(feedsOf(encoder, 1), [wanted]);
  const memory = { weights: weightsOf(encoder), before, peak: peakBytes() };

  const products = await openProducts({ provider, threads });
  let rate: Rate = await products.burst();
  const runs: Runs[] = [];
  for (const batch of batches) {
    const feeds = feedsOf(encoder, batch);
    const run = () => network.run(feeds, [wanted]);
    await run();
    const of: Runs = { batch, wall: [], cpu: [], pairs: [] };
    for (let round = 0; round < rounds; round++) {
      rate = fastest(rate, await products.burst());
      const [begunMs, before] = [performance.now(), of.wall.length];
      do {
        const { wallMs, cpuMs } = await timed(run);
        of.wall.push(wallMs);
        of.cpu.push(cpuMs);
      } while (performance.now() - begunMs < TURN_MS);
      const ms = performance.now() - begunMs;
      const perSecond = (1000 * flops * batch * (of.wall.length - before)) / ms;
      of.pairs.push(perSecond / (await products.sustained(Math.min(ms, SUSTAINED_MS))));
      turn();
    }
    runs.push(of);
  }
  await products.close();
  await network.close();
  const times = runs.map(({ batch, wall, cpu, pairs }): BatchTimes => {
    const share = (took: number, products: number) => (1000 * batch * flops) / took / products;
    const ms = Math.min(...wall);
    return {
      batch,
      ms,
      medianMs: quantile(wall, 0.5),
      share: share(ms, rate.wall),
      pairedShare: quantile(pairs, 0.5),
      cpuShare: threads === 1 && provider === 'cpu' ? share(Math.min(...cpu), rate.cpu) : null,
    };
  });
  return { provider, threads, flops, precision, openMs, memory, productsPerSecond: rate.wall, batches: times };
}

/** What runs of so many items took, ms, and the shares of each turn. */
interface Runs {
  readonly batch: number;
  readonly wall: number[];
  readonly cpu: number[];
  readonly pairs: number[];
}

/** Most bytes of this process that were in memory at once. What Node.js tells counts its parent's too, on Linux. */
function peakBytes(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}

function weightsOf({ network }: Encoder): number {
  return network.weights?.bytes ?? network.bytes;
}

function feedsOf(encoder: Encoder, batch: number): Record<string, TensorData> {
  if (encoder.modality === 'face')
    return { [encoder.inputs.pixels.name]: noise([batch, 3, PICTURE_SIDE, PICTURE_SIDE]) };
  const dims = [batch, WINDOW_SAMPLES];
  const { samples, mask } = encoder.inputs;
  const all = new Float32Array(batch * WINDOW_SAMPLES).fill(1);
  return { [samples.name]: noise(dims), ...(mask && { [mask.name]: { data: all, dims } }) };
}
