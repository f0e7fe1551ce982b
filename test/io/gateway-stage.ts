/** A real gateway on a loopback port, with rooms and without media, and peers that speak to it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { startGateway } from '../../src/io/gateway.ts';
import type { GatewayLimits, GatewayOptions } from '../../src/io/gateway.ts';
import { createRooms } from '../../src/io/rooms.ts';
import type { Joined } from '../../src/io/participant.ts';
import type { Rooms, RoomsOptions } from '../../src/io/rooms.ts';
import { signToken, verifyToken } from '../../src/io/tokens.ts';
import type { TokenClaims } from '../../src/io/tokens.ts';
import { SUBPROTOCOL, serverMessage } from '../../src/protocol.ts';
import type { ClientRequest, ServerMessage } from '../../src/protocol.ts';
import { fakeMedia } from './fake-media.ts';
import type { FakeMedia } from './fake-media.ts';
import { TEXT, openPeopleStage } from './people-stage.ts';
import type { PeopleStage } from './people-stage.ts';
import { countingMeter, silent } from './quiet.ts';
import type { Counts } from './quiet.ts';
import { aVerdict } from '../core/room-events.ts';

export const SECRET = 'a secret of thirty-two characters';
export const HELLO_INFO = {
  version: '0.0.0',
  heartbeatMs: 30_000,
  windowMs: 3000,
  hopMs: 500,
  pack: { name: 'test', version: '1', labels: [], thresholds: {}, minTopProbability: 0.5 },
};

export interface Stage {
  readonly url: string;
  readonly port: number;
  readonly rooms: Rooms;
  readonly media: FakeMedia;
  readonly people: PeopleStage;
  readonly meter: Counts;
  readonly joined: Joined[];
  /** How many of `joined` were told to stop. */
  readonly stopped: () => number;
  readonly close: () => Promise<void>;
  readonly connections: () => number;
  /** The server's end of the latest connection. */
  readonly sockets: readonly Socket[];
}

export interface StageOptions {
  readonly rooms?: Partial<RoomsOptions>;
  readonly gateway?: Partial<GatewayOptions>;
  readonly limits?: GatewayLimits;
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const meter = countingMeter();
  const media = fakeMedia();
  const people = await openPeopleStage();
  const clock = { now: () => performance.timeOrigin + performance.now() };
  const joined: Joined[] = [];
  let stopped = 0;
  const rooms = createRooms({
    names: ['lobby', 'attic'],
    media,
    people: people.people,
    clock,
    meter,
    log: silent,
    onJoin(each) {
      joined.push(each);
      const subscription = each.source.events.subscribe({ error: () => undefined });
      return () => {
        stopped += 1;
        subscription.unsubscribe();
      };
    },
    ...options.rooms,
  });
  const server = createServer();
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gateway = startGateway({
    server,
    rooms,
    verify: (token) => verifyToken(SECRET, token),
    clock,
    meter,
    log: silent,
    helloInfo: HELLO_INFO,
    limits: { closeMs: 200, ...options.limits },
    ...options.gateway,
  });
  const close = async (): Promise<void> => {
    await gateway.close();
    rooms.close();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  const url = `ws://127.0.0.1:${port}/ws`;
  const parts = { url, port, rooms, media, people, meter, joined, sockets };
  return { ...parts, stopped: () => stopped, close, connections: () => gateway.connections };
}

type Fields<T extends ClientRequest['type']> = Omit<Extract<ClientRequest, { type: T }>, 'type' | 'id'>;

type Answer = Extract<ServerMessage, { type: 'result' | 'error' }>;

const isAnswer = (message: ServerMessage): message is Answer => message.type === 'result' || message.type === 'error';

export interface TestPeer {
  readonly socket: WebSocket;
  /** Every message so far, validated. */
  readonly messages: ServerMessage[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Send anything. */
  raw(data: string | Buffer): void;
  /** Resolves to the answer, `result` or `error`. */
  ask<T extends ClientRequest['type']>(type: T, fields: Fields<T>): Promise<Answer>;
  /** Resolves when some message, past or to come, is as wanted. */
  until<T extends ServerMessage>(wanted: (message: ServerMessage) => message is T): Promise<T>;
  until(wanted: (message: ServerMessage) => boolean): Promise<ServerMessage>;
}

/** Open a WebSocket without saying hello. */
export async function openPeer(stage: Stage, options: ClientOptions = {}): Promise<TestPeer> {
  const socket = new WebSocket(stage.url, SUBPROTOCOL, options);
  const messages: ServerMessage[] = [];
  const waiting = new Set<() => void>();
  let asked = 0;
  socket.on('message', (data: Buffer) => {
    const json: unknown = JSON.parse(data.toString());
    const message = serverMessage.parse(json);
    // Nothing is sent that the protocol does not name; of a flood the beginning tells enough.
    if (messages.length < 200) expect(message).toEqual(json);
    messages.push(message);
    for (const look of waiting) look();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
  });
  function until<T extends ServerMessage>(wanted: (message: ServerMessage) => message is T): Promise<T>;
  function until(wanted: (message: ServerMessage) => boolean): Promise<ServerMessage>;
  function until(wanted: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    return new Promise((resolve, reject) => {
      let next = 0;
      const look = (): void => {
        for (let message = messages[next]; message !== undefined; message = messages[next]) {
          next += 1;
          if (!wanted(message)) continue;
          waiting.delete(look);
          resolve(message);
          return;
        }
      };
      waiting.add(look);
      look();
      void closed.then(({ code, reason }) => {
        reject(new Error(`closed while waiting: ${code} ${reason}`));
      });
    });
  }
  const peer: TestPeer = {
    socket,
    messages,
    closed,
    raw: (data) => {
      socket.send(data);
    },
    until,
    ask(type, fields) {
      asked += 1;
      const id = `q${asked}`;
      socket.send(JSON.stringify({ type, id, ...fields }));
      return until((message): message is Answer => isAnswer(message) && message.id === id);
    },
  };
  await once(socket, 'open');
  return peer;
}

/** Open a WebSocket and say hello. */
export async function enter(stage: Stage, claims: TokenClaims, options?: ClientOptions): Promise<TestPeer> {
  const peer = await openPeer(stage, options);
  const answer = await peer.ask('hello', { token: await signToken(SECRET, claims, 60) });
  if (answer.type !== 'result') throw new Error(answer.message);
  return peer;
}

/** Join the lobby and resolve to the answer's data. */
export async function joinLobby(peer: TestPeer, name = 'Ada', more: Partial<Fields<'join'>> = {}): Promise<Joiner> {
  const answer = await peer.ask('join', { room: 'lobby', name, consent: true, textVersion: TEXT, ...more });
  if (answer.type !== 'result') throw new Error(`${answer.code}: ${answer.message}`);
  return answer.data as unknown as Joiner;
}

interface Joiner {
  readonly participant: string;
  readonly key: string;
}

export function publishVerdict(stage: Stage, participant: string, seq: number): void {
  const endMs = Date.now() + 60_000;
  stage.rooms.publishVerdict({
    room: 'lobby',
    participant,
    seq,
    verdict: aVerdict({ endMs }),
    latencyMs: 1,
    packProbabilities: {},
  });
}
