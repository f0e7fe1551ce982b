import { expect, test } from 'vitest';
import { connect } from '../../clients/connection.ts';
import { CLOSE } from '../../src/protocol.ts';
import { answer, event, HELLO, scriptedGateway } from './scripted-gateway.ts';

const token = 'very-secret-token';

test('resolves with what the server said to hello', async () => {
  await using gateway = await scriptedGateway();
  const connection = await connect({ url: gateway.url, token });
  expect(connection.server).toEqual(HELLO);
  expect(gateway.received).toEqual([{ type: 'hello', id: '1', token }]);
  connection.close();
});

test('pairs answers with their requests in whatever order they come', async () => {
  const ids: string[] = [];
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') answer(message, peer);
    else if (ids.push(message.id) === 2)
      for (const id of ids.toReversed()) peer.send({ type: 'result', id, data: { producer: `for ${id}` } });
  });
  const connection = await connect({ url: gateway.url, token });
  const fields = { transport: 't', rtpParameters: {} };
  const answers = await Promise.all([
    connection.request('produce', { kind: 'audio', ...fields }),
    connection.request('produce', { kind: 'video', ...fields }),
  ]);
  expect(answers.map(({ producer }) => producer)).toEqual(ids.map((id) => `for ${id}`));
  connection.close();
});

test('a refusal keeps the code and the sentence of the server', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') answer(message, peer);
    else peer.send({ type: 'error', id: message.id, code: 'room-not-found', message: "there is no room 'x'" });
  });
  const connection = await connect({ url: gateway.url, token });
  const refused = connection.request('subscribe', { room: 'x' });
  await expect(refused).rejects.toMatchObject({ code: 'room-not-found', message: "there is no room 'x'" });
  connection.close();
});

test('an answer that is not of the protocol is an error, unknown extra keys are not', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') peer.send({ type: 'result', id: message.id, data: { ...HELLO, colour: 'blue' } });
    else peer.send({ type: 'result', id: message.id, data: { producer: 7 } });
  });
  const connection = await connect({ url: gateway.url, token });
  const produce = connection.request('produce', { transport: 't', kind: 'audio', rtpParameters: {} });
  await expect(produce).rejects.toMatchObject({ code: 'bad-message' });
  connection.close();
});

test('messages of the room reach every listener, also past one that throws', async () => {
  const uncaught: unknown[] = [];
  const catchIt = (error: unknown) => uncaught.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', catchIt);
  try {
    await using gateway = await scriptedGateway((message, peer) => {
      answer(message, peer);
      if (message.type === 'subscribe') peer.send(event(1));
    });
    const connection = await connect({ url: gateway.url, token });
    const heard: number[] = [];
    connection.onMessage(() => {
      throw new Error('a broken listener');
    });
    const stop = connection.onMessage(({ seq }) => heard.push(seq));
    await connection.request('subscribe', { room: 'lobby' });
    await expect.poll(() => heard).toEqual([1]);
    await expect.poll(() => uncaught).toEqual([new Error('a broken listener')]);
    stop();
    await connection.request('subscribe', { room: 'lobby' });
    await expect.poll(() => uncaught.length).toBe(2);
    expect(heard).toEqual([1]);
    connection.close();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

test.each(['not json', '[]', '{"type":"news"}', '{"type":"event","room":"lobby"}'])(
  'ends the connection at the unreadable message %s',
  async (text) => {
    await using gateway = await scriptedGateway((message, peer) => {
      answer(message, peer);
      if (message.type === 'ping') peer.socket.send(text);
    });
    const connection = await connect({ url: gateway.url, token });
    await connection.request('ping', {});
    expect(await connection.closed).toMatchObject({ code: 4007 });
    await expect(connection.request('ping', {})).rejects.toMatchObject({ code: 'bad-message' });
  },
);

test.each([
  [CLOSE.draining, 'draining'],
  [CLOSE.unauthenticated, 'unauthenticated'],
  [CLOSE.tooSlow, 'too-slow'],
  [CLOSE.abuse, 'rate-limited'],
  [1011, 'disconnected'],
])('close code %i rejects what waits with %s', async (code, expected) => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') answer(message, peer);
    else peer.socket.close(code, 'for a reason');
  });
  const connection = await connect({ url: gateway.url, token });
  await expect(connection.request('ping', {})).rejects.toMatchObject({ code: expected });
  expect(await connection.closed).toEqual({ code, reason: 'for a reason' });
});

test('gives up on a request that is not answered in time', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') answer(message, peer);
  });
  const connection = await connect({ url: gateway.url, token, timeoutMs: 500 });
  await expect(connection.request('leave', {})).rejects.toMatchObject({ code: 'too-slow' });
  connection.close();
});

test('refuses to let more than 64 requests wait', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') answer(message, peer);
  });
  const connection = await connect({ url: gateway.url, token });
  const waiting = Array.from({ length: 65 }, () => connection.request('leave', {}));
  await expect(waiting[64]).rejects.toMatchObject({ code: 'limit-reached' });
  connection.close();
  const settled = await Promise.allSettled(waiting);
  expect(settled.map(({ status }) => status)).toEqual(Array.from({ length: 65 }, () => 'rejected'));
});

test('notices a server that has fallen silent', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') peer.send({ type: 'result', id: message.id, data: { ...HELLO, heartbeatMs: 100 } });
  });
  const connection = await connect({ url: gateway.url, token });
  expect(await connection.closed).toMatchObject({ code: CLOSE.heartbeat });
  expect(gateway.received.map(({ type }) => type)).toEqual(['hello', 'ping']);
});

test('stays with a server that answers pings', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello') peer.send({ type: 'result', id: message.id, data: { ...HELLO, heartbeatMs: 100 } });
    else if (gateway.received.length > 4) peer.socket.close(1000, 'enough');
    else answer(message, peer);
  });
  const connection = await connect({ url: gateway.url, token });
  expect(await connection.closed).toEqual({ code: 1000, reason: 'enough' });
});

test('refuses a server that speaks another protocol', async () => {
  await using gateway = await scriptedGateway(answer, false);
  await expect(connect({ url: gateway.url, token })).rejects.toMatchObject({ name: 'UndertoneError' });
});

test('an error names neither the token nor the secrets of a URL', async () => {
  const gone = await scriptedGateway();
  await gone[Symbol.asyncDispose]();
  const url = gone.url.replace('ws://', 'ws://user:hidden@') + `?token=${token}`;
  const error = await connect({ url, token }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'disconnected' });
  expect(String(error)).not.toMatch(/hidden|very-secret/);
});

test('says what is wrong with a URL that is none', async () => {
  await expect(connect({ url: 'localhost', token })).rejects.toMatchObject({ code: 'config-invalid' });
});

test('an abort gives up connecting, and closes an open connection', async () => {
  await using gateway = await scriptedGateway((message, peer) => {
    if (message.type === 'hello' && peer.index === 1) answer(message, peer);
  });
  const reason = new Error('changed my mind');
  const first = new AbortController();
  const connecting = connect({ url: gateway.url, token, signal: first.signal });
  await expect.poll(() => gateway.received.length).toBe(1);
  first.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  await expect(connect({ url: gateway.url, token, signal: first.signal })).rejects.toBe(reason);

  const second = new AbortController();
  const connection = await connect({ url: gateway.url, token, signal: second.signal });
  second.abort();
  expect(await connection.closed).toMatchObject({ code: 1000 });
});
