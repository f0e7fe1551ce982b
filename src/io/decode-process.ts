/** One decoder process: started, fed one batch at a time, started again when it dies, and its streams with it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { UndertoneError } from '../errors.ts';
import type { Log, Meter } from '../ports.ts';
import { packBatch } from './decode-batch.ts';
import type { DecoderCommand, DecoderReport, StreamOptions, StreamOutput } from './decode-messages.ts';
import { packetQueue } from './decode-queue.ts';

/** A stream that lives in a decoder process. */
export interface ProcessStream {
  readonly id: number;
  readonly options: StreamOptions;
  readonly onOutput: (output: StreamOutput) => void;
}

/** One decoder process and its streams. */
export interface DecodeProcess {
  open(stream: ProcessStream): void;
  push(stream: ProcessStream, bytes: Uint8Array, captureMs: number, epoch: number): void;
  close(stream: ProcessStream): void;
  readonly streams: number;
  readonly alive: boolean;
  /** Its number in the system; undefined while it is down. */
  readonly pid: number | undefined;
  /** Packets waiting, voice and picture. */
  readonly depth: { readonly audio: number; readonly video: number };
  stop(): Promise<void>;
}

/** How a decoder process is started. */
export interface DecodeProcessOptions {
  /** How long a batch may take, ms; then the process counts as hung and is killed. Default 20 000. */
  readonly batchLimitMs?: number;
  readonly log: Log;
  readonly meter: Meter;
}

const ENTRY = fileURLToPath(new URL('./decode-worker.ts', import.meta.url));
/** Two seconds of voice, and about two of a picture at 2.5 Mb/s. */
const MAX_AUDIO_PACKETS = 100;
const MAX_VIDEO_PACKETS = 600;
/** How long packets are gathered: a hop costs the main thread more than a packet does. */
const BATCH_MS = 5;
/** A process that dies at once is started again ever more slowly, ms. */
const RESTART_MS = { first: 100, most: 5000, forgetAfter: 10_000 };
/** What is kept of a process's last words, characters. */
const MAX_LAST_WORDS = 1000;

/**
 * Start a decoder process and wait until its codecs are loaded.
 * @throws UndertoneError `setup-missing` when they cannot be.
 */
export async function startDecodeProcess(options: DecodeProcessOptions): Promise<DecodeProcess> {
  const { batchLimitMs = 20_000, log, meter } = options;
  const streams = new Map<number, ProcessStream>();
  const audio = packetQueue({ maxPerStream: MAX_AUDIO_PACKETS, policy: 'oldest' });
  const video = packetQueue({ maxPerStream: MAX_VIDEO_PACKETS, policy: 'all' });
  let child: ChildProcess;
  let alive = false;
  let busy = true;
  let scheduled = false;
  let stopping = false;
  let restartMs = RESTART_MS.first;
  let restart: NodeJS.Timeout | undefined;
  let overdue: NodeJS.Timeout | undefined;

  const say = (command: DecoderCommand) => {
    // A process that is just dying does not hear; its exit is dealt with below.
    if (alive) child.send(command, () => undefined);
  };

  /** One batch is under way at most: what a slow process cannot take waits in the bounded queues, not in its pipe. */
  function feed(): void {
    scheduled = false;
    if (busy || !alive || audio.depth + video.depth === 0) return;
    busy = true;
    // A codec that some stranger's bytes send round in circles would keep everyone else's waiting for ever.
    overdue = setTimeout(() => {
      log.error({ pid: child.pid, batchLimitMs }, 'decoder process hangs: killing it');
      child.kill('SIGKILL');
    }, batchLimitMs);
    say({ kind: 'batch', batch: packBatch([...audio.takeAll(), ...video.takeAll()]) });
  }

  function hear({ done, outputs, counters }: DecoderReport): void {
    for (const { name, labels, by } of counters) meter.count(name, labels, by);
    for (const { stream, output } of outputs) streams.get(stream)?.onOutput(output);
    if (!done) return;
    clearTimeout(overdue);
    busy = false;
    feed();
  }

  /** Settles when the process is ready, or has died before it was. */
  function start(): Promise<void> {
    busy = true;
    // No environment: whoever takes over a codec by hostile media finds no secret in it.
    child = fork(ENTRY, {
      serialization: 'advanced',
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const started = child;
    const startedMs = performance.now();
    let lastWords = '';
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-MAX_LAST_WORDS);
    });
    return new Promise((resolve, reject) => {
      started.on('message', (report) => {
        if (!alive) {
          alive = true;
          for (const { id, options } of streams.values()) say({ kind: 'open', stream: id, options });
          resolve();
        }
        hear(report as DecoderReport);
      });
      const gone = (how: string) => {
        reject(new Error(`${how}: ${lastWords}`));
        alive = false;
        clearTimeout(overdue);
        if (stopping) return;
        if (performance.now() - startedMs > RESTART_MS.forgetAfter) restartMs = RESTART_MS.first;
        log.error({ how, streams: streams.size, lastWords, restartMs }, 'decoder process died');
        restart = setTimeout(() => {
          meter.count('undertone_decode_worker_restarts_total');
          // One that dies before it is ready comes back through its exit event.
          start().catch(() => undefined);
        }, restartMs);
        restartMs = Math.min(2 * restartMs, RESTART_MS.most);
      };
      started.on('error', (error) => {
        // One that could not even be started has no exit event.
        if (started.pid === undefined) gone(error.message);
      });
      started.on('exit', (code, signal) => {
        gone(`it ended with ${signal ?? String(code)}`);
      });
    });
  }

  try {
    await start();
  } catch (cause) {
    stopping = true;
    clearTimeout(restart);
    throw new UndertoneError(
      'setup-missing',
      'the decoder process cannot load its codecs (@evan/opus, @napi-rs/webcodecs): run npm install on this machine',
      { cause },
    );
  }

  return {
    open(stream) {
      streams.set(stream.id, stream);
      say({ kind: 'open', stream: stream.id, options: stream.options });
    },
    push(stream, bytes, captureMs, epoch) {
      if (!streams.has(stream.id)) return;
      const [kind, queue] = stream.options.codec === 'opus' ? (['audio', audio] as const) : (['video', video] as const);
      const dropped = queue.push({ stream: stream.id, captureMs, epoch, bytes });
      if (dropped > 0) meter.count('undertone_decode_dropped_total', { kind, reason: 'queue-full' }, dropped);
      if (scheduled) return;
      scheduled = true;
      setTimeout(feed, BATCH_MS);
    },
    close(stream) {
      if (!streams.delete(stream.id)) return;
      audio.drop(stream.id);
      video.drop(stream.id);
      say({ kind: 'close', stream: stream.id });
    },
    get streams() {
      return streams.size;
    },
    get alive() {
      return alive;
    },
    get pid() {
      return alive ? child.pid : undefined;
    },
    get depth() {
      return { audio: audio.depth, video: video.depth };
    },
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      // It holds nothing to save.
      child.kill('SIGKILL');
      await ended;
    },
  };
}
