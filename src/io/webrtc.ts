/** WebRTC in: mediasoup workers, one a core, and the rooms on them. RTP is handed to this process and decoded. */
import { availableParallelism } from 'node:os';
import type { ParticipantRef } from '../domain.ts';
import { UndertoneError } from '../errors.ts';
import type { Clock, MediaServer } from '../ports.ts';
import type { Decoder } from './decode.ts';
import { webRtcPeer, type ServerPeer } from './webrtc-peer.ts';
import { startMediaWorker, type MediaWorker, type MediaWorkerOptions, type WorkerRoom } from './webrtc-worker.ts';

/** Where the media server listens and what it hands media to. */
export interface WebRtcOptions extends MediaWorkerOptions {
  /** mediasoup worker processes; 0 is one a core. Default 0. Worker i listens on `port + i`. */
  readonly workers?: number;
  readonly decoder: Decoder;
  readonly clock: Clock;
  /** Pictures of each participant handed on, a second. Default 5. */
  readonly videoFps?: number;
  /** What one participant may send, bit/s. Default 2 500 000. */
  readonly maxIncomingBitrate?: number;
}

/** A media server that also tells which processes serve it. */
export interface WebRtcServer extends MediaServer {
  readonly pids: readonly number[];
}

interface Room {
  readonly worker: MediaWorker;
  /** Taken in, or on their way in: the room closes after the last. */
  members: number;
  readonly peers: Set<ServerPeer>;
  readonly opened: Promise<WorkerRoom>;
}

const GAUGE_EVERY_MS = 1000;
const WILDCARDS = new Set(['0.0.0.0', '::']);

/**
 * Start the worker processes. A process that dies ends its participants' `events` with `worker-crashed` and is started
 * again; participants on other processes do not notice.
 * @throws UndertoneError `setup-missing`, `port-in-use` or `config-invalid`.
 * @example
 * const server = await startWebRtc({ host: '127.0.0.1', port: 44_444, decoder, clock, meter, log });
 * const peer = await server.join({ room: 'lobby', participant: 'ada' });
 * peer.events.subscribe((event) => use(event));
 */
export async function startWebRtc(options: WebRtcOptions): Promise<WebRtcServer> {
  const { host, port, announced, decoder, clock, meter, log, videoFps = 5, maxIncomingBitrate = 2_500_000 } = options;
  if (WILDCARDS.has(host) && announced === undefined)
    throw new UndertoneError(
      'config-invalid',
      `UNDERTONE_WEBRTC_HOST is ${host}, which no browser can reach: set UNDERTONE_WEBRTC_ANNOUNCED to this machine's address`,
    );
  const count = options.workers === undefined || options.workers === 0 ? availableParallelism() : options.workers;
  const workers = await startAll(count, (i) => startMediaWorker({ ...options, port: port === 0 ? 0 : port + i }));
  const rooms = new Map<string, Room>();
  let closed = false;
  const isClosed = () => closed;
  const alive = () => workers.filter((worker) => worker.alive);
  const gauge = () => {
    meter.gauge('undertone_webrtc_workers', alive().length);
  };
  const gauges = setInterval(gauge, GAUGE_EVERY_MS).unref();

  function openRoom(name: string): Room {
    const load = (worker: MediaWorker) =>
      [...rooms.values()].reduce((sum, room) => sum + (room.worker === worker ? room.members : 0), 0);
    const [worker] = alive().toSorted((a, b) => load(a) - load(b));
    if (worker === undefined)
      throw new UndertoneError(
        'worker-crashed',
        'no WebRTC worker is running; one is being started: try again in a second',
      );
    const peers = new Set<ServerPeer>();
    const lost = (died: boolean) => {
      if (rooms.get(name) === room) rooms.delete(name);
      const error = new UndertoneError('worker-crashed', `the WebRTC worker of room ${name} has stopped: join again`);
      for (const peer of [...peers]) {
        if (died) peer.fail(error);
        else peer.close();
      }
    };
    const room: Room = { worker, members: 0, peers, opened: worker.openRoom(lost) };
    rooms.set(name, room);
    return room;
  }

  function leave(name: string, room: Room): void {
    room.members--;
    if (room.members > 0) return;
    if (rooms.get(name) === room) rooms.delete(name);
    // Never opened: nothing to close.
    room.opened
      .then((opened) => {
        opened.close();
      })
      .catch(() => undefined);
  }

  async function join(ref: ParticipantRef): Promise<ServerPeer> {
    if (closed) throw draining();
    const room = rooms.get(ref.room) ?? openRoom(ref.room);
    room.members++;
    const onEnd = () => {
      room.peers.delete(peer);
      leave(ref.room, room);
    };
    const opened = await room.opened.catch((error: unknown) => {
      leave(ref.room, room);
      throw error;
    });
    const peer = webRtcPeer({ ref, room: opened, decoder, clock, meter, log, videoFps, maxIncomingBitrate, onEnd });
    room.peers.add(peer);
    // close() may have come while the room was opened.
    if (isClosed()) {
      peer.close();
      throw draining();
    }
    return peer;
  }

  return {
    join,
    status: () => ({ workers: workers.length, workersAlive: alive().length }),
    get pids() {
      return workers.flatMap(({ pid }) => pid ?? []);
    },
    async close() {
      closed = true;
      clearInterval(gauges);
      for (const { peers } of rooms.values()) for (const peer of [...peers]) peer.close();
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

function draining(): UndertoneError {
  return new UndertoneError('draining', 'the server is going away: connect again in a moment');
}

/** Start all or, when one fails, none. */
async function startAll(count: number, startOne: (i: number) => Promise<MediaWorker>): Promise<MediaWorker[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, (_, i) => startOne(i)));
  const workers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed === undefined) return workers;
  await Promise.all(workers.map((worker) => worker.close()));
  throw failed.reason;
}
