/** One mediasoup worker process with its port, UDP and TCP; started again when it dies. */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker, type types } from 'mediasoup';
import { UndertoneError } from '../errors.ts';
import type { Log, Meter } from '../ports.ts';
import { ROOM_CODECS } from './webrtc-codecs.ts';

/** Where a mediasoup process listens. */
export interface MediaWorkerOptions {
  /** mediasoup's worker binary; mediasoup's own when left out. */
  readonly workerBin?: string | undefined;
  /** Address to listen on. */
  readonly host: string;
  /** Port for UDP and TCP; 0 takes a free one. */
  readonly port: number;
  /** Address or host name that participants reach, when it is not `host`. */
  readonly announced?: string | undefined;
  readonly log: Log;
  readonly meter: Meter;
}

/** What a room has of a worker. */
export interface WorkerRoom {
  readonly router: types.Router;
  readonly server: types.WebRtcServer;
  /** Hands RTP to this process. */
  readonly direct: types.DirectTransport;
  close(): void;
}

/** One mediasoup process, started again when it dies. */
export interface MediaWorker {
  readonly alive: boolean;
  /** The process, for the log and for tests; undefined while it is being started again. */
  readonly pid: number | undefined;
  /** @param onLost called once when the process has ended, by accident (`died`) or because somebody told it to. */
  openRoom(onLost: (died: boolean) => void): Promise<WorkerRoom>;
  /** Resolves when the process has ended. */
  close(): Promise<void>;
}

interface Running {
  readonly worker: types.Worker;
  readonly server: types.WebRtcServer;
}

/** A process that dies at once is started again ever more slowly, ms. */
const RESTART_MS = { first: 100, most: 10_000, forgetAfter: 30_000 };
const FREE_PORT_TRIES = 10;
/** How long a process may take to end before it is killed, ms. */
const CLOSE_MS = 2000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Start a worker process.
 * @throws UndertoneError `setup-missing` when there is no such binary or it does not start, `port-in-use`.
 */
export async function startMediaWorker(options: MediaWorkerOptions): Promise<MediaWorker> {
  const { log, meter } = options;
  const stopped = new AbortController();
  let restartMs = RESTART_MS.first;
  let restarting: Promise<void> = Promise.resolve();
  let running: Running | null = watch(await start(options));

  function watch(started: Running): Running {
    const startedMs = performance.now();
    const { worker } = started;
    worker.once('died', (error) => {
      running = null;
      if (stopped.signal.aborted) return;
      if (performance.now() - startedMs > RESTART_MS.forgetAfter) restartMs = RESTART_MS.first;
      const fields = { pid: worker.pid, err: error.message, restartMs };
      if (wasToldToEnd(error)) log.info(fields, 'mediasoup worker was told to end');
      else log.error(fields, 'mediasoup worker died');
      restarting = restart();
    });
    worker.observer.once('close', () => {
      running = null;
    });
    return started;
  }

  async function restart(): Promise<void> {
    for (;;) {
      const aborted = await sleep(restartMs, false, { signal: stopped.signal, ref: false }).catch(() => true);
      if (aborted) return;
      restartMs = Math.min(2 * restartMs, RESTART_MS.most);
      meter.count('undertone_webrtc_worker_restarts_total');
      try {
        running = watch(await start(options));
        return;
      } catch (error) {
        log.error({ err: String(error), restartMs }, 'mediasoup worker did not start again');
      }
    }
  }

  return {
    get alive() {
      return running !== null;
    },
    get pid() {
      return running?.worker.pid;
    },
    async openRoom(onLost) {
      if (running === null) throw crashed();
      const { worker, server } = running;
      try {
        const router = await worker.createRouter({ mediaCodecs: ROOM_CODECS });
        router.once('workerclose', () => {
          // Why it died comes right after.
          if (worker.died) worker.once('died', (error) => onLost(!wasToldToEnd(error)));
          else onLost(false);
        });
        const direct = await router.createDirectTransport();
        const close = () => {
          router.close();
        };
        return { router, server, direct, close };
      } catch (cause) {
        throw crashed(cause);
      }
    },
    async close() {
      stopped.abort();
      await restarting;
      const last = running?.worker;
      if (last === undefined) return;
      const ended = new Promise<void>((resolve) => {
        if (last.subprocessClosed) resolve();
        else last.once('subprocessclose', resolve);
      });
      last.close();
      // One that hangs reads no word to end.
      const hung = setTimeout(() => {
        log.error({ pid: last.pid }, 'mediasoup worker does not end: killing it');
        process.kill(last.pid, 'SIGKILL');
      }, CLOSE_MS);
      await ended;
      clearTimeout(hung);
    },
  };
}

/**
 * A worker that ends with code 0 was sent a signal to end: Ctrl-C, for one, reaches the whole process group. mediasoup
 * tells the code in words only.
 */
function wasToldToEnd({ message }: Error): boolean {
  return message.includes('code:0,');
}

/**
 * Start a process that ends when it is closed and not before: of itself mediasoup closes its workers at the first SIGINT
 * or SIGTERM, before anything could be drained, and then never settles the start of one that was on its way.
 */
function createDeafWorker(settings: types.WorkerSettings): Promise<types.Worker> {
  const before = SIGNALS.map((name) => process.listeners(name));
  const worker = createWorker(settings);
  SIGNALS.forEach((name, i) => {
    for (const listener of process.listeners(name))
      if (before[i]?.includes(listener) !== true) process.off(name, listener);
  });
  return worker;
}

function crashed(cause?: unknown): UndertoneError {
  return new UndertoneError(
    'worker-crashed',
    'the WebRTC worker has stopped and is being started again: try again in a second',
    {
      cause,
    },
  );
}

async function start(options: MediaWorkerOptions): Promise<Running> {
  const { workerBin, port } = options;
  const settings = { logLevel: 'error' as const, ...(workerBin === undefined ? {} : { workerBin }) };
  const worker = await createDeafWorker(settings).catch((cause: unknown) => {
    const which = workerBin ?? 'of the mediasoup package';
    throw new UndertoneError(
      'setup-missing',
      `the mediasoup worker ${which} does not start: run npm start, which builds one, or set UNDERTONE_WORKER_BIN to one that does`,
      {
        cause,
      },
    );
  });
  try {
    return { worker, server: await (port === 0 ? listenAnywhere(worker, options) : listen(worker, options, port)) };
  } catch (error) {
    worker.close();
    throw error;
  }
}

async function listen(worker: types.Worker, options: MediaWorkerOptions, port: number): Promise<types.WebRtcServer> {
  const { host, announced } = options;
  const info = { ip: host, port, ...(announced === undefined ? {} : { announcedAddress: announced }) };
  try {
    return await worker.createWebRtcServer({
      listenInfos: [
        { ...info, protocol: 'udp' },
        { ...info, protocol: 'tcp' },
      ],
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (!/in use/i.test(why)) throw unlistenable(host, cause);
    throw new UndertoneError(
      'port-in-use',
      `${host}:${String(port)} (UDP and TCP) is taken: set UNDERTONE_WEBRTC_PORT to another port`,
      { cause },
    );
  }
}

function unlistenable(host: string, cause: unknown): UndertoneError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UndertoneError(
    'config-invalid',
    `WebRTC cannot listen on ${host} (${why}): set UNDERTONE_WEBRTC_HOST to an address of this machine`,
    { cause },
  );
}

/** UDP and TCP must share a number; the system offers one for TCP, and UDP has it too unless somebody was faster. */
async function listenAnywhere(worker: types.Worker, options: MediaWorkerOptions): Promise<types.WebRtcServer> {
  for (let left = FREE_PORT_TRIES; ; left--) {
    try {
      return await listen(worker, options, await freePort(options.host));
    } catch (error) {
      if (left === 0 || !(error instanceof UndertoneError && error.code === 'port-in-use')) throw error;
    }
  }
}

async function freePort(host: string): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, host, resolve);
  }).catch((cause: unknown) => {
    throw unlistenable(host, cause);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return address === null || typeof address === 'string' ? 0 : address.port;
}
