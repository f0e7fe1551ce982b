/** The monitor against the server's own gateway and rooms. */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../clients/connection.ts';
import { monitor } from '../../clients/monitor.ts';
import type { MonitorEvent } from '../../clients/monitor.ts';
import type { VerdictEvent } from '../../src/domain.ts';
import { startGateway } from '../../src/io/gateway.ts';
import type { Gateway } from '../../src/io/gateway.ts';
import { startHttp } from '../../src/io/http.ts';
import type { HttpServer } from '../../src/io/http.ts';
import { createRooms } from '../../src/io/rooms.ts';
import type { Rooms } from '../../src/io/rooms.ts';
import { createMeter } from '../../src/io/telemetry.ts';
import { signToken, verifyToken } from '../../src/io/tokens.ts';
import type { MediaEvent, MediaServer } from '../../src/ports.ts';
import { openPeopleStage } from '../io/people-stage.ts';
import { HELLO, verdict } from './scripted-gateway.ts';

const SECRET = 'x'.repeat(32);
const silent = () => undefined;
const log = { info: silent, warn: silent, error: silent };
const media: MediaServer = {
  join: () => Promise.reject(new Error('nobody joins by WebRTC here')),
  status: () => ({ workers: 0, workersAlive: 0 }),
  close: () => Promise.resolve(),
};

let http: HttpServer;
let gateway: Gateway;
let rooms: Rooms;
let url = '';
let token = '';
const sockets = new Set<Socket>();

beforeEach(async () => {
  // From zero, as the times of the verdicts are.
  const begun = performance.now();
  const [meter, clock] = [createMeter(), { now: () => performance.now() - begun }];
  const { people } = await openPeopleStage();
  rooms = createRooms({ names: ['lobby'], media, people, clock, meter, log, onJoin: () => silent });
  http = await startHttp({
    host: '127.0.0.1',
    port: 0,
    staticDir: 'nowhere',
    health: () => ({ checks: {} }),
    meter,
    log,
  });
  http.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { role: _role, rooms: _rooms, ...helloInfo } = { ...HELLO, pack: { ...HELLO.pack, labels: [] } };
  const verify = (shown: string) => verifyToken(SECRET, shown);
  gateway = startGateway({ server: http.server, rooms, verify, clock, meter, log, helloInfo });
  url = `${http.url.replace('http', 'ws')}/ws`;
  token = await signToken(SECRET, { role: 'viewer' }, 60);
  const ada = { room: 'lobby', participant: 'p1' };
  await rooms.addSource({ ref: ada, events: new Subject<MediaEvent>() }, { name: 'Ada', role: 'customer' });
});

afterEach(async () => {
  await gateway.close();
  rooms.close();
  await http.close();
});

const publish = (seq: number) => {
  rooms.publishVerdict({ room: 'lobby', ...verdict(seq), packProbabilities: {} } as VerdictEvent);
};

function follow() {
  const room = monitor({ url, token, room: 'lobby', backoff: { firstMs: 2, maxMs: 10 } });
  const told: MonitorEvent[] = [];
  room.on((event) => told.push(event));
  const verdicts = () =>
    told.flatMap((heard) => (heard.type === 'event' && heard.event.kind === 'verdict' ? [heard.event.seq] : []));
  return { room, told, verdicts };
}

test('shows the room, then what happens in it', async () => {
  const { room, verdicts } = follow();
  await expect.poll(() => room.status.state).toBe('live');
  expect([...room.state.participants.values()]).toMatchObject([{ id: 'p1', name: 'Ada', consented: true }]);
  publish(0);
  publish(1);
  await expect.poll(verdicts).toEqual([0, 1]);
  expect(room.state.verdicts.get('p1')).toEqual(verdict(1));
  room.close();
});

test('a viewer whose connection breaks, at any moment, misses nothing and hears nothing twice', async () => {
  let next = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('publish', 'break', 'wait'), { maxLength: 40 }), async (steps) => {
      const { room, told, verdicts } = follow();
      await expect.poll(() => room.status.state, { interval: 2 }).toBe('live');
      const first = next;
      for (const step of steps) {
        if (step === 'publish') publish(next++);
        else if (step === 'break') for (const socket of sockets) socket.destroy();
        else await new Promise((resolve) => setTimeout(resolve, 1));
      }
      publish(next++);
      await expect.poll(() => verdicts().at(-1), { interval: 2 }).toBe(next - 1);
      expect(verdicts()).toEqual(Array.from({ length: next - first }, (_, at) => first + at));
      expect(told.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
      room.close();
    }),
    { numRuns: 20 },
  );
});

test('a token that is none is refused for good, and so is a room that does not exist', async () => {
  const strange = monitor({ url, token: 'not-a-token', room: 'lobby' });
  await expect(all(strange)).rejects.toMatchObject({ code: 'unauthenticated' });
  const lost = monitor({ url, token, room: 'attic' });
  await expect(all(lost)).rejects.toMatchObject({ code: expect.stringMatching(/forbidden|room-not-found/) as string });
});

test('a request that the role does not allow is refused, the connection stays', async () => {
  const connection = await connect({ url, token });
  expect(connection.server).toMatchObject({ role: 'viewer', rooms: ['lobby'] });
  await expect(connection.request('join', { room: 'lobby', name: 'Eve', consent: false })).rejects.toMatchObject({
    code: 'forbidden',
  });
  expect(await connection.request('ping', {})).toEqual({});
  connection.close();
});

test('a server that drains says so', async () => {
  const connection = await connect({ url, token });
  await gateway.close();
  expect(await connection.closed).toMatchObject({ code: 4001 });
  await expect(connection.request('ping', {})).rejects.toMatchObject({ code: 'draining' });
});

async function all(events: AsyncIterable<MonitorEvent>): Promise<number> {
  let count = 0;
  for await (const _ of events) count++;
  return count;
}
