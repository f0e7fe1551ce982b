import fc from 'fast-check';
import { expect, test } from 'vitest';
import { monitor } from '../../clients/monitor.ts';
import type { MonitorEvent } from '../../clients/monitor.ts';
import { ADA, answer, event, scriptedGateway, snapshot, verdict } from './scripted-gateway.ts';
import type { Peer } from './scripted-gateway.ts';

const quick = { token: 'secret', room: 'lobby', backoff: { firstMs: 1, maxMs: 1 } };

/** What a monitor told, in short: `live`, `snapshot 3`, `4`, `5-9`. */
function short(told: MonitorEvent): string {
  if (told.type === 'status') return told.error === undefined ? told.state : `${told.state}: ${told.error.code}`;
  if (told.type === 'snapshot') return `snapshot ${told.snapshot.seq}`;
  return told.type === 'event' ? told.seq.toString() : `${told.from}-${told.seq}`;
}

async function all(events: AsyncIterable<MonitorEvent>): Promise<MonitorEvent[]> {
  const told: MonitorEvent[] = [];
  for await (const heard of events) told.push(heard);
  return told;
}

/** A gateway that answers each subscription by the next of these. */
const gatewayOf = (...visits: ((peer: Peer) => void)[]) =>
  scriptedGateway((message, peer) => {
    answer(message, peer);
    if (message.type === 'subscribe') visits[peer.index]?.(peer);
  });

function record(options: { url: string; room?: string; historyMs?: number }) {
  const room = monitor({ ...quick, ...options });
  const told: string[] = [];
  room.on((heard) => told.push(short(heard)));
  return { room, told };
}

test('connects, takes the snapshot and follows the events', async () => {
  await using gateway = await gatewayOf((peer) => {
    peer.send(snapshot(3));
    peer.send(event(4));
    peer.send(event(5, { kind: 'participant', participant: { ...ADA, camera: 'live' } }));
  });
  const { room, told } = record({ url: gateway.url, historyMs: 5000 });
  await expect.poll(() => told).toEqual(['connecting', 'live', 'snapshot 3', '4', '5']);
  expect(room.status.state).toBe('live');
  expect(room.state.at).toEqual({ epoch: 'e1', seq: 5 });
  expect(room.state.participants.get(ADA.id)?.camera).toBe('live');
  expect(room.state.verdicts.get(ADA.id)).toEqual(verdict(4));
  expect(gateway.received[1]).toEqual({ type: 'subscribe', id: '2', room: 'lobby', historyMs: 5000 });
  room.close();
});

test('resumes after the last event it saw, and drops what it has seen', async () => {
  await using gateway = await gatewayOf(
    (peer) => {
      peer.send(snapshot(0));
      peer.send(event(1));
      peer.send(event(2));
      peer.socket.close(1011);
    },
    (peer) => {
      for (const seq of [1, 2, 3, 4]) peer.send(event(seq));
    },
  );
  const { room, told } = record(gateway);
  await expect
    .poll(() => told)
    .toEqual([
      'connecting',
      'live',
      'snapshot 0',
      '1',
      '2',
      'disconnected: disconnected',
      'connecting',
      'live',
      '3',
      '4',
    ]);
  expect(gateway.received.at(-1)).toMatchObject({ type: 'subscribe', after: { epoch: 'e1', seq: 2 } });
  room.close();
});

test('a server that numbers anew is followed from its new snapshot', async () => {
  await using gateway = await gatewayOf(
    (peer) => {
      peer.send(snapshot(8));
      peer.socket.terminate();
    },
    (peer) => {
      peer.send({ ...snapshot(0, 'e2'), participants: [] });
      peer.send(event(1, { kind: 'participant', participant: { ...ADA, id: 'p2' } }, 'e2'));
    },
  );
  const { room, told } = record(gateway);
  await expect.poll(() => told.slice(-2)).toEqual(['snapshot 0', '1']);
  expect([...room.state.participants.keys()]).toEqual(['p2']);
  room.close();
});

test('a hole in the numbers is not passed on: the monitor reconnects and resumes', async () => {
  await using gateway = await gatewayOf(
    (peer) => {
      peer.send(snapshot(0));
      peer.send(event(1));
      peer.send(event(4));
      peer.send(event(5));
    },
    (peer) => {
      for (const seq of [2, 3, 4]) peer.send(event(seq));
    },
  );
  const { room, told } = record(gateway);
  await expect.poll(() => told.slice(-3)).toEqual(['2', '3', '4']);
  expect(told).toContain('disconnected: bad-message');
  expect(told.filter((what) => /^\d+$/.test(what))).toEqual(['1', '2', '3', '4']);
  room.close();
});

test('however often the connection breaks, every event is told once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 5 }), async (breaks) => {
      const total = 12;
      await using gateway = await scriptedGateway((message, peer) => {
        answer(message, peer);
        if (message.type !== 'subscribe') return;
        if (message.after === undefined) peer.send(snapshot(0));
        const from = message.after?.seq ?? 0;
        const upTo = Math.min(total, from + (breaks[peer.index] ?? total));
        // One event too many is repeated, as a careless server might.
        for (let seq = Math.max(1, from); seq <= upTo; seq++) peer.send(event(seq));
        if (upTo < total) peer.socket.close(1011);
      });
      const { room, told } = record(gateway);
      const numbers = () => told.filter((what) => /^\d+$/.test(what)).map(Number);
      await expect.poll(() => numbers().at(-1), { interval: 2 }).toBe(total);
      expect(numbers()).toEqual(Array.from({ length: total }, (_, at) => at + 1));
      room.close();
    }),
    { numRuns: 15 },
  );
});

test('a conflated range stands for its numbers', async () => {
  await using gateway = await gatewayOf((peer) => {
    peer.send(snapshot(0));
    peer.send({
      type: 'conflated',
      room: 'lobby',
      epoch: 'e1',
      from: 1,
      seq: 40,
      events: [{ kind: 'verdict', ...verdict(40) }],
    });
    peer.send(event(41));
  });
  const { room, told } = record(gateway);
  await expect.poll(() => told.slice(-3)).toEqual(['snapshot 0', '1-40', '41']);
  expect(room.state.verdicts.get(ADA.id)?.seq).toBe(41);
  room.close();
});

test.each(['unauthenticated', 'forbidden', 'room-not-found'] as const)('does not insist after %s', async (code) => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello' && code !== 'unauthenticated') answer(message, peer);
    else peer.send({ type: 'error', id: message.id, code, message: 'no' });
  });
  const room = monitor({ ...quick, url: gateway.url });
  const told: string[] = [];
  const read = async () => {
    for await (const heard of room) told.push(short(heard));
  };
  await expect(read()).rejects.toMatchObject({ code, message: 'no' });
  expect(told).toEqual(['connecting', `disconnected: ${code}`]);
  await expect(read()).rejects.toMatchObject({ code });
});

test('keeps trying where nothing answers, and says since when the state is unknown', async () => {
  const gone = await scriptedGateway();
  await gone[Symbol.asyncDispose]();
  const room = monitor({ ...quick, url: gone.url });
  const { sinceMs } = room.status;
  const told: MonitorEvent[] = [];
  room.on((heard) => told.push(heard));
  await expect.poll(() => told.length).toBeGreaterThan(6);
  room.close();
  expect(told.map(short).slice(0, 4)).toEqual([
    'connecting',
    'disconnected: disconnected',
    'connecting',
    'disconnected: disconnected',
  ]);
  expect(told.map((heard) => heard.type === 'status' && heard.sinceMs)).toEqual(told.map(() => sinceMs));
});

test('leaving a loop closes the monitor, and ends the other loops', async () => {
  let closed = false;
  await using gateway = await gatewayOf((peer) => {
    peer.socket.on('close', () => (closed = true));
    peer.send(snapshot(0));
    peer.send(event(1));
  });
  const room = monitor({ ...quick, url: gateway.url });
  const other = all(room);
  for await (const heard of room) if (heard.type === 'event') break;
  await expect.poll(() => closed).toBe(true);
  expect((await other).map(short)).toEqual(['connecting', 'live', 'snapshot 0', '1']);
});

test('a loop that starts late begins with the room as it is known', async () => {
  await using gateway = await gatewayOf((peer) => {
    peer.send(snapshot(0));
    peer.send(event(1));
  });
  const { room, told } = record(gateway);
  await expect.poll(() => told.at(-1)).toBe('1');
  const late: MonitorEvent[] = [];
  for await (const heard of room) if (late.push(heard) === 2) break;
  expect(late.map(short)).toEqual(['snapshot 1', 'live']);
  expect(late[0]).toMatchObject({ snapshot: { verdicts: [verdict(1)] } });
});

test('a loop that is too slow gets the state in place of what it has missed', async () => {
  await using gateway = await gatewayOf((peer) => {
    peer.send(snapshot(0));
    for (let seq = 1; seq <= 50; seq++) peer.send(event(seq));
  });
  const room = monitor({ ...quick, url: gateway.url, bufferEvents: 10 });
  const heard: string[] = [];
  for await (const told of room) {
    await expect.poll(() => room.state.at?.seq).toBe(50);
    heard.push(short(told));
    const caughtUp = heard.at(-1) === '50' || (heard.at(-2) === 'snapshot 50' && heard.at(-1) === 'live');
    if (caughtUp) break;
  }
  const resumed = heard.findIndex((what) => /^snapshot [1-9]/.test(what));
  const snapshotSeq = Number(heard[resumed]?.split(' ')[1]);
  const rest = Array.from({ length: 50 - snapshotSeq }, (_, at) => (snapshotSeq + 1 + at).toString());
  expect(heard.slice(resumed + 1)).toEqual(['live', ...rest]);
  expect(room.skipped).toBeGreaterThan(0);
});

test('tells nothing after it was closed, whatever closed it', async () => {
  await using gateway = await gatewayOf((peer) => {
    peer.send(snapshot(0));
  });
  const leaving = new AbortController();
  const room = monitor({ ...quick, url: gateway.url, signal: leaving.signal });
  const told: string[] = [];
  room.on((heard) => told.push(short(heard)));
  await expect.poll(() => told.at(-1)).toBe('snapshot 0');
  leaving.abort();
  expect(room.status.state).toBe('disconnected');
  expect(await all(room)).toHaveLength(2);
  expect(told).toEqual(['connecting', 'live', 'snapshot 0']);
});
