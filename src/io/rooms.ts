/** Who is in which room, and what everyone in it is told. */
import { randomBytes } from 'node:crypto';
import type { RoomLogOptions } from '../core/room-log.ts';
import type { RoomEvent } from '../core/room-state.ts';
import type { ParticipantRef, Segment, VerdictEvent } from '../domain.ts';
import { UndertoneError, asUndertoneError } from '../errors.ts';
import type { Clock, Log, MediaServer, MediaSource, Meter, Peer } from '../ports.ts';
import { createParticipant } from './participant.ts';
import type { Joined, Participant, Profile, SeatHolder } from './participant.ts';
import { createRoomFeed } from './room-feed.ts';
import type { RoomFeed, RoomFeedWriter } from './room-feed.ts';

/** Which rooms there are, and what they need. */
export interface RoomsOptions {
  /** The rooms that exist. */
  readonly names: readonly string[];
  readonly media: MediaServer;
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
   * Record whether the person agrees to be analysed. A withdrawal holds at once, before the promise settles.
   * @throws UndertoneError `not-joined`; `worker-crashed` when a grant cannot be carried out.
   */
  setConsent(granted: boolean): Promise<void>;
  leave(): void;
  /** The connection is lost; the participant may come back for `reconnectMs`, and media goes on while WebRTC lives. */
  disconnect(): void;
}

/** The rooms of one server. */
export interface Rooms {
  readonly names: readonly string[];
  /**
   * @throws UndertoneError `room-not-found`, `limit-reached`, `draining`, what `MediaServer.join` throws; on resume
   *   `not-joined` when the participant has left and `forbidden` when the key is wrong.
   */
  join(request: JoinRequest, holder: SeatHolder): Promise<Seat>;
  /**
   * Let media that needs no signalling, such as a file or an RTSP stream, be a participant until it completes.
   * @returns how to end it sooner.
   * @throws UndertoneError as `join`.
   */
  addSource(source: MediaSource, profile: Profile): () => void;
  /**
   * What may be said of a window now: without standing consent the verdict becomes `rejected: not-consented` and its
   * numbers are gone. For whoever makes segments of verdicts; `publishVerdict` does it too.
   */
  screen(event: VerdictEvent): VerdictEvent;
  /** Tell the room; what concerns somebody who has left is counted and goes no further. */
  publishVerdict(event: VerdictEvent): void;
  publishSegment(ref: ParticipantRef, segment: Segment): void;
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
 * const rooms = createRooms({ names: ['lobby'], media, clock, meter, log, onJoin: ({ source, consent }) => analyse(source) });
 * const seat = await rooms.join({ room: 'lobby', profile: { name: 'Ada', role: 'customer', consented: true } }, holder);
 */
export function createRooms(options: RoomsOptions): Rooms {
  const { names, media, clock, meter, log, onJoin, maxParticipants = 64, reconnectMs = 10_000, history } = options;
  const epoch = randomBytes(6).toString('hex');
  const bounds = history === undefined ? {} : { bounds: history };
  const rooms = new Map<string, Room>(
    names.map((name) => [
      name,
      { feed: createRoomFeed(name, epoch, { clock, meter, log, ...bounds }), participants: new Map(), reserved: 0 },
    ]),
  );
  let closed = false;

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

  function enter(source: MediaSource, peer: Peer | null, profile: Profile): Participant {
    const { ref } = source;
    const { feed, participants } = roomNamed(ref.room);
    const participant = createParticipant(profile, source, peer, {
      clock,
      log,
      reconnectMs,
      onJoin,
      publish: (event) => feed.append(event),
      onLeft() {
        participants.delete(ref.participant);
        countParticipants();
      },
    });
    participants.set(ref.participant, participant);
    countParticipants();
    try {
      participant.start();
      return participant;
    } catch (error) {
      participant.leave();
      throw error;
    }
  }

  async function joinAnew({ room: name, profile }: JoinRequest): Promise<Participant> {
    const room = checkPlace(name);
    room.reserved += 1;
    let peer: Peer | undefined;
    try {
      peer = await media.join({ room: name, participant: randomBytes(8).toString('hex') });
      if (profile.consented) await peer.setConsent(true);
      if (closed) throw drained();
      return enter(peer, peer, profile);
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

  async function sit(participant: Participant, holder: SeatHolder, consented: boolean): Promise<Seat> {
    const { peer, key, ref } = participant;
    if (peer === null) throw new UndertoneError('forbidden', `${ref.participant} takes no signalling`);
    const consent = participant.setConsent(consented);
    participant.attach(holder);
    try {
      await consent;
    } catch (error) {
      participant.detach(holder);
      throw asUndertoneError(error);
    }
    return {
      participant: ref.participant,
      key,
      peer,
      setConsent: (granted) => participant.setConsent(granted),
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
      const { room, profile, resume } = request;
      const known = resume === undefined ? null : findAgain(room, resume);
      return sit(known ?? (await joinAnew(request)), holder, profile.consented);
    },
    addSource(source, profile) {
      const { room, participant } = source.ref;
      if (checkPlace(room).participants.has(participant))
        throw new UndertoneError('already-joined', `room ${room} already has a participant ${participant}`);
      const added = enter(source, null, profile);
      return () => added.leave();
    },
    screen,
    publishVerdict(event) {
      const { participant, seq, verdict, latencyMs } = screen(event);
      publish(event, { kind: 'verdict', participant, seq, verdict, latencyMs });
    },
    publishSegment(ref, segment) {
      publish(ref, { kind: 'segment', participant: ref.participant, segment });
    },
    feed: (room) => roomNamed(room).feed,
    close() {
      closed = true;
      for (const room of rooms.values()) for (const participant of [...room.participants.values()]) participant.leave();
    },
  };
}

const drained = () => new UndertoneError('draining', 'the server is shutting down: try again in a moment');
