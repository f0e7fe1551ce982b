/** What is measured of one encoder on some number of threads, and what is told of it. Pure. */
import type { Precision } from '../../../models/encoder.ts';
import type { Provider } from '../../../models/runtime.ts';

/** What a process is to measure. */
export interface Task {
  /** Folder of the encoder. */
  readonly dir: string;
  readonly provider: Provider;
  readonly threads: number;
  readonly batches: readonly number[];
  /** Turns between products and network; more of them where one is short. */
  readonly rounds: number;
  /** Operations of one item. */
  readonly flops: number;
}

/** What it measured. */
export interface Measurement extends Pick<Task, 'provider' | 'threads' | 'flops'> {
  /** What the encoder computed in. */
  readonly precision: Precision;
  /** From the folder to a network that is open, hashes checked. */
  readonly openMs: number;
  readonly memory: Memory;
  /** Fastest product, operations a second. */
  readonly productsPerSecond: number;
  readonly batches: readonly BatchTimes[];
}

/** Of a process that opens the encoder and runs one item, bytes. */
export interface Memory {
  /** Of all weights, as the file holds them. */
  readonly weights: number;
  /** Resident at most, before the encoder was opened. */
  readonly before: number;
  /** Resident at most, until the first item was answered. */
  readonly peak: number;
}

/** One run of so many items. */
export interface BatchTimes {
  readonly batch: number;
  /** The fastest, and the median. */
  readonly ms: number;
  readonly medianMs: number;
  /** Operations a second of the fastest, over those of the fastest product. */
  readonly share: number;
  /**
   * The median, over turns, of the rate of runs over that of products which ran as long right after them: what else the machine does
   * takes from both.
   */
  readonly pairedShare: number;
  /** The same by the processor's time, which other work on the machine takes little from; null on several threads, which spin. */
  readonly cpuShare: number | null;
}

/** Items a second. */
export function itemsPerSecond({ batch, ms }: Pick<BatchTimes, 'batch' | 'ms'>): number {
  return (1000 * batch) / ms;
}

/** Peak over what was there before, as a multiple of the weights. */
export function memoryRatio({ peak, before, weights }: Memory): number {
  return (peak - before) / weights;
}
