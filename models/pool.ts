/**
 * The `Inference` port over worker threads: verifies the pack, finds a provider that works, keeps the threads running
 * and takes calls for them.
 */
import { fileURLToPath } from 'node:url';
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { Inference, Log, Meter } from '../src/ports.ts';
import type { CallKind, Models } from './calls.ts';
import { loadPack } from './pack.ts';
import { loadPerception } from './perception.ts';
import { startCrew } from './pool/crew.ts';
import { dispatchTo, type Dispatch } from './pool/dispatch.ts';
import { ownFrame, ownSpeech, ownWindow } from './pool/requests.ts';
import type { ThreadOptions } from './pool/thread.ts';
import { onFirstWorking, probeProvider, PROVIDER_REMEDIES } from './provider.ts';
import type { Provider } from './runtime.ts';

/** What runs, where, and within which bounds. */
export interface InferenceOptions {
  /** Folder of the model pack. */
  readonly packDir: string;
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
    meter,
    log,
  } = options;
  const { pack, networks } = await loadPack(packDir);
  const models: Models = { ...networks, ...(await loadPerception(perceptionDir)) };
  let dispatch: Dispatch | null = null;

  const start = async (provider: Provider) => {
    await probeProvider(provider, { packDir, perceptionDir }).catch((cause: unknown) => {
      if (!required) throw cause;
      const why = asUndertoneError(cause).message;
      throw new UndertoneError(
        'inference-failed',
        `${why}. It is required: ${PROVIDER_REMEDIES[provider]}; or unset UNDERTONE_PROVIDERS_REQUIRED`,
        { cause },
      );
    });
    const count = provider === 'webgpu' ? 1 : workers;
    const onChange = (alive: number) => {
      meter.gauge('undertone_inference_workers', alive);
      dispatch?.crewChanged();
    };
    const onLost = (error: unknown, delayMs: number) => {
      meter.count('undertone_inference_worker_restarts_total');
      log.error({ err: error, delayMs }, 'inference worker lost; another is started');
    };
    const crew = await startCrew(
      { models, provider, threads },
      { workers: count, thread, restartDelayMs, onLost, onChange },
    );
    return { crew, provider, count };
  };
  const { crew, provider, count } = await onFirstWorking(
    required ? providers.slice(0, 1) : providers,
    start,
    (from, to, error) => {
      meter.count('undertone_provider_fallback_total', { from, to });
      log.warn({ from, to, reason: asUndertoneError(error).message }, 'inference provider does not work; falling back');
    },
  );
  meter.gauge('undertone_provider_info', 1, { provider });
  const fusion = networks.fusion?.serves.join(' ') ?? 'none';
  log.info({ provider, workers: count, pack: `${pack.name}@${pack.version}`, fusion }, 'inference ready');

  const calls = (dispatch = dispatchTo(crew, { limits: { ...QUEUE_LIMITS, ...queueLimits }, restartWaitMs, meter }));
  let closed: Promise<void> | null = null;
  return {
    pack,
    detectFaces: async (frame) => calls.call('faces', ownFrame(frame)),
    detectSpeech: async (samples, state) => calls.call('speech', ownSpeech(samples, state)),
    infer: async (window) => calls.call('window', ownWindow(window)),
    status: () => ({
      ready: crew.alive === count,
      workers: count,
      workersAlive: crew.alive,
      provider,
      depth: calls.depth,
      windows: { workers: crew.alive, ...calls.work.windows },
    }),
    close: () => (closed ??= calls.drain(drainMs).then(() => crew.close())),
  };
}
