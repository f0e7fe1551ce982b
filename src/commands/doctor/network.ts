/** Ports, and the address that participants are told. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { availableParallelism, networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { Settings } from '../../config.ts';
import { fault, type Finding, ok, warning } from './finding.ts';

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];
const PATIENCE_MS = 2000;

/** Whether the ports can be listened on. */
export async function checkPorts(settings: Settings): Promise<readonly Finding[]> {
  const { UNDERTONE_HOST: host, UNDERTONE_PORT: port } = settings;
  const {
    UNDERTONE_WEBRTC_HOST: mediaHost,
    UNDERTONE_WEBRTC_PORT: first,
    UNDERTONE_WEBRTC_WORKERS: workers,
  } = settings;
  const count = workers === 0 ? availableParallelism() : workers;
  const media = Array.from({ length: first === 0 ? 1 : count }, (_, i) => first + (first === 0 ? 0 : i));
  const troubles: string[] = [];
  for (const each of media)
    for (const protocol of ['TCP', 'UDP'] as const) {
      const why = await whyNot(protocol, mediaHost, each);
      if (why !== null) troubles.push(`${protocol} ${each}: ${why}`);
    }
  const own = await whyNot('TCP', host, port);
  return [
    own === null
      ? ok('HTTP port', `${host}:${port} is free`)
      : fault(
          'HTTP port',
          `${host}:${port}: ${own}${await whose(host, port)}`,
          'stop what has it, or set UNDERTONE_PORT or UNDERTONE_HOST',
        ),
    troubles.length === 0
      ? ok('WebRTC ports', `${mediaHost}, UDP and TCP ${media.join(', ')}: free`)
      : fault(
          'WebRTC ports',
          troubles.join('; '),
          'stop what has them, or set UNDERTONE_WEBRTC_PORT or UNDERTONE_WEBRTC_HOST',
        ),
  ];
}

async function whyNot(protocol: 'TCP' | 'UDP', host: string, port: number): Promise<string | null> {
  const socket = protocol === 'TCP' ? createServer() : createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    const listening = once(socket, 'listening');
    if ('listen' in socket) socket.listen(port, host);
    else socket.bind(port, host);
    await listening;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    return null;
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    return { EADDRINUSE: 'taken', EACCES: 'not allowed', EADDRNOTAVAIL: 'no address of this machine' }[code] ?? code;
  }
}

/** Who has a port, where it can be told. */
async function whose(host: string, port: number): Promise<string> {
  const at = WILDCARDS.includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const answers = await fetch(`http://${at}:${port}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
    async (response) => response.ok && (await response.text()).trim() === 'ok',
    () => false,
  );
  return answers ? ' by a server that answers as Undertone does' : '';
}

/** What can be known of the address that participants are told. Whether they reach it cannot be told from here. */
export async function checkAnnounced(settings: Settings): Promise<Finding> {
  const { UNDERTONE_WEBRTC_HOST: host, UNDERTONE_WEBRTC_ANNOUNCED: announced, UNDERTONE_HOST: pages } = settings;
  const name = 'announced address';
  const remedy = 'set UNDERTONE_WEBRTC_ANNOUNCED to the address that participants reach';
  if (announced === undefined) {
    if (WILDCARDS.includes(host)) return fault(name, `none, and no browser can reach ${host}`, remedy);
    if (!isLoopback(host))
      return ok(name, `${host}, which is listened on; whether others reach it cannot be told from here`);
    return isLoopback(pages)
      ? ok(name, `${host}: this machine only`)
      : warning(
          name,
          `${host}: others see the pages, and only this machine can send media`,
          'set UNDERTONE_WEBRTC_HOST',
        );
  }
  const address = ipaddr.isValid(announced)
    ? announced
    : await lookup(announced).then(
        ({ address: found }) => found,
        () => null,
      );
  if (address === null) return fault(name, `${announced} is no address, and no host that can be looked up`, remedy);
  const shown = address === announced ? announced : `${announced} (${address})`;
  const range = ipaddr.process(address).range();
  if (range === 'unspecified' || range === 'multicast' || range === 'broadcast')
    return fault(name, `${shown} is ${range}`, remedy);
  if (range === 'loopback' && !isLoopback(pages))
    return warning(name, `${shown} is this machine as it sees itself`, remedy);
  const own = Object.values(networkInterfaces())
    .flat()
    .some((each) => each?.address === address);
  const where =
    range === 'unicast'
      ? 'public'
      : range === 'private' || range === 'uniqueLocal'
        ? 'within a private network'
        : range;
  return ok(
    name,
    `${shown}: ${where}, ${own ? 'of this machine' : 'not of this machine, so something must forward to it'}; whether others reach it cannot be told from here`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');
}
