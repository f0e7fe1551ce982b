/**
 * Which threads answer which calls. All answer all, unless a large encoder hears windows: it would keep the sound and the frames of
 * everybody waiting for seconds, and a copy of it in every thread would fill the memory. Then windows have a thread of their own.
 */
import type { Log, Meter } from '../../src/ports.ts';
import type { CallKind, Opening } from '../calls.ts';
import type { Provider } from '../runtime.ts';
import { modelsFor } from '../worker/asked-by.ts';
import { CPU_ENCODER_ROWS, ENCODER_ROWS, MAX_ROWS } from '../worker/batching.ts';
import { startCrew, type Crew } from './crew.ts';
import { dispatchTo, type Dispatch } from './dispatch.ts';
import type { ThreadOptions } from './thread.ts';

/** Threads with their queue. */
export interface Station {
  readonly crew: Crew;
  readonly calls: Dispatch;
  /** Threads that there should be. */
  readonly workers: number;
  /** Windows that one of them takes together at most. */
  readonly largest: number;
}

/** The stations of the product: both are one where all threads answer all calls. */
export interface Stations {
  readonly windows: Station;
  /** Speech and frames. */
  readonly media: Station;
}

/** How many threads there are, and within which bounds. */
export interface StationOptions {
  readonly workers: number;
  /** Threads within one run of an encoder, CPU only. */
  readonly encoderThreads: number;
  readonly thread: ThreadOptions;
  readonly restartDelayMs: number;
  readonly restartWaitMs: number;
  readonly limits: Readonly<Record<CallKind, number>>;
  readonly meter: Meter;
  readonly log: Log;
}

/** Encoders are gigabytes that are verified, read and warmed. */
const ENCODER_OPEN_MS = 600_000;
const ENCODER_BATCH_MS = 120_000;

/** Calls that go together: as many as fill the largest run of the network that costs them most. */
const BATCHES = { window: MAX_ROWS.voice, speech: MAX_ROWS.speech, faces: MAX_ROWS.detector } as const;

/**
 * Start the threads; resolves when all have opened and warmed their networks.
 * @throws UndertoneError as `startCrew`; threads that were started before are ended.
 */
export async function startStations(opening: Opening, options: StationOptions): Promise<Stations> {
  const { workers, thread, restartDelayMs, meter, log } = options;
  const alive = new Map<object, number>();
  const station = async (part: Opening, size: number, limits: ThreadOptions, window: number): Promise<Station> => {
    const key = {};
    let calls: Dispatch | null = null;
    const crew = await startCrew(part, {
      workers: size,
      thread: limits,
      restartDelayMs,
      onLost(error, delayMs) {
        meter.count('undertone_inference_worker_restarts_total');
        log.error({ err: error, delayMs }, 'inference worker lost; another is started');
      },
      onChange(open) {
        alive.set(key, open);
        meter.gauge(
          'undertone_inference_workers',
          [...alive.values()].reduce((sum, n) => sum + n, 0),
        );
        calls?.crewChanged();
      },
    });
    alive.set(key, crew.alive);
    calls = dispatchTo(crew, { ...options, batches: { ...BATCHES, window } });
    return { crew, calls, workers: size, largest: window };
  };
  // A run of webgpu may not overlap with another.
  const most = opening.provider === 'webgpu' ? 1 : workers;
  if (!opening.models.encoders?.voice) {
    const one = await station(opening, most, thread, BATCHES.window);
    return { windows: one, media: one };
  }
  const patient = { batchTimeoutMs: ENCODER_BATCH_MS, openTimeoutMs: ENCODER_OPEN_MS, ...thread };
  const of = (kinds: readonly CallKind[]): Opening => ({ ...opening, models: modelsFor(opening.models, kinds), kinds });
  const onCpu = opening.provider === 'cpu';
  const windows = await station(
    { ...of(['window']), threads: options.encoderThreads },
    1,
    patient,
    onCpu ? CPU_ENCODER_ROWS : ENCODER_ROWS,
  );
  const provider: Provider = opening.provider === 'webgpu' ? 'cpu' : opening.provider;
  try {
    const media = await station({ ...of(['speech', 'faces']), provider }, workers, thread, BATCHES.window);
    return { windows, media };
  } catch (error) {
    await windows.crew.close();
    throw error;
  }
}
