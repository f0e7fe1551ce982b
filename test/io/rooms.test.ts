import { Subject } from 'rxjs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { VerdictEvent } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import { createRooms } from '../../src/io/rooms.ts';
import type { Rooms, RoomsOptions } from '../../src/io/rooms.ts';
import type { Joined } from '../../src/io/participant.ts';
import type { MediaEvent } from '../../src/ports.ts';
import type { RoomEvent } from '../../src/core/room-state.ts';
import { aSegment, aVerdict } from '../core/room-events.ts';
import { fakeMedia } from './fake-media.ts';
import type { FakeMedia, FakePeer } from './fake-media.ts';
import { ADMIN, PUBLISHER, TEXT, openPeopleStage } from './people-stage.ts';
import type { PeopleStage } from './people-stage.ts';
import { countingMeter, silent } from './quiet.ts';
import type { Counts } from './quiet.ts';
import { PATIENCE } from '../fixtures/patience.ts';

interface Scene {
  readonly rooms: Rooms;
  readonly media: FakeMedia;
  readonly meter: Counts;
  readonly joined: Joined[];
  readonly stop: ReturnType<typeof vi.fn>;
  readonly clock: { nowMs: number };
  /** Every event of the lobby so far. */
  readonly events: () => RoomEvent[];
}

let kept: PeopleStage;
beforeEach(async () => {
  kept = await openPeopleStage();
});

function scene(options: Partial<RoomsOptions> = {}): Scene {
  const media = fakeMedia();
  const meter = countingMeter();
  const clock = { nowMs: 1000 };
  const joined: Joined[] = [];
  const stop = vi.fn();
  const rooms = createRooms({
    names: ['lobby'],
    media,
    people: kept.people,
    clock: { now: () => clock.nowMs },
    meter,
    log: silent,
    onJoin(each) {
      joined.push(each);
      const subscription = each.source.events.subscribe({ error: () => undefined });
      return () => {
        subscription.unsubscribe();
        stop();
      };
    },
    ...options,
  });
  const { epoch } = rooms.feed('lobby');
  const events = () => {
    const entries = rooms.feed('lobby').since({ epoch, seq: 0 });
    return entries === 'too-old' ? [] : entries.map((entry) => entry.event);
  };
  return { rooms, media, meter, joined, stop, clock, events };
}

const ADA = { name: 'Ada', role: 'customer' };
const JOIN = { room: 'lobby', profile: ADA, textVersion: TEXT, actor: PUBLISHER };

function holder() {
  const told = () => vi.fn<(error: UndertoneError) => void>();
  return { onReplaced: vi.fn<() => void>(), onFault: told(), onForbidden: told() };
}

const only = (media: FakeMedia): FakePeer => {
  const peer = media.peers[0];
  if (peer === undefined) throw new Error('nobody has joined');
  return peer;
};

const people = ({ rooms }: Scene) => rooms.feed('lobby').snapshot(0).participants;

function verdictOf(participant: string, endMs: number): VerdictEvent {
  const verdict = aVerdict({ startMs: endMs - 3000, endMs });
  return { room: 'lobby', participant, seq: 0, verdict, packProbabilities: { happiness: 0.8 }, latencyMs: 1 };
}

it('never tells a room what the pack said before reviewers calibrated it', async () => {
  const scenery = scene();
  const { participant } = await scenery.rooms.join(JOIN, holder());
  scenery.rooms.publishVerdict(verdictOf(participant, 9000));
  expect(scenery.events().at(-1)).toMatchObject({ kind: 'verdict', participant });
  expect(JSON.stringify(scenery.events())).not.toContain('packProbabilities');
});

describe('joining', () => {
  it('publishes the participant before their media is handed on', async () => {
    const told: number[] = [];
    const scenery = scene({
      onJoin: () => {
        told.push(scenery.events().length);
        return () => undefined;
      },
    });
    await scenery.rooms.join(JOIN, holder());
    expect(told).toEqual([1]);
    expect(people(scenery)).toMatchObject([
      { ...ADA, consented: true, connected: true, microphone: 'off', camera: 'off' },
    ]);
  });

  it('grants the media server consent only where it was given', async () => {
    const { rooms, media } = scene();
    await rooms.join(JOIN, holder());
    await rooms.join({ ...JOIN, textVersion: null }, holder());
    expect(media.peers.map(({ consents }) => consents)).toEqual([[true], [false]]);
  });

  it('takes as many as there are places, counting those on their way in', async () => {
    const { rooms, meter } = scene({ maxParticipants: 2 });
    const all = await Promise.allSettled([1, 2, 3].map(() => rooms.join(JOIN, holder())));
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(meter.of('undertone_participants')).toBe(2);
  });

  it('gives the place back when the media server refuses', async () => {
    const { rooms, media } = scene({ maxParticipants: 1 });
    media.gate = Promise.reject(new UndertoneError('worker-crashed', 'no worker'));
    await expect(rooms.join(JOIN, holder())).rejects.toMatchObject({ code: 'worker-crashed' });
    media.gate = Promise.resolve();
    await rooms.join(JOIN, holder());
  });

  it('leaves nobody behind when the pipelines refuse', async () => {
    const scenery = scene({
      onJoin: () => {
        throw new Error('no pipeline');
      },
    });
    await expect(scenery.rooms.join(JOIN, holder())).rejects.toMatchObject({ code: 'internal' });
    expect(people(scenery)).toEqual([]);
    expect(only(scenery.media).closed).toBe(true);
  });

  it('is refused in a room that does not exist, and once the rooms are closed', async () => {
    const { rooms } = scene();
    await expect(rooms.join({ ...JOIN, room: 'cellar' }, holder())).rejects.toMatchObject({ code: 'room-not-found' });
    rooms.close();
    await expect(rooms.join(JOIN, holder())).rejects.toMatchObject({ code: 'draining' });
  });
});

describe('tracks', () => {
  it('are published as the media tells of them, each change once', async () => {
    const scenery = scene();
    await scenery.rooms.join(JOIN, holder());
    const { events } = only(scenery.media);
    const track = (modality: 'voice' | 'face', state: 'live' | 'muted' | 'off') =>
      events.next({ kind: 'track', modality, state });
    track('voice', 'live');
    track('voice', 'live');
    track('face', 'live');
    track('voice', 'muted');
    const states = scenery
      .events()
      .flatMap((event) =>
        event.kind === 'participant' ? [`${event.participant.microphone} ${event.participant.camera}`] : [],
      );
    expect(states).toEqual(['off off', 'live off', 'live live', 'muted live']);
  });
});

describe('consent', () => {
  it('when it is withdrawn, holds at once: media, pipelines, what is in flight', async () => {
    const scenery = scene();
    const { rooms, media, joined, clock } = scenery;
    const seat = await rooms.join(JOIN, holder());
    const answers: boolean[] = [];
    joined[0]?.consent.subscribe((granted) => answers.push(granted));
    clock.nowMs = 5000;
    const withdrawn = seat.withdraw();
    expect(answers).toEqual([true, false]);
    expect(only(media).consents).toEqual([true, false]);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
    rooms.publishVerdict(verdictOf(seat.participant, 4900));
    expect(scenery.events().at(-1)).toMatchObject({
      kind: 'verdict',
      verdict: {
        status: 'rejected',
        reason: 'not-consented',
        labels: [],
        probabilities: {},
        shares: {},
        modalities: [],
      },
    });
    await withdrawn;
  });

  it('when it is given again, does not reach back', async () => {
    const { rooms, clock } = scene();
    const seat = await rooms.join(JOIN, holder());
    await seat.withdraw();
    clock.nowMs = 9000;
    await seat.grant(TEXT);
    const reason = (endMs: number) => rooms.screen(verdictOf(seat.participant, endMs)).verdict.reason;
    expect([reason(8999), reason(9001)]).toEqual(['not-consented', null]);
    expect(rooms.screen(verdictOf(seat.participant, 8999)).packProbabilities).toEqual({});
  });

  it('withdrawn while it is being granted stays withdrawn', async () => {
    const scenery = scene();
    const { rooms, media } = scenery;
    const seat = await rooms.join({ ...JOIN, textVersion: null }, holder());
    const gate = Promise.withResolvers<undefined>();
    media.grantGate = gate.promise;
    const granted = seat.grant(TEXT);
    await seat.withdraw();
    gate.resolve(undefined);
    await granted;
    expect(only(media).consents.at(-1)).toBe(false);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
  });

  it('that the media server cannot carry out is not said to be there', async () => {
    const scenery = scene();
    const { rooms, media } = scenery;
    const seat = await rooms.join({ ...JOIN, textVersion: null }, holder());
    media.grantGate = Promise.reject(new UndertoneError('worker-crashed', 'gone'));
    await expect(seat.grant(TEXT)).rejects.toMatchObject({ code: 'worker-crashed' });
    expect(people(scenery)).toMatchObject([{ consented: false }]);
  });

  it('ends the media that cannot be told of its withdrawal', async () => {
    const { rooms, media } = scene();
    const whose = holder();
    const seat = await rooms.join(JOIN, whose);
    only(media).setConsent = () => Promise.reject(new UndertoneError('worker-crashed', 'gone'));
    await seat.withdraw();
    expect(only(media).closed).toBe(true);
    expect(whose.onFault).toHaveBeenCalledOnce();
  });
});

describe('the record', () => {
  it('holds an agreement before anything of the person is consumed', async () => {
    const scenery = scene();
    const written = Promise.withResolvers<undefined>();
    kept.gate = written.promise;
    const joining = scenery.rooms.join(JOIN, holder());
    await vi.waitFor(() => {
      expect(scenery.media.peers).toHaveLength(1);
    }, PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([only(scenery.media).consents, scenery.joined, people(scenery)]).toEqual([[], [], []]);
    written.resolve(undefined);
    await joining;
    expect(kept.records).toMatchObject([{ granted: true, role: 'customer', textVersion: TEXT, actor: PUBLISHER }]);
    expect(only(scenery.media).consents).toEqual([true]);
  });

  it('that cannot be written means that nobody is analysed', async () => {
    const scenery = scene();
    kept.away = true;
    await expect(scenery.rooms.join(JOIN, holder())).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(only(scenery.media)).toMatchObject({ consents: [], closed: true });
    const seat = await scenery.rooms.join({ ...JOIN, textVersion: null }, holder());
    await expect(seat.grant(TEXT)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(scenery.media.peers.at(-1)?.consents).toEqual([false]);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
  });

  it('is of the text that was shown, and of no other', async () => {
    const { rooms } = scene();
    const outdated = { ...JOIN, textVersion: '0123456789abcdef' };
    await expect(rooms.join(outdated, holder())).rejects.toMatchObject({ code: 'consent-outdated' });
    expect(kept.records).toEqual([]);
  });

  it('is not of whom the law forbids to analyse, who may be there without', async () => {
    const { rooms } = scene();
    const profile = { name: 'Bob', role: 'agent' };
    await expect(rooms.join({ ...JOIN, profile }, holder())).rejects.toMatchObject({ code: 'purpose-forbids' });
    await rooms.join({ ...JOIN, profile, textVersion: null }, holder());
    expect(kept.records).toEqual([]);
  });

  it('follows a withdrawal, which gives one receipt however often it is asked for', async () => {
    const { rooms } = scene();
    const seat = await rooms.join(JOIN, holder());
    const [first, second] = await Promise.all([seat.withdraw(), seat.withdraw()]);
    expect(await seat.withdraw()).toEqual(first);
    expect(second).toEqual(first);
    expect(first).toMatchObject({ participant: seat.participant, deleted: { segments: 3 } });
    await seat.grant(TEXT);
    expect((await seat.withdraw())?.id).not.toBe(first?.id);
    expect(kept.records.map(({ granted }) => granted)).toEqual([true, false, true, false]);
  });

  it('has a grant and its withdrawal in the order in which they were made', async () => {
    const { rooms } = scene();
    const seat = await rooms.join({ ...JOIN, textVersion: null }, holder());
    const written = Promise.withResolvers<undefined>();
    kept.gate = written.promise;
    const granted = seat.grant(TEXT);
    const withdrawn = seat.withdraw();
    written.resolve(undefined);
    await granted;
    expect(await withdrawn).not.toBeNull();
    expect(kept.records.map((each) => each.granted)).toEqual([true, false]);
  });

  it('says nothing of who never agreed', async () => {
    const { rooms } = scene();
    const seat = await rooms.join({ ...JOIN, textVersion: null }, holder());
    expect(await seat.withdraw()).toBeNull();
    expect(kept.records).toEqual([]);
  });

  it('catches up with a withdrawal that found the store away, while analysis has stopped at once', async () => {
    vi.useFakeTimers();
    const scenery = scene();
    const seat = await scenery.rooms.join(JOIN, holder());
    kept.away = true;
    await expect(seat.withdraw()).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(only(scenery.media).consents).toEqual([true, false]);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(kept.records).toHaveLength(1);
    kept.away = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kept.records.at(-1)).toMatchObject({ granted: false, participant: seat.participant });
    expect(await seat.withdraw()).toMatchObject({ deleted: { segments: 3 } });
    expect(kept.records).toHaveLength(2);
    vi.useRealTimers();
  });

  it('has a withdrawal that found the store away before an agreement that came after it', async () => {
    const { rooms } = scene();
    const seat = await rooms.join(JOIN, holder());
    kept.away = true;
    await expect(seat.withdraw()).rejects.toMatchObject({ code: 'store-unavailable' });
    await expect(seat.grant(TEXT)).rejects.toMatchObject({ code: 'store-unavailable' });
    kept.away = false;
    await seat.grant(TEXT);
    expect(kept.records.map(({ granted }) => granted)).toEqual([true, false, true]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(kept.records).toHaveLength(3);
  });

  it('made by another way is told to the page, which does not undo it by coming back', async () => {
    const { rooms, joined } = scene();
    const [first, second] = [holder(), holder()];
    const seat = await rooms.join(JOIN, first);
    const { participant, key } = seat;
    expect(rooms.consenting()).toEqual([{ room: 'lobby', participant }]);
    await rooms.withdraw({ room: 'lobby', participant }, ADMIN);
    expect(first.onForbidden.mock.calls).toMatchObject([[{ code: 'purpose-forbids' }]]);
    expect(rooms.consenting()).toEqual([]);
    // A page that has not heard of it sends what it always sends.
    seat.disconnect();
    const again = await rooms.join({ ...JOIN, resume: { participant, key } }, second);
    expect(second.onForbidden).toHaveBeenCalledOnce();
    expect(rooms.consenting()).toEqual([]);
    expect(joined[0]?.agreed()).toBeNull();
    await again.grant(TEXT);
    expect(rooms.consenting()).toHaveLength(1);
  });

  it('is made for whoever comes by another way than their connection', async () => {
    const scenery = scene();
    const { participant } = await scenery.rooms.join(JOIN, holder());
    const receipt = await scenery.rooms.withdraw({ room: 'lobby', participant }, ADMIN);
    expect(receipt).toMatchObject({ participant });
    expect(people(scenery)).toMatchObject([{ consented: false }]);
    const gone = await scenery.rooms.withdraw({ room: 'lobby', participant: 'gone' }, ADMIN);
    expect(gone).toMatchObject({ participant: 'gone' });
  });
});

describe('settings that change', () => {
  const settings = () => kept.people.settings('lobby');

  it('stop at once whom they forbid to analyse, who is told and stays', async () => {
    const scenery = scene();
    const whose = holder();
    const seat = await scenery.rooms.join(JOIN, whose);
    await kept.people.configure({ ...settings(), roles: { customer: 'employee' } }, ADMIN);
    expect(only(scenery.media).consents).toEqual([true, false]);
    expect(people(scenery)).toMatchObject([{ consented: false, connected: true }]);
    expect(whose.onForbidden.mock.calls).toMatchObject([[{ code: 'purpose-forbids' }]]);
    expect(scenery.joined[0]?.agreed()).toBeNull();
    await expect(seat.grant(TEXT)).rejects.toMatchObject({ code: 'purpose-forbids' });
    expect(await seat.withdraw()).toMatchObject({ participant: seat.participant });
  });

  it('stop also whose agreement is just being written', async () => {
    const scenery = scene();
    const seat = await scenery.rooms.join({ ...JOIN, textVersion: null }, holder());
    const forbidding = { ...settings(), roles: { customer: 'student' as const } };
    const granted = seat.grant(TEXT);
    const changed = kept.people.configure(forbidding, ADMIN);
    await Promise.allSettled([granted, changed]);
    expect(only(scenery.media).consents.at(-1)).toBe(false);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
  });

  it('keep no more of somebody than they agreed to, and less if the room keeps less', async () => {
    const scenery = scene();
    await scenery.rooms.join(JOIN, holder());
    await kept.people.configure({ ...settings(), keeping: 'windows', clips: true }, ADMIN);
    expect(scenery.joined[0]?.agreed()).toMatchObject({ keeping: 'nothing', clips: false });
    const { version: textVersion } = scenery.rooms.terms('lobby').consent;
    await scenery.rooms.join({ ...JOIN, textVersion }, holder());
    expect(scenery.joined[1]?.agreed()).toMatchObject({ keeping: 'windows', clips: true });
    await kept.people.configure({ ...settings(), keeping: 'segments', clips: false }, ADMIN);
    expect(scenery.joined[1]?.agreed()).toMatchObject({ keeping: 'segments', clips: false });
  });

  it('that may not stand are refused with everything that is wrong', async () => {
    const wrong = { ...settings(), purpose: 'medical' as const, roles: {} };
    await expect(kept.people.configure(wrong, ADMIN)).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/justification[^]*roles/) as string,
    });
    await expect(kept.people.configure({ ...settings(), room: 'cellar' }, ADMIN)).rejects.toMatchObject({
      code: 'room-not-found',
    });
    expect(settings().purpose).toBe('demonstration');
  });
});

describe('a lost connection', () => {
  it('is waited for, while the media goes on', async () => {
    vi.useFakeTimers();
    const scenery = scene({ reconnectMs: 500 });
    const seat = await scenery.rooms.join(JOIN, holder());
    seat.disconnect();
    expect(people(scenery)).toMatchObject([{ connected: false }]);
    expect(only(scenery.media).closed).toBe(false);
    vi.advanceTimersByTime(500);
    expect(people(scenery)).toEqual([]);
    expect(only(scenery.media).closed).toBe(true);
    expect(scenery.stop).toHaveBeenCalledOnce();
    expect(scenery.events().at(-1)).toEqual({ kind: 'participant-left', participant: seat.participant });
    vi.useRealTimers();
  });

  it('comes back by its key as the same participant', async () => {
    vi.useFakeTimers();
    const scenery = scene({ reconnectMs: 500 });
    const seat = await scenery.rooms.join(JOIN, holder());
    const { participant, key } = seat;
    seat.disconnect();
    const again = await scenery.rooms.join({ ...JOIN, resume: { participant, key } }, holder());
    vi.advanceTimersByTime(5000);
    expect(again.participant).toBe(participant);
    expect(people(scenery)).toMatchObject([{ id: participant, connected: true }]);
    expect(scenery.media.peers).toHaveLength(1);
    expect(scenery.joined).toHaveLength(1);
    vi.useRealTimers();
  });

  it('does not come back by another key, nor after it has left', async () => {
    const { rooms } = scene();
    const seat = await rooms.join(JOIN, holder());
    const { participant } = seat;
    const other = await rooms.join(JOIN, holder());
    for (const key of [other.key, '', 'x'])
      await expect(rooms.join({ ...JOIN, resume: { participant, key } }, holder())).rejects.toMatchObject({
        code: 'forbidden',
      });
    seat.leave();
    await expect(rooms.join({ ...JOIN, resume: { participant, key: 'x' } }, holder())).rejects.toMatchObject({
      code: 'not-joined',
    });
  });

  it('that another has taken over no longer counts', async () => {
    const scenery = scene({ reconnectMs: 0 });
    const first = holder();
    const seat = await scenery.rooms.join(JOIN, first);
    await scenery.rooms.join({ ...JOIN, resume: { participant: seat.participant, key: seat.key } }, holder());
    expect(first.onReplaced).toHaveBeenCalledOnce();
    seat.disconnect();
    expect(people(scenery)).toMatchObject([{ connected: true }]);
  });

  it('may come back without the consent that it had', async () => {
    const scenery = scene();
    const { participant, key } = await scenery.rooms.join(JOIN, holder());
    await scenery.rooms.join({ ...JOIN, textVersion: null, resume: { participant, key } }, holder());
    expect(only(scenery.media).consents).toEqual([true, false]);
  });
});

describe('media that breaks', () => {
  it('turns the tracks off, tells its connection alone, and joining again is the remedy', async () => {
    const scenery = scene();
    const { rooms, media } = scenery;
    const [ada, bob] = [holder(), holder()];
    const { participant, key } = await rooms.join(JOIN, ada);
    await rooms.join({ ...JOIN, profile: { ...ADA, name: 'Bob' } }, bob);
    only(media).events.next({ kind: 'track', modality: 'face', state: 'live' });
    only(media).events.error(new UndertoneError('worker-crashed', 'the worker died'));
    expect(people(scenery)).toMatchObject([
      { camera: 'off', connected: false },
      { name: 'Bob', connected: true },
    ]);
    expect(ada.onFault.mock.calls).toMatchObject([[{ code: 'worker-crashed' }]]);
    expect(bob.onFault).not.toHaveBeenCalled();
    const again = await rooms.join({ ...JOIN, resume: { participant, key } }, holder());
    expect(again.participant).not.toBe(participant);
    expect(people(scenery).map(({ name }) => name)).toEqual(['Bob', 'Ada']);
    expect(scenery.stop).toHaveBeenCalledOnce();
  });

  it('is forgotten when nobody joins again', async () => {
    vi.useFakeTimers();
    const scenery = scene({ reconnectMs: 500 });
    await scenery.rooms.join(JOIN, holder());
    only(scenery.media).events.error(new Error('broken'));
    vi.advanceTimersByTime(500);
    expect(people(scenery)).toEqual([]);
    vi.useRealTimers();
  });

  it('or ends of itself makes the participant leave', async () => {
    const scenery = scene();
    const whose = holder();
    await scenery.rooms.join(JOIN, whose);
    only(scenery.media).events.complete();
    expect(people(scenery)).toEqual([]);
    expect(whose.onFault).toHaveBeenCalledOnce();
  });
});

describe('a source that needs no signalling', () => {
  const ref = { room: 'lobby', participant: 'clip' };

  it('is a participant until it completes', async () => {
    const scenery = scene();
    const events = new Subject<MediaEvent>();
    await scenery.rooms.addSource({ ref, events }, ADA);
    expect(people(scenery)).toMatchObject([{ id: 'clip', name: 'Ada' }]);
    await expect(scenery.rooms.addSource({ ref, events }, ADA)).rejects.toMatchObject({ code: 'already-joined' });
    events.complete();
    expect(people(scenery)).toEqual([]);
    expect(scenery.meter.of('undertone_participants')).toBe(0);
  });

  it('is read only once its operator answers for it on record, and not where its role may not be analysed', async () => {
    const scenery = scene();
    const events = new Subject<MediaEvent>();
    const profile = { name: 'door', role: 'agent' };
    await scenery.rooms.addSource({ ref, events }, profile);
    expect([events.observed, kept.records]).toEqual([false, []]);
    const settings = kept.people.settings('lobby');
    await kept.people.configure({ ...settings, roles: { agent: 'other' } }, ADMIN);
    await vi.waitFor(() => {
      expect(events.observed).toBe(true);
    }, PATIENCE);
    expect(kept.records).toMatchObject([
      {
        granted: true,
        participant: 'clip',
        actor: { role: 'server' },
        text: expect.stringContaining('operator') as string,
      },
    ]);
    await kept.people.configure(settings, ADMIN);
    expect(events.observed).toBe(false);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
  });

  it('stays withdrawn whatever the operator does, until it has another name', async () => {
    const scenery = scene();
    const events = new Subject<MediaEvent>();
    const end = await scenery.rooms.addSource({ ref, events }, ADA);
    await scenery.rooms.withdraw(ref, ADMIN);
    expect(events.observed).toBe(false);
    // Anything at all about the room, which forbids nothing and allows nothing.
    await kept.people.configure({ ...kept.people.settings('lobby'), clips: false }, ADMIN);
    end();
    await scenery.rooms.addSource({ ref, events }, ADA);
    expect(events.observed).toBe(false);
    expect(people(scenery)).toMatchObject([{ consented: false }]);
    expect(kept.records.map(({ granted }) => granted)).toEqual([true, false]);
    await scenery.rooms.addSource({ ref: { ...ref, participant: 'clip2' }, events }, ADA);
    expect(events.observed).toBe(true);
  });

  it('may end while it is subscribed to, or be ended', async () => {
    const scenery = scene();
    const empty = new Subject<MediaEvent>();
    empty.complete();
    await scenery.rooms.addSource({ ref, events: empty }, ADA);
    expect(people(scenery)).toEqual([]);
    expect(scenery.stop).toHaveBeenCalledOnce();
    const events = new Subject<MediaEvent>();
    (await scenery.rooms.addSource({ ref, events }, ADA))();
    expect(events.observed).toBe(false);
    expect(people(scenery)).toEqual([]);
  });
});

describe('publishing', () => {
  it('reaches the room only while its participant is there, and counts what does not', async () => {
    const scenery = scene();
    const { rooms, meter } = scenery;
    const seat = await rooms.join(JOIN, holder());
    const { participant } = seat;
    rooms.publishVerdict(verdictOf(participant, 4000));
    rooms.publishSegment({ room: 'lobby', participant }, aSegment(0, true));
    seat.leave();
    rooms.publishVerdict(verdictOf(participant, 4500));
    rooms.publishSegment({ room: 'cellar', participant }, aSegment(0, true));
    expect(scenery.events().map(({ kind }) => kind)).toEqual(['participant', 'verdict', 'segment', 'participant-left']);
    expect(meter.of('undertone_discarded_total', { queue: 'room', reason: 'left' })).toBe(2);
  });

  it('lets what a pipeline says as it stops come before the participant has left', async () => {
    const last: (() => void)[] = [];
    const scenery = scene({ onJoin: () => () => last.forEach((say) => say()) });
    const seat = await scenery.rooms.join(JOIN, holder());
    const { participant } = seat;
    last.push(() => scenery.rooms.publishSegment({ room: 'lobby', participant }, aSegment(0, false)));
    seat.leave();
    expect(scenery.events().map(({ kind }) => kind)).toEqual(['participant', 'segment', 'participant-left']);
  });

  it('tells every listener the same order, also when one of them publishes', async () => {
    const { rooms } = scene();
    const { participant } = await rooms.join(JOIN, holder());
    const heard: number[] = [];
    const feed = rooms.feed('lobby');
    feed.listen(({ seq }) => {
      if (seq < 5) rooms.publishVerdict(verdictOf(participant, 4000));
    });
    feed.listen(() => {
      throw new Error('a broken listener');
    });
    feed.listen(({ seq }) => heard.push(seq));
    rooms.publishVerdict(verdictOf(participant, 4000));
    expect(heard).toEqual([2, 3, 4, 5]);
  });
});
