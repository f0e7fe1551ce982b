/** The decoder process: opens streams, decodes batches of packets and reports what came out. Started by `decode.ts`. */
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

const streams = new Map<number, StreamDecoder>();
let outputs: { stream: number; output: StreamOutput }[] = [];
const counters = new Map<string, CounterGrowth>();
let inBatch = false;

function report(done: boolean): void {
  if (!done && outputs.length === 0) return;
  const message: DecoderReport = { done, outputs, counters: [...counters.values()] };
  process.send?.(message);
  outputs = [];
  counters.clear();
}

function count(name: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
  const key = `${name} ${Object.values(labels).join(' ')}`;
  counters.set(key, { name, labels, by: (counters.get(key)?.by ?? 0) + by });
}

function portsOf(stream: number): StreamPorts {
  return {
    emit: (output) => {
      outputs.push({ stream, output });
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

function obey(command: DecoderCommand): void {
  switch (command.kind) {
    case 'open':
      streams.set(command.stream, open(command.stream, command.options));
      break;
    case 'close':
      streams.get(command.stream)?.close();
      streams.delete(command.stream);
      break;
    case 'batch':
      inBatch = true;
      for (const { stream, bytes, captureMs, epoch } of unpackBatch(command.batch))
        streams.get(stream)?.push(bytes, { captureMs, epoch });
      inBatch = false;
      report(true);
  }
}

// Its only peer is the server on the other end of this channel, which writes nothing but `DecoderCommand`s.
process.on('message', (command) => {
  obey(command as DecoderCommand);
});
// The server decides when to end: what reaches the whole process group (Ctrl-C) must not end decoding before it drains.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// The server is gone. Nothing is left to save, and an orderly exit would run destructors that the codecs get wrong.
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});

setInterval(() => {
  for (const stream of streams.values()) stream.expire();
}, EXPIRE_EVERY_MS);

// The first report says that the codecs are loaded.
report(true);
