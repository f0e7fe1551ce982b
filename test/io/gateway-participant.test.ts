import { describe, expect, it, vi } from 'vitest';
import { UndertoneError } from '../../src/errors.ts';
import { CLOSE, results } from '../../src/protocol.ts';
import type { ParticipantState } from '../../src/protocol.ts';
import { enter, joinLobby, openStage, publishVerdict } from './gateway-stage.ts';
import { TEXT } from './people-stage.ts';
import type { Stage, TestPeer } from './gateway-stage.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const people = (stage: Stage) => stage.rooms.feed('lobby').snapshot(0).participants;

async function join(): Promise<{ stage: Stage; peer: TestPeer; participant: string; key: string }> {
  const stage = await openStage();
  const peer = await enter(stage, { role: 'publisher' });
  return { stage, peer, ...(await joinLobby(peer)) };
}

describe('a participant', () => {
  it('opens a transport, connects it, sends tracks and mutes them, and the room is told', async () => {
    const { stage, peer } = await join();
    const offer = await peer.ask('open-transport', {});
    const { transport } = results['open-transport'].parse(offer.type === 'result' && offer.data);
    const dtls = { role: 'client' };
    expect((await peer.ask('connect-transport', { transport, dtlsParameters: dtls })).type).toBe('result');
    const produced = await peer.ask('produce', { transport, kind: 'audio', rtpParameters: {} });
    expect(results.produce.parse(produced.type === 'result' && produced.data).producer).toBe('producer-audio');
    const restarted = await peer.ask('restart-ice', { transport });
    results['restart-ice'].parse(restarted.type === 'result' && restarted.data);
    expect(people(stage)).toMatchObject([{ microphone: 'live', camera: 'off' }]);
    await peer.ask('set-track', { kind: 'audio', state: 'muted' });
    expect(people(stage)).toMatchObject([{ microphone: 'muted' }]);
    expect(await peer.ask('restart-ice', { transport: 'nope' })).toMatchObject({ code: 'transport-not-found' });
    expect((await peer.ask('leave', {})).type).toBe('result');
    expect(people(stage)).toEqual([]);
    expect(await peer.ask('open-transport', {})).toMatchObject({ code: 'not-joined' });
    await joinLobby(peer);
  });

  it('is one a connection', async () => {
    const { peer } = await join();
    expect(await peer.ask('join', { room: 'attic', name: 'Bob', consent: true, textVersion: TEXT })).toMatchObject({
      code: 'already-joined',
    });
  });

  it('gets a name without control characters and blanks around it', async () => {
    const { peer } = await join();
    expect(
      await peer.ask('join', { room: 'lobby', name: 'A\u202eda', consent: true, textVersion: TEXT }),
    ).toMatchObject({
      code: 'bad-message',
      message: expect.stringContaining('name') as string,
    });
    expect(await peer.ask('join', { room: 'lobby', name: '  ', consent: true, textVersion: TEXT })).toMatchObject({
      code: 'bad-message',
    });
  });

  it('comes back on another connection as who they were', async () => {
    const { stage, peer, participant, key } = await join();
    peer.socket.terminate();
    await vi.waitFor(() => {
      expect(people(stage)).toMatchObject([{ connected: false }]);
    }, PATIENCE);
    const again = await enter(stage, { role: 'publisher' });
    const back = await joinLobby(again, 'Ada', { resume: { participant, key } });
    expect(back).toMatchObject({ participant, key });
    expect(people(stage)).toMatchObject([{ id: participant, connected: true }]);
    expect(stage.stopped()).toBe(0);
  });

  it('that another connection takes over loses the first, which is told not to come back', async () => {
    const { stage, peer, participant, key } = await join();
    const again = await enter(stage, { role: 'publisher' });
    await joinLobby(again, 'Ada', { resume: { participant, key } });
    expect((await peer.closed).code).toBe(CLOSE.replaced);
    expect(people(stage)).toMatchObject([{ id: participant, connected: true }]);
    expect((await again.ask('consent', { granted: false })).type).toBe('result');
  });

  it('whose media breaks is told, others are not, and may join again on the same connection', async () => {
    const { stage, peer, participant, key } = await join();
    const other = await enter(stage, { role: 'publisher' });
    await joinLobby(other, 'Bob');
    stage.media.peers[0]?.events.error(new UndertoneError('worker-crashed', 'the media worker died'));
    expect(await peer.until((message) => message.type === 'error')).toMatchObject({ id: null, code: 'worker-crashed' });
    await joinLobby(peer, 'Ada', { resume: { participant, key } });
    await other.ask('ping', {});
    expect(other.messages.filter((message) => message.type === 'error')).toEqual([]);
    expect(people(stage).map(({ name, connected }) => [name, connected])).toEqual([
      ['Bob', true],
      ['Ada', true],
    ]);
  });
});

describe('consent', () => {
  it('withdrawn does not wait for the requests before it, and no earlier grant undoes it', async () => {
    const { stage, peer } = await join();
    const hang = Promise.withResolvers<undefined>();
    const media = stage.media.peers[0];
    if (media === undefined) throw new Error('nobody has joined');
    const openTransport = media.openTransport.bind(media);
    media.openTransport = async () => {
      await hang.promise;
      return openTransport();
    };
    const answers = [
      peer.ask('open-transport', {}),
      peer.ask('consent', { granted: true, textVersion: TEXT }),
      peer.ask('consent', { granted: false }),
    ];
    await vi.waitFor(() => {
      expect(people(stage)).toMatchObject([{ consented: false }]);
    }, PATIENCE);
    hang.resolve(undefined);
    expect((await Promise.all(answers)).map(({ type }) => type)).toEqual(['result', 'result', 'result']);
    expect(media.consents.slice(1)).not.toContain(true);
    expect((await peer.ask('consent', { granted: true, textVersion: TEXT })).type).toBe('result');
    expect(people(stage)).toMatchObject([{ consented: true }]);
  });

  it('and every change of it reaches the subscribers', async () => {
    const { stage, peer, participant } = await join();
    const viewer = await enter(stage, { role: 'viewer' });
    await viewer.ask('subscribe', { room: 'lobby' });
    for (const granted of [false, true, false])
      await peer.ask('consent', granted ? { granted, textVersion: TEXT } : { granted });
    publishVerdict(stage, participant, 0);
    const verdict = await viewer.until((message) => message.type === 'event' && message.event.kind === 'verdict');
    expect(verdict).toMatchObject({ event: { verdict: { reason: 'not-consented', probabilities: {} } } });
    const changes = viewer.messages.flatMap((message) =>
      message.type === 'event' && message.event.kind === 'participant' ? [message.event.participant] : [],
    );
    expect(changes.map(({ consented }: ParticipantState) => consented)).toEqual([false, true, false]);
  });
});

describe('a connection that is lost', () => {
  it('while it joins leaves nobody behind', async () => {
    const stage = await openStage();
    const gate = Promise.withResolvers<undefined>();
    stage.media.gate = gate.promise;
    const peer = await enter(stage, { role: 'publisher' });
    peer.raw(JSON.stringify({ type: 'join', id: '1', room: 'lobby', name: 'Ada', consent: true, textVersion: TEXT }));
    peer.raw(JSON.stringify({ type: 'ping', id: '2' }));
    await vi.waitFor(() => {
      expect(stage.meter.of('undertone_messages_total', { direction: 'in', type: 'ping' })).toBe(1);
    }, PATIENCE);
    peer.socket.terminate();
    await vi.waitFor(() => {
      expect(stage.connections()).toBe(0);
    }, PATIENCE);
    gate.resolve(undefined);
    await vi.waitFor(() => {
      expect(stage.media.peers[0]?.closed).toBe(true);
    }, PATIENCE);
    expect(people(stage)).toEqual([]);
    expect(stage.stopped()).toBe(1);
  });

  it('ends its subscriptions', async () => {
    const stage = await openStage();
    const peer = await enter(stage, { role: 'viewer' });
    await peer.ask('subscribe', { room: 'lobby' });
    peer.socket.terminate();
    await vi.waitFor(() => {
      expect(stage.meter.of('undertone_subscribers')).toBe(0);
    }, PATIENCE);
  });
});

it('fails with a sentence that keeps what is inside the server to itself', async () => {
  const { stage, peer } = await join();
  const media = stage.media.peers[0];
  if (media === undefined) throw new Error('nobody has joined');
  media.openTransport = () => Promise.reject(new TypeError('secret internals'));
  const answer = await peer.ask('open-transport', {});
  expect(answer).toMatchObject({ code: 'internal', message: expect.not.stringContaining('secret') as string });
  expect((await peer.ask('ping', {})).type).toBe('result');
});
