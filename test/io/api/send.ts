/** One request on a connection of its own, sent as it is given: `fetch` would mend what is to be tested. */
import { request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';

export interface Raw {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Parts of a body are sent one by one, chunked unless the headers say how long it is. */
  readonly body?: string | Buffer | readonly (string | Buffer)[];
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** @param target path and query, as they go over the wire. */
export function send(origin: string, target: string, { method = 'GET', headers = {}, body }: Raw): Promise<Answered> {
  const { hostname, port, host } = new URL(origin);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path: target, method, headers: { host, ...headers }, agent: false });
    let answered = false;
    asked.on('response', (response) => {
      answered = true;
      const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as [string, string]);
      response.toArray().then((chunks) => {
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(named),
          bytes: Buffer.concat(chunks as Buffer[]),
        });
        asked.destroy();
      }, reject);
    });
    // A server that refuses a body does not read all of it: what cannot be sent any more does not matter then.
    asked.on('error', (error) => {
      if (!answered) reject(error);
    });
    if (Array.isArray(body)) {
      for (const part of body as readonly (string | Buffer)[]) asked.write(part);
      asked.end();
    } else asked.end(body);
  });
}
