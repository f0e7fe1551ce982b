/**
 * The `Inference` port over worker threads: verifies the pack, finds a provider that works, keeps the threads running
 * and takes calls for them.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { Inference, Log, Meter } from '../src/ports.ts';
import type { CallKind, Models } from './calls.ts';
import { loadPack } from './pack.ts';
import { findEncoders } from './pack-encoders.ts';
import { loadPerception } from './perception.ts';
import { ownFrame, ownSpeech, ownWindow } from './pool/requests.ts';
import { startStations, type Station } from './pool/stations.ts';
import type { ThreadOptions } from './pool/thread.ts';
import { onFirstWorking, probeProvider, PROVIDER_REMEDIES } from './provider.ts';
import type { Provider } from './runtime.ts';

/** What runs, where, and within which bounds. */
export interface InferenceOptions {
  /** Folder of the model pack. */
  readonly packDir: string;
  /** Folder that holds the pack's encoders, if it names any. Default: they are where the pack says. */
  readonly encoders?: string;
  /** CPU threads within one run of an encoder. Default: the machine's cores. */
  readonly encoderThreads?: number;
  /** Length of windows, ms, which encoders are warmed for. Default 3000. */
  readonly windowMs?: number;
  /** Folder of the face and voice activity detectors. Default `models/perception`. */
  readonly perceptionDir?: string;
  /** Providers in order of preference; the first that works is used. Default `['cpu']`. */
  readonly providers?: readonly Provider[];
  /** Whether the first of them must work: what does not is an error then, and no other is tried. Default false. */
  readonly required?: boolean;
  /** Worker threads. Default 1. With `webgpu` always 1: its runs may not overlap. */
  readonly workers?: number;
  /** CPU threads within one run. Default 1. */
  readonly threads?: number;
  /** Calls of each kind that may wait; one more is rejected. Default 256 windows, 256 of speech, 64 frames. */
  readonly queueLimits?: Partial<Readonly<Record<CallKind, number>>>;
  /** Pause before a lost thread is replaced, ms; doubles with each further loss. Default 200. */
  readonly restartDelayMs?: number;
  /** How long calls wait while no thread is alive, ms; then they are rejected. Default 5000. */
  readonly restartWaitMs?: number;
  /** How long `close` waits for calls that were taken, ms. Default 10 000. */
  readonly drainMs?: number;
  /** Limits of a single thread, and the script it runs. */
  readonly thread?: ThreadOptions;
  readonly meter: Meter;
  readonly log: Log;
}

const PERCEPTION_DIR = fileURLToPath(new URL('./perception', import.meta.url));
/** A trial reads encoders twice. */
const ENCODER_TRIAL_MS = 600_000;
const QUEUE_LIMITS = { window: 256, speech: 256, faces: 64 } as const;

/**
 * Start inference; resolves when every worker has opened and warmed its networks.
 * @throws UndertoneError `pack-invalid` when the pack or a network is not what it should be; the last provider's error
 * when none works.
 * @example
 * const inference = await startInference({ packDir: 'models/packs/starter', providers: ['cuda', 'cpu'], meter, log });
 * const { voice, face } = await inference.infer(window);
 */
export async function startInference(options: InferenceOptions): Promise<Inference> {
  const { packDir, perceptionDir = PERCEPTION_DIR, providers = ['cpu'], workers = 1, threads = 1 } = options;
  const {
    queueLimits,
    restartDelayMs = 200,
    restartWaitMs = 5000,
    drainMs = 10_000,
    required = false,
    thread = {},
    windowMs,
    meter,
    log,
  } = options;
  const { pack, networks, encoders: named } = await loadPack(packDir);
  const encoders = await findEncoders(packDir, named, options.encoders);
  const models: Models = { ...networks, ...(await loadPerception(perceptionDir)), encoders };
  const stationOptions = {
    workers,
    encoderThreads: options.encoderThreads ?? availableParallelism(),
    thread,
    restartDelayMs,
    restartWaitMs,
    limits: { ...QUEUE_LIMITS, ...queueLimits },
    meter,
    log,
  };

  const start = async (provider: Provider) => {
    const trial = {
      packDir,
      perceptionDir,
      ...(options.encoders !== undefined && { encoders: options.encoders }),
      ...(windowMs !== undefined && { windowMs }),
      ...(Object.keys(encoders).length > 0 && { timeoutMs: ENCODER_TRIAL_MS }),
    };
    await probeProvider(provider, trial).catch((cause: unknown) => {
      const { code, message } = asUndertoneError(cause);
      if (!required || code !== 'inference-failed') throw cause;
      throw new UndertoneError(
        'inference-failed',
        `${message}. It is required: ${PROVIDER_REMEDIES[provider]}; or unset UNDERTONE_PROVIDERS_REQUIRED`,
        { cause },
      );
    });
    const opening = { models, provider, threads, ...(windowMs !== undefined && { windowMs }) };
    return { ...(await startStations(opening, stationOptions)), provider };
  };
  const { windows, media, provider } = await onFirstWorking(
    required ? providers.slice(0, 1) : providers,
    start,
    (from, to, error) => {
      meter.count('undertone_provider_fallback_total', { from, to });
      log.warn({ from, to, reason: asUndertoneError(error).message }, 'inference provider does not work; falling back');
    },
  );
  const stations = [...new Set([windows, media])];
  const sum = (of: (station: Station) => number): number => stations.reduce((total, one) => total + of(one), 0);
  meter.gauge('undertone_provider_info', 1, { provider });
  const fusion = networks.fusion?.serves.join(' ') ?? 'none';
  log.info(
    {
      provider,
      workers: sum((one) => one.workers),
      pack: `${pack.name}@${pack.version}`,
      fusion,
      encoders: pack.encoders,
    },
    'inference ready',
  );

  let closed: Promise<void> | null = null;
  return {
    pack,
    detectFaces: async (frame) => media.calls.call('faces', ownFrame(frame)),
    detectSpeech: async (samples, state) => media.calls.call('speech', ownSpeech(samples, state)),
    infer: async (window) => windows.calls.call('window', ownWindow(window)),
    status: () => ({
      ready: stations.every(({ crew, workers: wanted }) => crew.alive === wanted),
      workers: sum((one) => one.workers),
      workersAlive: sum(({ crew }) => crew.alive),
      provider,
      depth: sum(({ calls }) => calls.depth),
      windows: { workers: windows.crew.alive, largest: windows.largest, ...windows.calls.work.windows },
    }),
    close: () =>
      (closed ??= Promise.all(stations.map(({ calls, crew }) => calls.drain(drainMs).then(() => crew.close()))).then(
        () => undefined,
      )),
  };
}
