import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { signToken } from '../../src/io/tokens.ts';
import { CLOSE, SUBPROTOCOL } from '../../src/protocol.ts';
import { HELLO_INFO, SECRET, enter, joinLobby, openPeer, openStage, publishVerdict } from './gateway-stage.ts';
import { TEXT } from './people-stage.ts';
import type { Stage, TestPeer } from './gateway-stage.ts';
import { PATIENCE } from '../fixtures/patience.ts';

async function refusal(
  stage: Stage,
  headers: Record<string, string>,
  path = '/ws',
): Promise<[number | undefined, string]> {
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
  const asked = request({
    port: stage.port,
    path,
    headers: { ...upgrade, 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==', ...headers },
  }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = await response.toArray();
  return [response.statusCode, Buffer.concat(body as Buffer[]).toString()];
}

const OURS = { 'Sec-WebSocket-Protocol': SUBPROTOCOL };

describe('the upgrade', () => {
  it('is refused for another subprotocol, and says which is spoken', async () => {
    const stage = await openStage();
    const [status, body] = await refusal(stage, { 'Sec-WebSocket-Protocol': 'undertone.v0' });
    expect([status, body]).toEqual([400, expect.stringContaining(SUBPROTOCOL)]);
    expect((await refusal(stage, {}))[0]).toBe(400);
    expect(stage.meter.of('undertone_closed_total', { code: '400' })).toBe(2);
  });

  it('is refused for pages of other origins, and not for our own or those allowed', async () => {
    const stage = await openStage({ gateway: { origins: ['https://ward.example'] } });
    const own = `http://127.0.0.1:${stage.port.toString()}`;
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1'])
      expect((await refusal(stage, { ...OURS, Origin: origin }))[0]).toBe(403);
    for (const origin of ['https://ward.example', own]) await openPeer(stage, { origin });
  });

  it('is refused elsewhere than on its path', async () => {
    const stage = await openStage();
    for (const path of ['/', '/ws/', '/wss', '//']) expect((await refusal(stage, OURS, path))[0]).toBe(404);
    expect((await refusal(stage, { ...OURS, Origin: 'https://evil.example' }, '/ws?x=1'))[0]).toBe(403);
  });

  it('is refused when all connections are taken, and taken again when one has gone', async () => {
    const stage = await openStage({ limits: { maxConnections: 1 } });
    const first = await openPeer(stage);
    expect((await refusal(stage, OURS))[0]).toBe(503);
    first.socket.close();
    await vi.waitFor(() => {
      expect(stage.connections()).toBe(0);
    }, PATIENCE);
    await openPeer(stage);
  });

  it('survives bytes that are no HTTP at all', async () => {
    const stage = await openStage();
    const socket = connect(stage.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.end(Buffer.from('\x16\x03\x01 this is not HTTP\r\n\r\n'));
    await once(socket, 'close');
    await openPeer(stage);
  });
});

describe('hello', () => {
  it('tells role, rooms in the scope of the token, and the pack', async () => {
    const peer = await openPeer(await openStage());
    const token = await signToken(SECRET, { role: 'viewer', rooms: ['attic', 'cellar'] }, 60);
    expect(await peer.ask('hello', { token })).toMatchObject({
      type: 'result',
      data: { ...HELLO_INFO, role: 'viewer', rooms: ['attic'] },
    });
  });

  it('must come in time', async () => {
    const peer = await openPeer(await openStage({ limits: { helloMs: 20 } }));
    expect((await peer.closed).code).toBe(CLOSE.unauthenticated);
  });

  it('must come first', async () => {
    const peer = await openPeer(await openStage());
    const answer = await peer.ask('subscribe', { room: 'lobby' });
    expect(answer).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('hello') as string });
    expect((await peer.closed).code).toBe(CLOSE.unauthenticated);
  });

  it.each([
    ['forged', () => signToken('another secret of 32 characters!!', { role: 'admin' }, 60)],
    ['expired', () => signToken(SECRET, { role: 'admin' }, -60)],
    ['no token at all', () => Promise.resolve('let me in')],
  ])('refuses a token that is %s', async (_, make) => {
    const peer = await openPeer(await openStage());
    expect(await peer.ask('hello', { token: await make() })).toMatchObject({ code: 'unauthenticated' });
    expect((await peer.closed).code).toBe(CLOSE.unauthenticated);
  });

  it('is said once', async () => {
    const peer = await enter(await openStage(), { role: 'admin' });
    expect(await peer.ask('hello', { token: 'x' })).toMatchObject({ code: 'bad-message' });
  });

  it('is good until the token expires', async () => {
    const stage = await openStage({
      gateway: { verify: () => Promise.resolve({ id: 't1', role: 'viewer', expiresMs: Date.now() + 50 }) },
    });
    const peer = await openPeer(stage);
    expect((await peer.ask('hello', { token: 'x' })).type).toBe('result');
    expect(await peer.closed).toEqual({ code: CLOSE.unauthenticated, reason: 'the token has expired' });
  });

  it('may be followed by requests before it is answered', async () => {
    const peer = await openPeer(await openStage());
    const token = await signToken(SECRET, { role: 'viewer' }, 60);
    const answers = [peer.ask('hello', { token }), peer.ask('subscribe', { room: 'lobby' }), peer.ask('ping', {})];
    expect((await Promise.all(answers)).map(({ type }) => type)).toEqual(['result', 'result', 'result']);
    expect(peer.messages.map((message) => message.type)).toEqual(['result', 'result', 'snapshot', 'result']);
  });
});

describe('a role', () => {
  it('bounds what a token is good for', async () => {
    const stage = await openStage();
    const viewer = await enter(stage, { role: 'viewer' });
    const publisher = await enter(stage, { role: 'publisher' });
    const admin = await enter(stage, { role: 'admin' });
    const join = { room: 'lobby', name: 'Ada', consent: true, textVersion: TEXT };
    expect(await viewer.ask('join', join)).toMatchObject({ code: 'forbidden' });
    expect(await publisher.ask('subscribe', { room: 'lobby' })).toMatchObject({ code: 'forbidden' });
    expect((await publisher.ask('join', join)).type).toBe('result');
    expect((await admin.ask('join', join)).type).toBe('result');
    expect((await admin.ask('subscribe', { room: 'lobby' })).type).toBe('result');
  });

  it('does not tell a room that the token may not see from one that does not exist', async () => {
    const peer = await enter(await openStage(), { role: 'admin', rooms: ['attic'] });
    const told = async (room: string) => {
      const answer = await peer.ask('subscribe', { room });
      return answer.type === 'error' && answer.code === 'room-not-found' ? answer.message.replace(room, '') : answer;
    };
    expect(await told('lobby')).toEqual(await told('cellar'));
    expect(await told('lobby')).toContain('attic');
    expect(await peer.ask('join', { room: 'lobby', name: 'Ada', consent: true, textVersion: TEXT })).toMatchObject({
      code: 'room-not-found',
    });
  });
});

describe('a bad message', () => {
  const greeted = async (): Promise<[TestPeer, Stage]> => {
    const stage = await openStage();
    return [await enter(stage, { role: 'admin' }), stage];
  };
  const errors = (peer: TestPeer) => peer.messages.filter((message) => message.type === 'error');

  it.each([
    ['{', null, 'JSON'],
    ['[]', null, 'message'],
    ['"hi"', null, 'message'],
    ['{"type":"dance","id":"7"}', '7', 'type'],
    ['{"type":"ping"}', null, 'id'],
    ['{"type":"ping","id":7}', null, 'id'],
    ['{"type":"subscribe","id":"7","room":"no spaces"}', '7', 'room'],
    ['{"type":"subscribe","id":"7","room":"lobby","historyMs":1e99}', '7', 'historyMs'],
    ['{"type":"subscribe","id":"7","room":"lobby","after":{"epoch":"e","seq":-1}}', '7', 'after.seq'],
    ['{"type":"ping","id":"7","extra":1}', '7', 'extra'],
    ['['.repeat(30_000), null, 'JSON'],
    [`${'['.repeat(20_000)}${']'.repeat(20_000)}`, null, 'message'],
    [`{"type":"ping","id":"7","${'k'.repeat(50_000)}":1}`, '7', 'kkk'],
  ])('is answered with what is wrong (%#)', async (text, id, named) => {
    const [peer] = await greeted();
    peer.raw(text);
    const error = await peer.until((message) => message.type === 'error');
    expect(error).toMatchObject({ id, code: 'bad-message', message: expect.stringContaining(named) as string });
    expect(JSON.stringify(error).length).toBeLessThan(500);
    expect((await peer.ask('ping', {})).type).toBe('result');
  });

  it('in binary is refused', async () => {
    const [peer] = await greeted();
    peer.raw(Buffer.from('{"type":"ping","id":"7"}'));
    expect(await peer.until((message) => message.type === 'error')).toMatchObject({ code: 'bad-message', id: null });
  });

  it('larger than allowed closes the connection, is counted, and disturbs nobody', async () => {
    const [peer, stage] = await greeted();
    const other = await enter(stage, { role: 'viewer' });
    peer.raw('x'.repeat(65_537));
    expect((await peer.closed).code).toBe(1009);
    expect(stage.meter.of('undertone_message_errors_total', { code: 'message-too-large' })).toBe(1);
    expect((await other.ask('ping', {})).type).toBe('result');
  });

  it('again and again closes the connection', async () => {
    const [peer, stage] = await greeted();
    for (let i = 0; i < 50; i += 1) peer.raw('{');
    expect((await peer.closed).code).toBe(CLOSE.abuse);
    expect(errors(peer).length).toBeLessThan(30);
    await vi.waitFor(() => {
      expect(stage.meter.of('undertone_closed_total', { code: CLOSE.abuse.toString() })).toBe(1);
    }, PATIENCE);
  });

  it('that is no WebSocket frame closes the connection', async () => {
    const [peer, stage] = await greeted();
    (peer.socket as unknown as { _socket: Socket })._socket.write(Buffer.alloc(64, 0xff));
    expect((await peer.closed).code).toBe(1002);
    expect(stage.meter.of('undertone_message_errors_total', { code: 'bad-message' })).toBe(1);
  });
});

describe('a flood', () => {
  it('of subscriptions is slowed, then ended, and the server stays up', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'viewer' });
    for (let i = 0; i < 200; i += 1) peer.raw(`{"type":"subscribe","id":"${i.toString()}","room":"lobby"}`);
    expect((await peer.closed).code).toBe(CLOSE.abuse);
    expect(peer.messages).toContainEqual(expect.objectContaining({ type: 'error', code: 'rate-limited' }));
    expect(peer.messages.filter((message) => message.type === 'snapshot').length).toBeLessThan(25);
    expect(stage.meter.of('undertone_subscribers')).toBe(0);
    await enter(stage, { role: 'viewer' });
  });

  it('of requests behind one that hangs does not pile up', async () => {
    const stage = await openStage({ limits: { maxWaiting: 3 } });
    stage.media.gate = new Promise(() => undefined);
    const peer = await enter(stage, { role: 'admin' });
    void joinLobby(peer).catch(() => undefined);
    for (let i = 0; i < 4; i += 1) peer.raw(`{"type":"ping","id":"p${i.toString()}"}`);
    expect(await peer.until((message) => message.type === 'error')).toMatchObject({ id: 'p3', code: 'rate-limited' });
  });
});

describe('the heartbeat', () => {
  const quick = { helloInfo: { ...HELLO_INFO, heartbeatMs: 20 } };

  it('ends a connection that does not answer', async () => {
    const stage = await openStage({ gateway: quick });
    const peer = await enter(stage, { role: 'viewer' }, { autoPong: false });
    expect((await peer.closed).code).toBe(CLOSE.heartbeat);
  });

  it('cuts off a peer that is gone without a word', async () => {
    const stage = await openStage({ gateway: quick, limits: { closeMs: 20 } });
    const peer = await enter(stage, { role: 'viewer' });
    peer.socket.pause();
    await vi.waitFor(() => {
      expect(stage.meter.of('undertone_closed_total', { code: CLOSE.heartbeat.toString() })).toBe(1);
    }, PATIENCE);
    expect(stage.connections()).toBe(0);
    peer.socket.terminate();
  });

  it('leaves alone who answers', async () => {
    const stage = await openStage({ gateway: quick });
    const peer = await enter(stage, { role: 'viewer' });
    let pings = 0;
    await new Promise<void>((resolve) => {
      peer.socket.on('ping', () => {
        pings += 1;
        if (pings === 6) resolve();
      });
    });
    expect((await peer.ask('ping', {})).type).toBe('result');
  });
});

describe('draining', () => {
  it('tells everyone and takes nobody in', async () => {
    const stage = await openStage();
    const peers = await Promise.all([1, 2, 3].map(() => enter(stage, { role: 'viewer' })));
    await stage.close();
    for (const peer of peers) expect((await peer.closed).code).toBe(CLOSE.draining);
    expect(stage.connections()).toBe(0);
    const late = new WebSocket(stage.url, SUBPROTOCOL);
    await once(late, 'error');
  });

  it('does not wait for a peer that does not answer', async () => {
    const stage = await openStage({ limits: { closeMs: 20 } });
    const peer = await enter(stage, { role: 'viewer' });
    peer.socket.pause();
    await stage.close();
    expect(stage.connections()).toBe(0);
    peer.socket.terminate();
  });
});

describe('30 participants joining at once', () => {
  it('all get in, as long as the room has places, and everyone sees everyone', async () => {
    const stage = await openStage({ rooms: { maxParticipants: 28 } });
    const viewer = await enter(stage, { role: 'viewer' });
    await viewer.ask('subscribe', { room: 'lobby' });
    const peers = await Promise.all(Array.from({ length: 30 }, () => enter(stage, { role: 'publisher' })));
    const joins = await Promise.allSettled(peers.map((peer, i) => joinLobby(peer, `P${i.toString()}`)));
    const refused = joins.filter((join) => join.status === 'rejected').map(({ reason }) => String(reason));
    expect(refused).toHaveLength(2);
    expect(refused[0]).toContain('limit-reached');
    expect(stage.meter.of('undertone_participants')).toBe(28);
    await viewer.until((message) => message.type === 'event' && message.seq === 28);
    const seen = viewer.messages.flatMap((message) =>
      message.type === 'event' && message.event.kind === 'participant' ? [message.event.participant.id] : [],
    );
    expect(new Set(seen).size).toBe(28);
  });
});

it('encodes an event once, however many subscribe', async () => {
  const stage = await openStage();
  const peers = await Promise.all([1, 2, 3, 4].map(() => enter(stage, { role: 'admin' })));
  for (const peer of peers) await peer.ask('subscribe', { room: 'lobby' });
  const [first] = peers;
  if (first === undefined) throw new Error('no peer');
  const { participant } = await joinLobby(first);
  const stringify = vi.spyOn(JSON, 'stringify');
  publishVerdict(stage, participant, 0);
  const encoded = stringify.mock.calls.filter(([value]) => (value as { type?: string }).type === 'event').length;
  stringify.mockRestore();
  expect(encoded).toBe(1);
  for (const peer of peers) await peer.until((message) => message.type === 'event' && message.event.kind === 'verdict');
});
