/** One participant on a WebRTC worker: a transport, at most one track of each kind, one clock, one stream of events. */
import type { types } from 'mediasoup';
import { Subject } from 'rxjs';
import type { ParticipantRef, TrackState } from '../domain.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import type { Clock, Log, MediaEvent, Meter, Peer } from '../ports.ts';
import type { Decoder } from './decode.ts';
import { captureClock } from './webrtc-clock.ts';
import { checkedParameters, publisherCapabilities } from './webrtc-codecs.ts';
import { publishedTrack, type Track } from './webrtc-track.ts';
import type { WorkerRoom } from './webrtc-worker.ts';

type Kind = 'audio' | 'video';

/** What a peer is made of. */
export interface PeerOptions {
  readonly ref: ParticipantRef;
  readonly room: WorkerRoom;
  readonly decoder: Decoder;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: Log;
  /** Pictures handed on, a second. */
  readonly videoFps: number;
  /** What one participant may send, bit/s. */
  readonly maxIncomingBitrate: number;
  /** Called once, when the peer has ended. */
  readonly onEnd: () => void;
}

/** A peer that the server can also end. */
export interface ServerPeer extends Peer {
  /** End with an error on `events`. */
  fail(error: UndertoneError): void;
}

/** Between two key frame requests of one producer, ms: a picture that stutters must not make the sender's network worse. */
const KEY_FRAME_DELAY_MS = 500;

/** A participant in a room, without transport, tracks or consent yet. */
export function webRtcPeer(options: PeerOptions): ServerPeer {
  const { ref, room, decoder, meter, log, videoFps, maxIncomingBitrate, onEnd } = options;
  const events = new Subject<MediaEvent>();
  const sharedClock = captureClock(options);
  const tracks = new Map<Kind, Track>();
  let transport: types.WebRtcTransport | null = null;
  let consented = false;
  let ended = false;

  const emit = (event: MediaEvent) => {
    if (!ended) events.next(event);
  };
  const tell = (kind: Kind, state: TrackState) => {
    emit({ kind: 'track', modality: kind === 'audio' ? 'voice' : 'face', state });
  };

  function end(finish: () => void): void {
    if (ended) return;
    ended = true;
    for (const track of tracks.values()) track.close();
    tracks.clear();
    transport?.close();
    finish();
    onEnd();
  }

  function drop(kind: Kind, track: Track): void {
    if (tracks.get(kind) !== track) return;
    tracks.delete(kind);
    track.close();
    tell(kind, 'off');
  }

  function opened(id: string): types.WebRtcTransport {
    if (transport?.id === id && !transport.closed) return transport;
    throw new UndertoneError('transport-not-found', `there is no open transport ${id} of ${ref.participant}: open one`);
  }

  function checkNotEnded(): void {
    if (ended) throw new UndertoneError('not-joined', `${ref.participant} has left ${ref.room}: join again`);
  }

  return {
    ref,
    events: events.asObservable(),
    routerRtpCapabilities: publisherCapabilities(room.router.rtpCapabilities),

    async setConsent(granted) {
      consented = granted;
      await Promise.all([...tracks.values()].map((track) => track.setConsent(granted)));
    },

    async openTransport() {
      checkNotEnded();
      const created = await room.router
        .createWebRtcTransport({ webRtcServer: room.server, enableUdp: true, enableTcp: true, preferUdp: true })
        .catch(crashed);
      if (ended) created.close();
      checkNotEnded();
      // One transport a participant: who comes back after a lost network replaces the dead one.
      const before = transport;
      transport = created;
      before?.close();
      created.on('dtlsstatechange', (state) => {
        if (state !== 'failed' && state !== 'closed') return;
        log.info({ ...ref, transport: created.id, state }, 'transport ended');
        created.close();
      });
      await created.setMaxIncomingBitrate(maxIncomingBitrate).catch(crashed);
      return {
        transport: created.id,
        iceParameters: { ...created.iceParameters },
        iceCandidates: created.iceCandidates.map((candidate) => ({ ...candidate })),
        dtlsParameters: { ...created.dtlsParameters },
      };
    },

    async connectTransport(id, dtlsParameters) {
      const target = opened(id);
      try {
        await target.connect({ dtlsParameters: dtlsParameters as unknown as types.DtlsParameters });
      } catch (cause) {
        throw malformed('dtlsParameters', cause);
      }
    },

    async restartIce(id) {
      return { ...(await opened(id).restartIce().catch(crashed)) };
    },

    async produce(id, kind, rtpParameters) {
      const target = opened(id);
      const parameters = checkedParameters(kind, rtpParameters);
      const producer = await target
        .produce({ kind, rtpParameters: parameters, keyFrameRequestDelay: KEY_FRAME_DELAY_MS })
        .catch((cause: unknown) => {
          throw malformed('rtpParameters', cause);
        });
      if (ended) producer.close();
      checkNotEnded();
      tracks.get(kind)?.close();
      const track = publishedTrack({ kind, producer, room, decoder, captureClock: sharedClock, videoFps, meter, emit });
      tracks.set(kind, track);
      producer.once('transportclose', () => {
        drop(kind, track);
      });
      tell(kind, 'live');
      await track.setConsent(consented);
      return producer.id;
    },

    async setTrack(kind, state) {
      const track = tracks.get(kind);
      if (state === 'off') {
        if (track !== undefined) drop(kind, track);
        return;
      }
      if (track === undefined)
        throw new UndertoneError('track-not-found', `${ref.participant} sends no ${kind}: produce it first`);
      if (track.state === state) return;
      tell(kind, state);
      await track.setState(state);
    },

    close() {
      end(() => {
        events.complete();
      });
    },

    fail(error) {
      end(() => {
        events.error(error);
      });
    },
  };
}

function crashed(cause: unknown): never {
  throw asUndertoneError(cause, 'worker-crashed');
}

function malformed(what: string, cause: unknown): UndertoneError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UndertoneError('bad-media', `the ${what} were refused (${why}): send what mediasoup-client gives`, {
    cause,
  });
}
