import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CLOSE } from '../../src/protocol.ts';
import type { ServerMessage } from '../../src/protocol.ts';
import type { RoomEvent } from '../../src/core/room-state.ts';
import { stateAfter } from '../core/room-events.ts';
import { enter, joinLobby, openStage, publishVerdict } from './gateway-stage.ts';
import type { Stage, StageOptions, TestPeer } from './gateway-stage.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function eventsOf(messages: readonly ServerMessage[]): Extract<ServerMessage, { type: 'event' }>[] {
  return messages.filter((message) => message.type === 'event');
}

/** A room with one participant, whose verdicts the test makes up. */
async function talk(options?: StageOptions): Promise<{ stage: Stage; participant: string; publisher: TestPeer }> {
  const stage = await openStage(options);
  const publisher = await enter(stage, { role: 'publisher' });
  const { participant } = await joinLobby(publisher);
  return { stage, participant, publisher };
}

async function follow(stage: Stage, historyMs = 0): Promise<TestPeer> {
  const viewer = await enter(stage, { role: 'viewer' });
  await viewer.ask('subscribe', { room: 'lobby', historyMs });
  return viewer;
}

describe('a subscriber', () => {
  it('gets a snapshot, and then every event once and in order', async () => {
    const { stage, participant } = await talk();
    publishVerdict(stage, participant, 0);
    const viewer = await follow(stage);
    const snapshot = await viewer.until((message) => message.type === 'snapshot');
    expect(snapshot).toMatchObject({ seq: 2, participants: [{ id: participant }], verdicts: [{ seq: 0 }] });
    for (let seq = 1; seq <= 20; seq += 1) publishVerdict(stage, participant, seq);
    await viewer.until((message) => message.type === 'event' && message.seq === 22);
    expect(eventsOf(viewer.messages).map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 3));
  });

  it('gets nothing of other rooms, and nothing after it has unsubscribed', async () => {
    const { stage, participant } = await talk();
    const viewer = await enter(stage, { role: 'viewer' });
    await viewer.ask('subscribe', { room: 'attic' });
    publishVerdict(stage, participant, 0);
    await viewer.ask('subscribe', { room: 'lobby' });
    await viewer.ask('unsubscribe', { room: 'lobby' });
    publishVerdict(stage, participant, 1);
    expect(await viewer.ask('unsubscribe', { room: 'lobby' })).toMatchObject({ code: 'not-joined' });
    expect(eventsOf(viewer.messages)).toEqual([]);
  });

  it('that subscribes again begins anew, and gets no event twice', async () => {
    const { stage, participant } = await talk();
    const viewer = await follow(stage);
    await viewer.ask('subscribe', { room: 'lobby' });
    publishVerdict(stage, participant, 0);
    await viewer.ask('ping', {});
    expect(viewer.messages.filter((message) => message.type === 'snapshot')).toHaveLength(2);
    expect(eventsOf(viewer.messages)).toHaveLength(1);
    expect(stage.meter.of('undertone_subscribers')).toBe(1);
  });

  it('may ask for what was said before', async () => {
    const { stage, participant } = await talk();
    for (let seq = 0; seq < 5; seq += 1) publishVerdict(stage, participant, seq);
    const viewer = await follow(stage, 60_000);
    const snapshot = await viewer.until((message) => message.type === 'snapshot');
    expect(snapshot).toMatchObject({ verdicts: [0, 1, 2, 3, 4].map((seq) => ({ seq })) });
  });

  it('that resumes misses nothing and gets nothing twice, wherever its connections broke', async () => {
    const { stage, participant } = await talk();
    let published = 0;
    const cuts = fc.array(fc.tuple(fc.nat(6), fc.nat(6), fc.boolean()), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(cuts, async (breaks) => {
        let place: { epoch: string; seq: number } | undefined;
        const seen: number[] = [];
        const first = stage.rooms.feed('lobby').lastSeq;
        for (const [whileOn, whileOff, abrupt] of breaks) {
          const viewer = await enter(stage, { role: 'viewer' });
          await viewer.ask('subscribe', { room: 'lobby', ...(place && { after: place }) });
          for (let i = 0; i < whileOn; i += 1) publishVerdict(stage, participant, published++);
          // An abrupt end takes what has arrived by then, and the rest is what must come after the reconnect.
          if (!abrupt) await viewer.ask('ping', {});
          viewer.socket.terminate();
          await viewer.closed;
          for (const message of viewer.messages) {
            if (message.type === 'snapshot') expect(place).toBeUndefined();
            if (message.type === 'event') seen.push(message.seq);
            if ('epoch' in message) place = { epoch: message.epoch, seq: message.seq };
          }
          for (let i = 0; i < whileOff; i += 1) publishVerdict(stage, participant, published++);
        }
        const last = await enter(stage, { role: 'viewer' });
        await last.ask('subscribe', { room: 'lobby', ...(place && { after: place }) });
        await last.ask('ping', {});
        last.socket.terminate();
        seen.push(...eventsOf(last.messages).map(({ seq }) => seq));
        const from = seen[0] ?? 0;
        expect(seen).toEqual(seen.map((_, i) => from + i));
        if (place !== undefined) expect(seen.at(-1) ?? place.seq).toBe(stage.rooms.feed('lobby').lastSeq);
        expect(from === 0 || from > first).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('that was away too long, or before a restart, gets a snapshot instead', async () => {
    const { stage, participant } = await talk({ rooms: { history: { capacity: 4 } } });
    for (let seq = 0; seq < 10; seq += 1) publishVerdict(stage, participant, seq);
    const { epoch } = stage.rooms.feed('lobby');
    for (const after of [
      { epoch, seq: 3 },
      { epoch: 'another', seq: 9 },
      { epoch, seq: 999 },
    ]) {
      const viewer = await enter(stage, { role: 'viewer' });
      await viewer.ask('subscribe', { room: 'lobby', after });
      expect(await viewer.until((message) => message.type === 'snapshot')).toMatchObject({ epoch, seq: 11 });
    }
  });
});

describe('a subscriber that does not read', () => {
  const slow = { highWaterBytes: 64_000, lowWaterBytes: 16_000, patienceMs: 20, tooSlowMs: 60_000 };
  /** Bytes that wait in the server for its slowest peer. */
  const waiting = (stage: Stage) => Math.max(...stage.sockets.map((socket) => socket.writableLength));

  /** Publish until `done`, in bursts, and remember how much waited at worst. */
  async function flood(stage: Stage, participant: string, done: (round: number) => boolean): Promise<number> {
    let worst = 0;
    let seq = 0;
    for (let round = 0; !done(round); round += 1) {
      for (let i = 0; i < 50; i += 1) publishVerdict(stage, participant, seq++);
      worst = Math.max(worst, waiting(stage));
      await turn();
    }
    return worst;
  }

  it('is closed, holds little memory until then, and nobody else notices', async () => {
    const { stage, participant } = await talk({
      limits: { ...slow, tooSlowMs: 1000, closeMs: 60_000, patienceMs: 10_000 },
    });
    const stuck = await follow(stage);
    const well = await follow(stage);
    stuck.socket.pause();
    const tooSlow = () => stage.meter.of('undertone_subscribers') === 1;
    const worst = await flood(stage, participant, tooSlow);
    expect(worst).toBeGreaterThan(slow.highWaterBytes);
    expect(worst).toBeLessThan(slow.highWaterBytes + 2000);
    await well.until((message) => message.type === 'event' && message.seq === stage.rooms.feed('lobby').lastSeq);
    const numbers = eventsOf(well.messages).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => i + 2));
    stuck.socket.resume();
    expect((await stuck.closed).code).toBe(CLOSE.tooSlow);
    await vi.waitFor(() => {
      expect(stage.meter.of('undertone_closed_total', { code: CLOSE.tooSlow.toString() })).toBe(1);
    }, PATIENCE);
    expect((await well.ask('ping', {})).type).toBe('result');
  });

  it('gets, when it reads again, one message for what it missed, and knows all that the others know', async () => {
    const { stage, participant } = await talk({ limits: slow });
    const stuck = await follow(stage);
    const well = await follow(stage);
    stuck.socket.pause();
    // The kernel takes megabytes before anything waits here.
    await flood(stage, participant, () => waiting(stage) > slow.highWaterBytes);
    stage.rooms.publishSegment({ room: 'lobby', participant }, { ...SEGMENT, index: 0, open: false });
    stage.rooms.publishSegment({ room: 'lobby', participant }, { ...SEGMENT, index: 1, open: true });
    const resumeMs = Date.now() + 2 * slow.patienceMs;
    await flood(stage, participant, () => Date.now() > resumeMs);
    stuck.socket.resume();
    const { lastSeq } = stage.rooms.feed('lobby');
    for (const peer of [stuck, well]) await peer.until((message) => 'seq' in message && message.seq === lastSeq);
    const ranges = stuck.messages.flatMap((message) => {
      if (message.type === 'conflated') return [{ from: message.from, seq: message.seq, held: message.events.length }];
      return message.type === 'event' ? [{ from: message.seq, seq: message.seq, held: 1 }] : [];
    });
    expect(ranges.map(({ from }) => from)).toEqual([2, ...ranges.slice(0, -1).map(({ seq }) => seq + 1)]);
    const lost = ranges.reduce((sum, { from, seq, held }) => sum + seq - from + 1 - held, 0);
    expect(lost).toBeGreaterThan(0);
    expect(stage.meter.of('undertone_conflated_total')).toBeGreaterThanOrEqual(lost);
    const told = (peer: TestPeer) =>
      peer.messages.flatMap((message) => {
        if (message.type === 'event') return [message.event];
        if (message.type === 'snapshot')
          return message.participants.map((each) => ({ kind: 'participant' as const, participant: each }));
        return message.type === 'conflated' ? message.events : [];
      }) as RoomEvent[];
    const segments = (peer: TestPeer) => told(peer).filter((event) => event.kind === 'segment');
    expect(segments(stuck)).toEqual(segments(well));
    expect(stateAfter(told(stuck))).toEqual(stateAfter(told(well)));
    publishVerdict(stage, participant, 0);
    await stuck.until((message) => 'seq' in message && message.seq === lastSeq + 1);
  });

  it('gets a snapshot when even the log has forgotten what it missed', async () => {
    const { stage, participant } = await talk({ limits: slow, rooms: { history: { capacity: 10 } } });
    const stuck = await follow(stage);
    stuck.socket.pause();
    await flood(stage, participant, () => waiting(stage) > slow.highWaterBytes);
    await flood(stage, participant, (round) => round > 3);
    stuck.socket.resume();
    const { lastSeq } = stage.rooms.feed('lobby');
    await stuck.until((message) => message.type === 'snapshot' && message.seq === lastSeq);
  });

  it('gets every event after a stop shorter than its patience', async () => {
    const { stage, participant } = await talk({ limits: { ...slow, patienceMs: 60_000 } });
    const stuck = await follow(stage);
    stuck.socket.pause();
    await flood(stage, participant, () => waiting(stage) > slow.highWaterBytes);
    await flood(stage, participant, (round) => round > 3);
    stuck.socket.resume();
    const { lastSeq } = stage.rooms.feed('lobby');
    await stuck.until((message) => message.type === 'event' && message.seq === lastSeq);
    const numbers = eventsOf(stuck.messages).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => i + 2));
  });

  it('but goes on asking is closed', async () => {
    const { stage, participant } = await talk({
      limits: { ...slow, messages: { capacity: 1e6, perSecond: 1e6 }, maxWaiting: 1e6, closeMs: 60_000 },
    });
    const stuck = await follow(stage);
    stuck.socket.pause();
    await flood(stage, participant, () => waiting(stage) > slow.highWaterBytes);
    let worst = 0;
    while (stage.meter.of('undertone_subscribers') > 0) {
      for (let i = 0; i < 50; i += 1) stuck.raw(JSON.stringify({ type: 'ping', id: 'p'.repeat(60) }));
      worst = Math.max(worst, waiting(stage));
      await turn();
    }
    expect(worst).toBeLessThan(2 * slow.highWaterBytes + 2000);
    stuck.socket.resume();
    expect((await stuck.closed).code).toBe(CLOSE.tooSlow);
  });
});

const SEGMENT = {
  startMs: 0,
  endMs: 1,
  status: 'accepted',
  labels: ['happiness'],
  reason: null,
  probabilities: { happiness: 0.9 },
  windows: 1,
} as const;
