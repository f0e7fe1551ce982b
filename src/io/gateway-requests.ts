import { UndertoneError } from '../errors.ts';
import type { ClientMessage, Results } from '../protocol.ts';
import type { Outlet } from './gateway-outlet.ts';
import type { JoinRequest, Rooms, Seat } from './rooms.ts';
import { actorOf, mayEnter, mayPublish, maySubscribe } from './tokens.ts';
import type { Access } from './tokens.ts';

/** A request that needs a `hello` before it. */
export type Request = Exclude<ClientMessage, { type: 'hello' }>;

/** What a request may reach: the connection that has said hello. */
export interface Session {
  readonly access: Access;
  readonly rooms: Rooms;
  readonly outlet: Outlet;
  /** The participant that this connection stands for. */
  readonly seat: Seat | null;
  /** Join or resume; the connection stands for that participant then. */
  take(request: JoinRequest): Promise<Seat>;
  /** The connection stands for nobody any more. */
  giveUp(): void;
}

type Answer = Results[keyof Results] | Readonly<Record<string, never>>;

const DONE = {};

/** Rooms that exist and that the token may see. */
export function visibleRooms(access: Access, rooms: Rooms): string[] {
  return rooms.names.filter((room) => mayEnter(access, room));
}

/**
 * Carry out one request; resolves to the answer's `data`.
 * @throws UndertoneError what is to be answered instead.
 */
export async function carryOut(request: Request, session: Session): Promise<Answer> {
  const { access, outlet } = session;
  switch (request.type) {
    case 'ping':
      return DONE;
    case 'subscribe':
      checkRole(maySubscribe(access), access, 'subscribe');
      checkRoom(session, request.room);
      return DONE;
    case 'unsubscribe':
      if (!outlet.unsubscribe(request.room))
        throw new UndertoneError('not-joined', `this connection does not follow room ${request.room}`);
      return DONE;
    case 'room':
      checkRoom(session, request.room);
      return session.rooms.terms(request.room);
    case 'join': {
      const { room, name, role, consent, textVersion, resume } = request;
      checkRole(mayPublish(access), access, 'join');
      checkRoom(session, room);
      if (session.seat !== null)
        throw new UndertoneError(
          'already-joined',
          `this connection is participant ${session.seat.participant}: leave first`,
        );
      const seat = await session.take({
        room,
        profile: { name, role },
        textVersion: consent ? (textVersion ?? null) : null,
        actor: actorOf(access),
        ...(resume && { resume }),
      });
      const { participant, key, peer } = seat;
      return { participant, key, routerRtpCapabilities: peer.routerRtpCapabilities };
    }
    case 'leave':
      seatOf(session).leave();
      session.giveUp();
      return DONE;
    case 'consent': {
      const { granted, textVersion } = request;
      if (!granted || textVersion === undefined) {
        const receipt = await seatOf(session).withdraw();
        return { receipt: receipt && { ...receipt, kept: [...receipt.kept] } };
      }
      await seatOf(session).grant(textVersion);
      return { receipt: null };
    }
    case 'open-transport': {
      const { transport, iceParameters, iceCandidates, dtlsParameters } = await seatOf(session).peer.openTransport();
      return { transport, iceParameters, iceCandidates: [...iceCandidates], dtlsParameters };
    }
    case 'connect-transport':
      await seatOf(session).peer.connectTransport(request.transport, request.dtlsParameters);
      return DONE;
    case 'restart-ice':
      return { iceParameters: await seatOf(session).peer.restartIce(request.transport) };
    case 'produce': {
      const { transport, kind, rtpParameters } = request;
      return { producer: await seatOf(session).peer.produce(transport, kind, rtpParameters) };
    }
    case 'set-track':
      await seatOf(session).peer.setTrack(request.kind, request.state);
      return DONE;
  }
}

/** What follows the answer to a request: the room's events come after the word that they will. */
export function afterAnswer(request: Request, { rooms, outlet }: Session): void {
  if (request.type !== 'subscribe') return;
  const { room, after, historyMs } = request;
  outlet.subscribe(rooms.feed(room), { historyMs, ...(after && { after }) });
}

function checkRole(allowed: boolean, { role }: Access, action: string): void {
  if (!allowed) throw new UndertoneError('forbidden', `a ${role}'s token may not ${action}: use another role's token`);
}

/** A room that the token may not see is answered like one that does not exist. */
function checkRoom({ access, rooms }: Session, room: string): void {
  const visible = visibleRooms(access, rooms);
  if (visible.includes(room)) return;
  const those = visible.length === 0 ? 'this token is good for none' : `this token is good for ${visible.join(', ')}`;
  throw new UndertoneError('room-not-found', `there is no room ${room}: ${those}`);
}

function seatOf({ seat }: Session): Seat {
  if (seat === null) throw new UndertoneError('not-joined', 'this connection is no participant: join first');
  return seat;
}
