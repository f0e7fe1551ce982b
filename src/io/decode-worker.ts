/** The decoder thread: opens streams, decodes batches of packets and reports what came out. Started by `decode.ts`. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { audioStream } from './decode-audio.ts';
import { unpackBatch } from './decode-batch.ts';
import type {
  CounterGrowth,
  DecoderCommand,
  DecoderReport,
  StreamDecoder,
  StreamOptions,
  StreamOutput,
  StreamPorts,
} from './decode-messages.ts';
import { videoStream } from './decode-video.ts';

const EXPIRE_EVERY_MS = 20;
const DEFAULT_FPS = 5;

const port = threadPort();

const streams = new Map<number, StreamDecoder>();
let outputs: { stream: number; output: StreamOutput }[] = [];
let transfers: ArrayBuffer[] = [];
const counters = new Map<string, CounterGrowth>();
const closing = new Set<Promise<void>>();
let inBatch = false;

function threadPort(): MessagePort {
  if (parentPort === null) throw new Error('decode-worker.ts runs as a worker thread of decode.ts');
  return parentPort;
}

function report(done: boolean): void {
  if (!done && outputs.length === 0) return;
  const message: DecoderReport = { done, outputs, counters: [...counters.values()] };
  port.postMessage(message, transfers);
  outputs = [];
  transfers = [];
  counters.clear();
}

function count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
  const key = `${name} ${Object.values(labels).join(' ')}`;
  counters.set(key, { name, labels, by: (counters.get(key)?.by ?? 0) + by });
}

function portsOf(stream: number): StreamPorts {
  return {
    emit: (output, transfer) => {
      outputs.push({ stream, output });
      if (transfer !== undefined) transfers.push(transfer);
      // Within a batch everything leaves together at its end.
      if (!inBatch) report(false);
    },
    count,
    now: () => performance.now(),
  };
}

function open(stream: number, { codec, fps = DEFAULT_FPS }: StreamOptions): StreamDecoder {
  return codec === 'opus' ? audioStream(portsOf(stream)) : videoStream(codec, fps, portsOf(stream));
}

port.on('message', (command: DecoderCommand) => {
  switch (command.kind) {
    case 'open':
      streams.set(command.stream, open(command.stream, command.options));
      break;
    case 'close':
      close(command.stream);
      break;
    case 'batch':
      inBatch = true;
      for (const { stream, bytes, captureMs, epoch } of unpackBatch(command.batch))
        streams.get(stream)?.push(bytes, { captureMs, epoch });
      inBatch = false;
      report(true);
      break;
    case 'stop':
      void leave(0);
  }
});

function close(id: number): void {
  const stream = streams.get(id);
  if (stream === undefined) return;
  streams.delete(id);
  const done = stream.close().finally(() => closing.delete(done));
  closing.add(done);
}

/** Ends the thread once no native code works for it any more. */
async function leave(code: number): Promise<void> {
  clearInterval(expiry);
  for (const id of [...streams.keys()]) close(id);
  await Promise.allSettled(closing);
  process.exit(code);
}

const expiry = setInterval(() => {
  for (const stream of streams.values()) stream.expire();
}, EXPIRE_EVERY_MS);

process.once('uncaughtException', (error) => {
  const last: DecoderReport = { done: false, outputs: [], counters: [], failure: error.stack ?? error.message };
  port.postMessage(last);
  void leave(1);
});

// The first report says that the codecs are loaded.
report(true);
