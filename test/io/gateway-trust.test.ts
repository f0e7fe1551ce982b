/** What the gateway tells people of a room, takes from them on record, and refuses. */
import { describe, expect, it, vi } from 'vitest';
import { CLOSE, results } from '../../src/protocol.ts';
import { signToken, verifyToken } from '../../src/io/tokens.ts';
import { SECRET, enter, joinLobby, openPeer, openStage } from './gateway-stage.ts';
import type { Stage } from './gateway-stage.ts';
import { ADMIN, TEXT } from './people-stage.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const people = (stage: Stage) => stage.rooms.feed('lobby').snapshot(0).participants;

describe('a room', () => {
  it.each(['publisher', 'viewer', 'reviewer', 'admin'] as const)('says to a %s what joining it means', async (role) => {
    const peer = await enter(await openStage(), { role, rooms: ['lobby'] });
    const answer = await peer.ask('room', { room: 'lobby' });
    const terms = results.room.parse(answer.type === 'result' && answer.data);
    expect(terms).toMatchObject({ purpose: 'demonstration', jurisdiction: 'eu', keeping: 'nothing' });
    expect(terms.consent).toMatchObject({ version: TEXT, text: expect.stringContaining('No sound') as string });
    expect(terms.roles.find(({ role: part }) => part === 'agent')).toMatchObject({ kind: 'employee', analysed: false });
    expect(await peer.ask('room', { room: 'attic' })).toMatchObject({ code: 'room-not-found' });
  });
});

describe('an agreement', () => {
  it('must name the text that was shown', async () => {
    const peer = await enter(await openStage(), { role: 'publisher' });
    const join = { room: 'lobby', name: 'Ada', role: 'customer', consent: true };
    expect(await peer.ask('join', join)).toMatchObject({ code: 'bad-message' });
    expect(await peer.ask('join', { ...join, textVersion: '0'.repeat(16) })).toMatchObject({
      code: 'consent-outdated',
    });
    await joinLobby(peer);
    expect(await peer.ask('consent', { granted: true })).toMatchObject({ code: 'bad-message' });
  });

  it('is on record with who asked, before it is answered', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'publisher', subject: 'kiosk 4' });
    const { participant } = await joinLobby(peer, 'Ada', { role: 'customer' });
    expect(stage.people.records).toMatchObject([
      {
        participant,
        granted: true,
        role: 'customer',
        textVersion: TEXT,
        actor: { role: 'publisher', subject: 'kiosk 4' },
      },
    ]);
  });

  it('of the sample clip says that it is nobody', async () => {
    const stage = await openStage();
    const { version: textVersion } = stage.rooms.terms('lobby').sample;
    await joinLobby(await enter(stage, { role: 'publisher' }), 'Sample clip', { role: 'sample', textVersion });
    expect(stage.people.records).toMatchObject([{ role: 'sample', text: expect.stringContaining('Nobody') as string }]);
    const person = await enter(stage, { role: 'publisher' });
    const asPerson = { room: 'lobby', name: 'Eve', role: 'customer', consent: true, textVersion };
    expect(await person.ask('join', asPerson)).toMatchObject({ code: 'consent-outdated' });
  });

  it('does not help whom the law forbids to analyse, nor whose role nobody named', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'publisher' });
    for (const role of ['agent', 'boss', 'constructor', '__proto__']) {
      const join = { room: 'lobby', name: 'Bob', role, consent: true, textVersion: TEXT };
      expect(await peer.ask('join', join)).toMatchObject({ code: 'purpose-forbids' });
    }
    await joinLobby(peer, 'Bob', { role: 'agent', consent: false });
    expect(await peer.ask('consent', { granted: true, textVersion: TEXT })).toMatchObject({ code: 'purpose-forbids' });
    expect(people(stage)).toMatchObject([{ name: 'Bob', consented: false }]);
    expect(stage.media.peers.at(-1)?.consents).not.toContain(true);
  });

  it('that has become impossible is told to the person, whose connection stays', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'publisher' });
    await joinLobby(peer, 'Ada', { role: 'customer' });
    const settings = stage.people.people.settings('lobby');
    await stage.people.people.configure({ ...settings, roles: { customer: 'employee' } }, ADMIN);
    const told = await peer.until((message) => message.type === 'error');
    expect(told).toMatchObject({ id: null, code: 'purpose-forbids' });
    expect((await peer.ask('ping', {})).type).toBe('result');
    expect(people(stage)).toMatchObject([{ consented: false, connected: true }]);
  });
});

describe('a withdrawal', () => {
  it('is answered with a receipt, and a second time with the same', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'publisher' });
    const { participant } = await joinLobby(peer);
    const answers = await Promise.all([1, 2].map(() => peer.ask('consent', { granted: false })));
    const [first, second] = answers.map((each) => results.consent.parse(each.type === 'result' && each.data).receipt);
    expect(first).toMatchObject({ participant, deleted: { segments: 3 } });
    expect(second).toEqual(first);
    expect(stage.people.records).toHaveLength(2);
  });

  it('stops analysis though the store is away, and says that deletion is still to come', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'publisher' });
    await joinLobby(peer);
    stage.people.away = true;
    expect(await peer.ask('consent', { granted: false })).toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('analysis has stopped') as string,
    });
    expect(people(stage)).toMatchObject([{ consented: false }]);
    stage.people.away = false;
    expect((await peer.ask('consent', { granted: false })).type).toBe('result');
  });
});

describe('a token that is called back', () => {
  async function revocable() {
    const revoked = new Set<string>();
    const listeners = new Set<(id: string) => void>();
    const stage = await openStage({
      gateway: {
        revocations: {
          has: (id) => revoked.has(id),
          onRevoked(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
      },
    });
    const revoke = async (token: string): Promise<void> => {
      const { id } = await verifyToken(SECRET, token);
      revoked.add(id);
      for (const tell of listeners) tell(id);
    };
    return { stage, revoke };
  }

  it('ends the connections that it opened at once, and its participants leave; others stay', async () => {
    const { stage, revoke } = await revocable();
    const token = await signToken(SECRET, { role: 'admin' }, 60);
    const [watching, joined] = [await openPeer(stage), await openPeer(stage)];
    for (const peer of [watching, joined]) await peer.ask('hello', { token });
    await joinLobby(joined);
    await watching.ask('subscribe', { room: 'lobby' });
    const other = await enter(stage, { role: 'viewer' });
    await revoke(token);
    for (const peer of [watching, joined])
      expect(await peer.closed).toEqual({ code: CLOSE.unauthenticated, reason: 'the token was called back' });
    expect(people(stage)).toEqual([]);
    expect(stage.media.peers[0]?.closed).toBe(true);
    expect((await other.ask('ping', {})).type).toBe('result');
  });

  it('is noticed also while it is being checked', async () => {
    const { stage, revoke } = await revocable();
    const token = await signToken(SECRET, { role: 'viewer' }, 60);
    await revoke(token);
    const peer = await openPeer(stage);
    peer.raw(JSON.stringify({ type: 'hello', id: '1', token }));
    expect((await peer.closed).code).toBe(CLOSE.unauthenticated);
    await vi.waitFor(() => {
      expect(stage.connections()).toBe(0);
    }, PATIENCE);
  });
});
