/** The JSON that a request brings along: read after its caller is known to be let in, and never more of it than is allowed. */
import type { IncomingMessage } from 'node:http';
import { UndertoneError } from '../../errors.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * Read a body. None at all is `{}`.
 * @throws UndertoneError `message-too-large`; `bad-message` for what is not JSON in UTF-8, or says that it is something else;
 *   `disconnected` when the caller goes away in the middle of it.
 */
export async function readJson(incoming: IncomingMessage): Promise<unknown> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLarge();
  const bytes = await readBytes(incoming);
  if (bytes.length === 0) return {};
  const [type = ''] = (incoming.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/json')
    throw new UndertoneError('bad-message', 'the body must be JSON: send it with Content-Type: application/json');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UndertoneError('bad-message', 'the body is not JSON in UTF-8', { cause });
  }
}

async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Left whole where the body is too large: the refusal has to go out by the same connection.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > MAX_BYTES) throw tooLarge();
      chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    if (cause instanceof UndertoneError) throw cause;
    throw new UndertoneError('disconnected', 'the caller went away before the body was whole', { cause });
  }
  return Buffer.concat(chunks);
}

function tooLarge(): UndertoneError {
  return new UndertoneError('message-too-large', `a body may have ${MAX_BYTES.toString()} bytes: send less at a time`);
}
