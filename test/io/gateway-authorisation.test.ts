import { expect, test } from 'vitest';
import { issueToken } from '../../src/io/tokens.ts';
import { createVerifier } from '../../src/io/verifier.ts';
import { CLOSE, clientMessage } from '../../src/protocol.ts';
import type { ClientRequest, Role } from '../../src/protocol.ts';
import { SECRET, enter, joinLobby, openPeer, openStage } from './gateway-stage.ts';
import type { Stage, TestPeer } from './gateway-stage.ts';
import { TEXT } from './people-stage.ts';

/**
 * Who may send what, written out apart from the code.
 *
 * Columns: a connection that has not said hello; tokens for all rooms; tokens for the room attic alone that ask about lobby.
 * Cells: `yes`, or what is answered instead: `who` unauthenticated (and the connection is closed), `no` forbidden, `hid`
 * room-not-found, `out` not-joined (who is in no seat, or follows nothing), `bad` bad-message.
 */
//                   no     for all rooms            for attic, about lobby
//                   hello  publ  view  revi  admi   publ  view  revi  admi
const ROWS = `
hello                yes    bad   bad   bad   bad    bad   bad   bad   bad
subscribe            who    no    yes   no    yes    no    hid   no    hid
unsubscribe          who    out   out   out   out    out   out   out   out
room                 who    yes   yes   yes   yes    hid   hid   hid   hid
join                 who    yes   no    no    yes    hid   no    no    hid
leave                who    out   out   out   out    out   out   out   out
consent              who    out   out   out   out    out   out   out   out
open-transport       who    out   out   out   out    out   out   out   out
connect-transport    who    out   out   out   out    out   out   out   out
restart-ice          who    out   out   out   out    out   out   out   out
produce              who    out   out   out   out    out   out   out   out
set-track            who    out   out   out   out    out   out   out   out
ping                 who    yes   yes   yes   yes    yes   yes   yes   yes
`;
const ROLES: readonly Role[] = ['publisher', 'viewer', 'reviewer', 'admin'];
const CELLS: Readonly<Record<string, string>> = {
  unauthenticated: 'who',
  forbidden: 'no',
  'room-not-found': 'hid',
  'not-joined': 'out',
  'bad-message': 'bad',
};
const MATRIX = new Map(
  ROWS.split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [type = '', ...cells] = row.split(/\s+/);
      return [type, cells];
    }),
);

type Type = ClientRequest['type'];

const transport = 't';
const FIELDS: { readonly [T in Type]: Omit<Extract<ClientRequest, { type: T }>, 'type' | 'id'> } = {
  hello: { token: (await issueToken(SECRET, { role: 'viewer' }, 600)).token },
  subscribe: { room: 'lobby' },
  unsubscribe: { room: 'lobby' },
  room: { room: 'lobby' },
  join: { room: 'lobby', name: 'Ada', consent: true, textVersion: TEXT },
  leave: {},
  consent: { granted: true, textVersion: TEXT },
  'open-transport': {},
  'connect-transport': { transport, dtlsParameters: {} },
  'restart-ice': { transport },
  produce: { transport, kind: 'audio', rtpParameters: {} },
  'set-track': { kind: 'audio', state: 'muted' },
  ping: {},
};

async function cellOf(peer: TestPeer, type: Type): Promise<string> {
  const answer = await peer.ask(type, FIELDS[type]);
  if (answer.type === 'result') return 'yes';
  if (answer.code === 'unauthenticated') expect((await peer.closed).code).toBe(CLOSE.unauthenticated);
  return CELLS[answer.code] ?? answer.code;
}

const rowOf = async (stage: Stage, type: Type): Promise<string[]> => {
  const found = [await cellOf(await openPeer(stage), type)];
  for (const rooms of [undefined, ['attic']])
    for (const role of ROLES) found.push(await cellOf(await enter(stage, { role, ...(rooms && { rooms }) }), type));
  return found;
};

const types = clientMessage.options.map(({ shape }) => shape.type.value);

test('the matrix has a row for each message, and no other', () => {
  expect([...MATRIX.keys()]).toEqual(types);
});

test.each(types)('%s is for each role as the matrix says', async (type) => {
  expect(await rowOf(await openStage(), type)).toEqual(MATRIX.get(type));
});

test.each(['publisher', 'admin'] as const)('a %s who has joined may do what their seat allows', async (role) => {
  const stage = await openStage();
  const peer = await enter(stage, { role });
  await joinLobby(peer);
  const found: Record<string, string> = {};
  for (const type of types.slice(types.indexOf('consent'))) found[type] = await cellOf(peer, type);
  expect(found).toEqual({
    consent: 'yes',
    'open-transport': 'yes',
    'connect-transport': 'transport-not-found',
    'restart-ice': 'transport-not-found',
    produce: 'transport-not-found',
    'set-track': 'yes',
    ping: 'yes',
  });
  expect(await cellOf(peer, 'subscribe')).toBe(role === 'admin' ? 'yes' : 'no');
  expect(await cellOf(peer, 'leave')).toBe('yes');
  expect(await cellOf(peer, 'leave')).toBe('out');
});

test('hello takes no token that is expired, forged, unsigned, altered or called back', async () => {
  const admin = { role: 'admin' } as const;
  const called = await issueToken(SECRET, admin, 60);
  const revocations = { has: (id: string) => id === called.id, onRevoked: () => () => undefined };
  const stage = await openStage({
    gateway: { verify: createVerifier({ secret: SECRET, revocations }), revocations },
  });
  const [, claims = '', mac = ''] = (await issueToken(SECRET, admin, 60)).token.split('.');
  const head = (alg: string) => Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url');
  for (const token of [
    (await issueToken(SECRET, admin, -60)).token,
    (await issueToken('another secret of thirty-two chars', admin, 60)).token,
    `${head('none')}.${claims}.`,
    `${head('none')}.${claims}.${mac}`,
    `${head('RS256')}.${claims}.${mac}`,
    called.token,
    'let me in',
  ]) {
    const peer = await openPeer(stage);
    const answer = await peer.ask('hello', { token });
    expect(answer).toMatchObject({ type: 'error', code: 'unauthenticated' });
    expect(JSON.stringify(answer)).not.toContain(token);
    expect((await peer.closed).code).toBe(CLOSE.unauthenticated);
  }
});
