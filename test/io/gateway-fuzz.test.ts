/** Whatever a peer sends, the server answers or closes; it neither throws nor forgets the others. */
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { clientMessage } from '../../src/protocol.ts';
import type { ClientRequest } from '../../src/protocol.ts';
import { enter, openPeer, openStage } from './gateway-stage.ts';
import { TEXT } from './people-stage.ts';

const TYPES = clientMessage.options.map((option) => option.shape.type.value);

const id = fc.constantFrom('1', '2', '');
const anything = fc.oneof(
  fc.constantFrom('lobby', 'attic', 't0', 'Ada', true, false, 0),
  fc.jsonValue({ maxDepth: 2 }),
);
const keys = ['room', 'name', 'role', 'consent', 'resume', 'granted', 'transport', 'dtlsParameters', 'kind', 'state', 'token', 'after', '__proto__']; // prettier-ignore

/** Messages of the right type with arbitrary fields; some are even valid. */
const nearly = fc
  .tuple(fc.constantFrom(...TYPES), id, fc.dictionary(fc.constantFrom(...keys), anything, { maxKeys: 5 }))
  .map(([type, which, fields]) => JSON.stringify({ ...fields, type, id: which }));

const valid = fc
  .constantFrom<ClientRequest>(
    { type: 'subscribe', id: '1', room: 'lobby' },
    { type: 'unsubscribe', id: '1', room: 'lobby' },
    { type: 'join', id: '1', room: 'lobby', name: 'Ada', consent: true, textVersion: TEXT },
    { type: 'leave', id: '1' },
    { type: 'consent', id: '1', granted: false },
    { type: 'open-transport', id: '1' },
    { type: 'produce', id: '1', transport: 't0', kind: 'video', rtpParameters: {} },
    { type: 'set-track', id: '1', kind: 'audio', state: 'off' },
  )
  .map((message) => JSON.stringify(message));

const frame = fc.oneof(
  valid,
  nearly,
  fc.json(),
  fc.string(),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

it('survives any frames, before hello and after it', async () => {
  const stage = await openStage();
  const escaped: unknown[] = [];
  const note = (error: unknown) => escaped.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  });
  const witness = await enter(stage, { role: 'viewer' });
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 25 }), fc.boolean(), fc.boolean(), async (frames, greet, abrupt) => {
      const peer = greet ? await enter(stage, { role: 'admin' }) : await openPeer(stage);
      for (const each of frames) peer.raw(each);
      if (abrupt) peer.socket.terminate();
      else peer.socket.close();
      await peer.closed;
    }),
    { numRuns: 150 },
  );
  expect((await witness.ask('ping', {})).type).toBe('result');
  expect(escaped).toEqual([]);
});
