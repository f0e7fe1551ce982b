/** A gateway that says what a test tells it to, also what the real one never would. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { clientMessage, SUBPROTOCOL } from '../../src/protocol.ts';
import type { ClientMessage, ParticipantState, RoomEvent, ServerMessage, VerdictMessage } from '../../src/protocol.ts';

export interface Peer {
  /** Which connection this is, from 0. */
  readonly index: number;
  readonly socket: WebSocket;
  send(message: ServerMessage): void;
}

type Answer = (message: ClientMessage, peer: Peer) => void;

/** Answers `hello` and `subscribe` with nothing special. */
export const answer: Answer = (message, peer) => {
  peer.send({ type: 'result', id: message.id, data: message.type === 'hello' ? { ...HELLO } : {} });
};

export const HELLO = {
  role: 'viewer',
  version: '0.1.0',
  heartbeatMs: 60_000,
  windowMs: 3000,
  hopMs: 500,
  rooms: ['lobby'],
  pack: {
    name: 'starter',
    version: '1',
    labels: ['neutral', 'fear'],
    thresholds: { fear: 0.5 },
    minTopProbability: 0.5,
  },
};

export async function scriptedGateway(script: Answer = answer, subprotocol: string | false = SUBPROTOCOL) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => subprotocol });
  await once(server, 'listening');
  const received: ClientMessage[] = [];
  let connections = 0;
  server.on('connection', (socket) => {
    const peer: Peer = {
      index: connections++,
      socket,
      send: (message) => {
        socket.send(JSON.stringify(message));
      },
    };
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const message = clientMessage.parse(JSON.parse(data.toString('utf8')));
      received.push(message);
      script(message, peer);
    });
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port.toString()}/ws`,
    received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const ADA: ParticipantState = {
  id: 'p1',
  name: 'Ada',
  role: 'customer',
  joinedMs: 0,
  connected: true,
  consented: true,
  microphone: 'live',
  camera: 'off',
};

export function verdict(seq: number): VerdictMessage {
  return {
    participant: ADA.id,
    seq,
    latencyMs: 5,
    verdict: {
      startMs: seq * 500,
      endMs: seq * 500 + 3000,
      status: 'accepted',
      reason: null,
      labels: ['fear'],
      probabilities: { fear: 0.8 },
      shares: { fear: 0.6 },
      modalities: ['voice'],
      missing: { face: 'off' },
      uncertainty: 0.5,
      pack: 'starter@1',
      calibration: null,
    },
  };
}

export const snapshot = (seq: number, epoch = 'e1'): Extract<ServerMessage, { type: 'snapshot' }> => ({
  type: 'snapshot',
  room: 'lobby',
  epoch,
  seq,
  participants: [ADA],
  verdicts: [],
  segments: [],
});

export const event = (
  seq: number,
  about: RoomEvent = { kind: 'verdict', ...verdict(seq) },
  epoch = 'e1',
): ServerMessage => ({
  type: 'event',
  room: 'lobby',
  epoch,
  seq,
  event: about,
});
