/**
 * The thread that runs networks: `node:worker_threads` entry. Opens the networks, then answers one batch after another.
 * ONNX Runtime blocks the thread while it runs; between two batches messages come in.
 */
import { parentPort } from 'node:worker_threads';
import { asUndertoneError, UndertoneError } from '../src/errors.ts';
import type { Answer, Batch, FromWorker, Opening, ToWorker } from './calls.ts';
import { faceCalls } from './worker/faces.ts';
import { openNetworks, type Networks } from './worker/networks.ts';
import { speechCalls } from './worker/speech.ts';
import { windowCalls } from './worker/windows.ts';

type Serve = (batch: Batch) => Promise<readonly Answer<unknown>[]>;

if (!parentPort) throw new UndertoneError('internal', 'models/worker.ts runs as a worker thread, by startInference');
const port = parentPort;
const reply = (message: FromWorker) => port.postMessage(message);

let opened: { readonly networks: Networks; readonly serve: Serve } | null = null;

/** One message after another: a `close` must not free networks between two runs of a batch. */
let handled = Promise.resolve();
port.on('message', (message: ToWorker) => {
  // What is thrown here ends the thread as an unhandled rejection: the pool sees a crash, and starts another.
  handled = handled.then(() => handle(message));
});

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'open':
      return open(message);
    case 'batch':
      return answerBatch(message.batch);
    case 'close':
      port.close();
      await opened?.networks.close();
  }
}

async function open(opening: Opening): Promise<void> {
  try {
    const networks = await openNetworks(opening);
    opened = { networks, serve: calls(networks) };
  } catch (thrown) {
    const { code, message } = asUndertoneError(thrown);
    reply({ type: 'failed', code, message });
    return;
  }
  reply({ type: 'opened' });
}

function calls(networks: Networks): Serve {
  const window = windowCalls(networks);
  const speech = speechCalls(networks.speech);
  const faces = faceCalls(networks);
  return ({ kind, requests }) => {
    switch (kind) {
      case 'window':
        return window(requests);
      case 'speech':
        return speech(requests);
      case 'faces':
        return faces(requests);
    }
  };
}

async function answerBatch(batch: Batch): Promise<void> {
  const startedMs = performance.now();
  const answers = await serveBatch(batch);
  reply({ type: 'answers', answers, seconds: (performance.now() - startedMs) / 1000 });
}

/** A run that fails takes its whole batch with it; the thread lives on. */
async function serveBatch(batch: Batch): Promise<readonly Answer<unknown>[]> {
  try {
    if (!opened) throw new UndertoneError('internal', 'a batch came before the networks were opened');
    return await opened.serve(batch);
  } catch (thrown) {
    const { code, message } = asUndertoneError(thrown, 'inference-failed');
    return batch.requests.map(() => ({ ok: false, code, message }));
  }
}
