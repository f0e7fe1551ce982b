/** A real proxy on this machine, for http by forwarding and for https by CONNECT. */
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that runs. `lookUp` gives the port of this machine that stands for a host. */
export async function proxy(lookUp: (host: string) => number) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '');
    asked.push(`${request.method ?? ''} ${url.href}`);
    request.pipe(
      forward(
        { port: lookUp(url.host), path: url.pathname, method: request.method, headers: request.headers },
        (from) => {
          response.writeHead(from.statusCode ?? 502, from.headers);
          from.pipe(response);
        },
      ),
    );
  });
  const tunnels: Duplex[] = [];
  server.on('connect', (request, socket) => {
    tunnels.push(socket);
    const host = request.url ?? '';
    asked.push(`CONNECT ${host}`);
    const there = connect(lookUp(host), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.pipe(socket).pipe(there);
    });
    for (const each of [there, socket]) each.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const each of tunnels) each.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
