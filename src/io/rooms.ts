/** Who is in which room, and what everyone in it is told. */
import { randomBytes } from 'node:crypto';
import type { RoomLogOptions } from '../core/room-log.ts';
import type { RoomEvent } from '../core/room-state.ts';
import type { HostLoad, ParticipantRef, Segment, VerdictEvent } from '../domain.ts';
import type { Actor, DeletionReceipt } from '../domain/trust.ts';
import { UndertoneError, asUndertoneError } from '../errors.ts';
import type { Clock, Log, MediaServer, MediaSource, Meter, Peer } from '../ports.ts';
import type { RoomTerms } from '../protocol.ts';
import { createParticipant } from './participant.ts';
import type { Joined, Participant, Profile, SeatHolder } from './participant.ts';
import type { People } from './people.ts';
import { createRoomFeed } from './room-feed.ts';
import type { RoomFeed, RoomFeedWriter } from './room-feed.ts';

/** Which rooms there are, and what they need. */
export interface RoomsOptions {
  /** The rooms that exist. */
  readonly names: readonly string[];
  readonly media: MediaServer;
  /** Who may be analysed, and what is on record. */
  readonly people: People;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** Called when somebody has joined: subscribe to their media; returns how to stop. */
  readonly onJoin: (joined: Joined) => () => void;
  /** Participants in a room, those who may still come back included. Default 64. */
  readonly maxParticipants?: number;
  /** How long a lost connection may come back, ms. Default 10 000. */
  readonly reconnectMs?: number;
  /** Bounds of each room's log. */
  readonly history?: Omit<RoomLogOptions, 'onDiscard'>;
}

/** Who wants to join what. */
export interface JoinRequest {
  readonly room: string;
  readonly profile: Profile;
  /** The version of the text that the person agreed to; null: they do not agree, and are not analysed. */
  readonly textVersion: string | null;
  /** Who asks, for the record. */
  readonly actor: Actor;
  /** Come back as somebody who is still there, rather than as somebody new. */
  readonly resume?: { readonly participant: string; readonly key: string };
}

/** A connection's hold on its participant. After `SeatHolder` was called it is void. */
export interface Seat {
  readonly participant: string;
  readonly key: string;
  /** Signalling for the participant's media. */
  readonly peer: Peer;
  /**
   * Put on record that the person agrees to be analysed, then begin.
   * @throws UndertoneError `not-joined`; `purpose-forbids`; `consent-outdated`; `store-unavailable`; `worker-crashed` when
   *   it cannot be carried out.
   */
  grant(textVersion: string): Promise<void>;
  /**
   * Stop analysis at once, before the promise settles; then delete what is kept. Null where nobody ever agreed.
   * @throws UndertoneError `store-unavailable`: analysis has stopped, and deletion is tried until it is done.
   */
  withdraw(): Promise<DeletionReceipt | null>;
  leave(): void;
  /** The connection is lost; the participant may come back for `reconnectMs`, and media goes on while WebRTC lives. */
  disconnect(): void;
}

/** The rooms of one server. */
export interface Rooms {
  readonly names: readonly string[];
  /**
   * @throws UndertoneError `room-not-found`, `limit-reached`, `draining`, what `MediaServer.join` and `Seat.grant` throw;
   *   on resume `not-joined` when the participant has left and `forbidden` when the key is wrong.
   */
  join(request: JoinRequest, holder: SeatHolder): Promise<Seat>;
  /**
   * Let media that needs no signalling, such as a file or an RTSP stream, be a participant until it completes. The
   * operator's word for it goes on record first; where the room's settings forbid its role, it is there and not analysed.
   * @returns how to end it sooner.
   * @throws UndertoneError as `join`.
   */
  addSource(source: MediaSource, profile: Profile): Promise<() => void>;
  /**
   * Withdraw for a participant, present or not: analysis stops at once, then what is kept of them is deleted.
   * @throws UndertoneError `store-unavailable`, as `Seat.withdraw`.
   */
  withdraw(ref: ParticipantRef, actor: Actor): Promise<DeletionReceipt>;
  /** Who is analysed now. */
  consenting(): readonly ParticipantRef[];
  /** Somebody's consent was withdrawn by way of another server, which deletes: analysis stops at once. */
  withdrawnElsewhere(ref: ParticipantRef): void;
  /** What people are told before they join. @throws UndertoneError `room-not-found`. */
  terms(room: string): RoomTerms;
  /**
   * What may be said of a window now: without standing consent the verdict becomes `rejected: not-consented` and its
   * numbers are gone. For whoever makes segments of verdicts; `publishVerdict` does it too.
   */
  screen(event: VerdictEvent): VerdictEvent;
  /** Tell the room; what concerns somebody who has left is counted and goes no further. */
  publishVerdict(event: VerdictEvent): void;
  publishSegment(ref: ParticipantRef, segment: Segment): void;
  /** Tell every room how far the host has fallen back. */
  publishLoad(load: HostLoad): void;
  /** @throws UndertoneError `room-not-found`. */
  feed(room: string): RoomFeed;
  /** Everyone leaves; nobody can join. */
  close(): void;
}

interface Room {
  readonly feed: RoomFeedWriter;
  readonly participants: Map<string, Participant>;
  /** Places taken by those who are on their way in. */
  reserved: number;
}

/**
 * Open the rooms.
 * @example
 * const rooms = createRooms({ names: ['lobby'], media, people, clock, meter, log, onJoin: ({ source }) => analyse(source) });
 * const { version: textVersion } = rooms.terms('lobby').consent;
 * const profile = { name: 'Ada', role: 'customer' };
 * const seat = await rooms.join({ room: 'lobby', profile, textVersion, actor }, holder);
 */
export function createRooms(options: RoomsOptions): Rooms {
  const {
    names,
    media,
    people,
    clock,
    meter,
    log,
    onJoin,
    maxParticipants = 64,
    reconnectMs = 10_000,
    history,
  } = options;
  const epoch = randomBytes(6).toString('hex');
  const bounds = history === undefined ? {} : { bounds: history };
  const rooms = new Map<string, Room>(
    names.map((name) => [
      name,
      { feed: createRoomFeed(name, epoch, { clock, meter, log, ...bounds }), participants: new Map(), reserved: 0 },
    ]),
  );
  let closed = false;
  const stopListening = people.onConfigured(({ room }) => {
    for (const participant of rooms.get(room)?.participants.values() ?? []) participant.reconsider();
  });

  function roomNamed(name: string): Room {
    const room = rooms.get(name);
    if (room === undefined) throw new UndertoneError('room-not-found', `there is no room ${name}`);
    return room;
  }

  function checkPlace(name: string): Room {
    if (closed) throw drained();
    const room = roomNamed(name);
    if (room.participants.size + room.reserved >= maxParticipants)
      throw new UndertoneError('limit-reached', `room ${name} is full: it takes ${maxParticipants} participants`);
    return room;
  }

  function countParticipants(): void {
    const sizes = [...rooms.values()].map((room) => room.participants.size);
    meter.gauge(
      'undertone_participants',
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }

  function make(source: MediaSource, peer: Peer | null, profile: Profile): Participant {
    const { ref } = source;
    const { feed, participants } = roomNamed(ref.room);
    return createParticipant(profile, source, peer, {
      clock,
      log,
      reconnectMs,
      people,
      onJoin,
      publish: (event) => feed.append(event),
      onLeft() {
        participants.delete(ref.participant);
        countParticipants();
      },
    });
  }

  function enter(participant: Participant): Participant {
    const { ref } = participant;
    roomNamed(ref.room).participants.set(ref.participant, participant);
    countParticipants();
    try {
      participant.start();
      return participant;
    } catch (error) {
      participant.leave();
      throw error;
    }
  }

  async function joinAnew({ room: name, profile, textVersion, actor }: JoinRequest): Promise<Participant> {
    const room = checkPlace(name);
    room.reserved += 1;
    let peer: Peer | undefined;
    try {
      peer = await media.join({ room: name, participant: randomBytes(8).toString('hex') });
      const participant = make(peer, peer, profile);
      if (textVersion !== null) await participant.grant(textVersion, actor);
      if (closed) throw drained();
      return enter(participant);
    } catch (error) {
      peer?.close();
      throw asUndertoneError(error);
    } finally {
      room.reserved -= 1;
    }
  }

  /** The participant that is to be resumed; null when their media is gone, so that they have to join anew. */
  function findAgain(name: string, resume: NonNullable<JoinRequest['resume']>): Participant | null {
    const participant = roomNamed(name).participants.get(resume.participant);
    if (participant === undefined)
      throw new UndertoneError('not-joined', `${resume.participant} has left ${name}: join without \`resume\``);
    if (!participant.opens(resume.key))
      throw new UndertoneError('forbidden', `that is not the key of ${resume.participant}: join without \`resume\``);
    if (!participant.faulted) return participant;
    participant.leave();
    return null;
  }

  async function sit(participant: Participant, holder: SeatHolder, request: JoinRequest): Promise<Seat> {
    const { peer, key, ref } = participant;
    const { textVersion, actor } = request;
    if (peer === null) throw new UndertoneError('forbidden', `${ref.participant} takes no signalling`);
    const agrees = textVersion !== null && !participant.mustAgreeAnew;
    const agreement = agrees ? participant.grant(textVersion, actor).then(() => null) : participant.withdraw(actor);
    participant.attach(holder);
    try {
      await agreement;
    } catch (error) {
      participant.detach(holder);
      throw asUndertoneError(error);
    }
    return {
      participant: ref.participant,
      key,
      peer,
      grant: (version) => participant.grant(version, actor),
      withdraw: () => participant.withdraw(actor),
      leave: () => participant.leave(),
      disconnect: () => participant.detach(holder),
    };
  }

  function publish(ref: ParticipantRef, event: RoomEvent): void {
    const room = rooms.get(ref.room);
    if (room?.participants.has(ref.participant) === true) room.feed.append(event);
    else meter.count('undertone_discarded_total', { queue: 'room', reason: 'left' });
  }

  function screen(event: VerdictEvent): VerdictEvent {
    const participant = rooms.get(event.room)?.participants.get(event.participant);
    if (participant === undefined) return event;
    const verdict = participant.screen(event.verdict);
    return verdict === event.verdict ? event : { ...event, verdict, packProbabilities: {} };
  }

  return {
    names,
    async join(request, holder) {
      const { room, resume } = request;
      const known = resume === undefined ? null : findAgain(room, resume);
      return sit(known ?? (await joinAnew(request)), holder, request);
    },
    async addSource(source, profile) {
      const { room, participant } = source.ref;
      if (checkPlace(room).participants.has(participant))
        throw new UndertoneError('already-joined', `room ${room} already has a participant ${participant}`);
      const added = enter(make(source, null, profile));
      try {
        await added.agreeAsOperator();
      } catch (error) {
        added.leave();
        throw asUndertoneError(error);
      }
      return () => added.leave();
    },
    async withdraw(ref, actor) {
      const participant = rooms.get(ref.room)?.participants.get(ref.participant);
      participant?.withdrawnElsewhere();
      return (await participant?.withdraw(actor)) ?? people.withdraw(ref, actor);
    },
    consenting: () =>
      [...rooms.values()].flatMap(({ participants }) =>
        [...participants.values()].filter(({ consented }) => consented).map(({ ref }) => ref),
      ),
    withdrawnElsewhere: (ref) => rooms.get(ref.room)?.participants.get(ref.participant)?.withdrawnElsewhere(),
    terms: (room) => people.terms(room),
    screen,
    publishVerdict(event) {
      const { participant, seq, verdict, latencyMs } = screen(event);
      publish(event, { kind: 'verdict', participant, seq, verdict, latencyMs });
    },
    publishSegment(ref, segment) {
      publish(ref, { kind: 'segment', participant: ref.participant, segment });
    },
    publishLoad(load) {
      for (const { feed } of rooms.values()) feed.append({ kind: 'load', load });
    },
    feed: (room) => roomNamed(room).feed,
    close() {
      closed = true;
      stopListening();
      for (const room of rooms.values()) for (const participant of [...room.participants.values()]) participant.leave();
    },
  };
}

const drained = () => new UndertoneError('draining', 'the server is shutting down: try again in a moment');
