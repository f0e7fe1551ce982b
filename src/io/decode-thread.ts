/** One decoder thread: started, fed one batch at a time, started again when it dies, and its streams with it. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { asUndertoneError } from '../errors.ts';
import type { Log, Meter } from '../ports.ts';
import { packBatch } from './decode-batch.ts';
import type { DecoderCommand, DecoderReport, StreamOptions, StreamOutput } from './decode-messages.ts';
import { packetQueue } from './decode-queue.ts';

/** A stream that lives in a thread. */
export interface ThreadStream {
  readonly id: number;
  readonly options: StreamOptions;
  readonly onOutput: (output: StreamOutput) => void;
}

export interface DecodeThread {
  open(stream: ThreadStream): void;
  push(stream: ThreadStream, bytes: Uint8Array, captureMs: number, epoch: number): void;
  close(stream: ThreadStream): void;
  readonly streams: number;
  readonly alive: boolean;
  /** Packets waiting, voice and picture. */
  readonly depth: { readonly audio: number; readonly video: number };
  stop(): Promise<void>;
}

export interface DecodeThreadOptions {
  /** The thread's module. */
  readonly entry: URL;
  readonly log: Log;
  readonly meter: Meter;
}

/** Two seconds of voice, and about two of a picture at 2.5 Mb/s. */
const MAX_AUDIO_PACKETS = 100;
const MAX_VIDEO_PACKETS = 600;
/** A thread that dies at once is started again ever more slowly, ms. */
const RESTART_MS = { first: 100, most: 5000, forgetAfter: 10_000 };
/** A thread that does not leave by itself is ended, ms. */
const STOP_WITHIN_MS = 2000;

/**
 * Start a decoder thread and wait until it is ready.
 * @throws UndertoneError `worker-crashed` when it dies before.
 */
export async function startDecodeThread({ entry, log, meter }: DecodeThreadOptions): Promise<DecodeThread> {
  const streams = new Map<number, ThreadStream>();
  const audio = packetQueue({ maxPerStream: MAX_AUDIO_PACKETS, policy: 'oldest' });
  const video = packetQueue({ maxPerStream: MAX_VIDEO_PACKETS, policy: 'all' });
  let worker: Worker;
  let busy = true;
  let alive = false;
  let stopping = false;
  let scheduled = false;
  let restartMs = RESTART_MS.first;
  let restart: NodeJS.Timeout | undefined;

  const say = (command: DecoderCommand, transfer: readonly ArrayBuffer[] = []) => {
    if (alive) worker.postMessage(command, transfer);
  };

  /** One batch is under way at most: what a slow thread cannot take waits in the bounded queues, not in its mailbox. */
  function feed(): void {
    scheduled = false;
    if (busy || !alive || audio.depth + video.depth === 0) return;
    busy = true;
    const batch = packBatch([...audio.takeAll(), ...video.takeAll()]);
    say({ kind: 'batch', batch }, [batch]);
  }

  function hear({ done, outputs, counters, failure }: DecoderReport): void {
    if (failure !== undefined) log.error({ err: failure }, 'decoder thread failed');
    for (const { name, labels, by } of counters) meter.count(name, labels, by);
    for (const { stream, output } of outputs) streams.get(stream)?.onOutput(output);
    if (!done) return;
    busy = false;
    feed();
  }

  function start(): Promise<void> {
    busy = true;
    worker = new Worker(entry, { name: 'undertone-decode' });
    const started = worker;
    return new Promise((resolve, reject) => {
      const startedMs = performance.now();
      let failure: unknown = null;
      started.on('message', (report: DecoderReport) => {
        if (!alive) {
          alive = true;
          for (const { id, options } of streams.values()) say({ kind: 'open', stream: id, options });
          resolve();
        }
        hear(report);
      });
      started.on('error', (error) => {
        failure = error;
      });
      started.on('exit', (code) => {
        const wasAlive = alive;
        alive = false;
        if (stopping) return;
        reject(asUndertoneError(failure ?? new Error(`decoder thread left with code ${code}`), 'worker-crashed'));
        if (!wasAlive && restart === undefined) return;
        if (performance.now() - startedMs > RESTART_MS.forgetAfter) restartMs = RESTART_MS.first;
        log.error({ code, streams: streams.size, err: String(failure), restartMs }, 'decoder thread died');
        restartLater();
      });
    });
  }

  function restartLater(): void {
    restart = setTimeout(() => {
      meter.count('undertone_decode_worker_restarts_total');
      // A thread that dies before it is ready comes back through its exit event.
      start().catch(() => undefined);
    }, restartMs);
    restartMs = Math.min(2 * restartMs, RESTART_MS.most);
  }

  await start();

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
      // Packets that came in one read of the socket go in one batch.
      if (!scheduled) queueMicrotask(feed);
      scheduled = true;
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
    get depth() {
      return { audio: audio.depth, video: video.depth };
    },
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (!alive) return;
      const left = once(worker, 'exit');
      say({ kind: 'stop' });
      const patience = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS);
      await left;
      clearTimeout(patience);
    },
  };
}
