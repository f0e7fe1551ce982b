/** A media server without media: what rooms and the gateway see of WebRTC, under the test's control. */
import { Subject } from 'rxjs';
import type { ParticipantRef, TrackState } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import type { Json, MediaEvent, MediaServer, Peer } from '../../src/ports.ts';

export interface FakePeer extends Peer {
  readonly events: Subject<MediaEvent>;
  /** Every call to `setConsent`, in order. */
  readonly consents: boolean[];
  readonly calls: string[];
  closed: boolean;
}

export interface FakeMedia extends MediaServer {
  readonly peers: FakePeer[];
  /** Awaited by every `join`, and by every `setConsent(true)`. */
  gate: Promise<void>;
  grantGate: Promise<void>;
}

export function fakeMedia(): FakeMedia {
  const peers: FakePeer[] = [];
  const media: FakeMedia = {
    peers,
    gate: Promise.resolve(),
    grantGate: Promise.resolve(),
    async join(ref) {
      await media.gate;
      const peer = fakePeer(ref, () => media.grantGate);
      peers.push(peer);
      return peer;
    },
    status: () => ({ workers: 1, workersAlive: 1 }),
    close: () => Promise.resolve(),
  };
  return media;
}

function fakePeer(ref: ParticipantRef, grantGate: () => Promise<void>): FakePeer {
  const transports = new Set<string>();
  const track = (kind: 'audio' | 'video', state: TrackState) =>
    peer.events.next({ kind: 'track', modality: kind === 'audio' ? 'voice' : 'face', state });
  const known = (transport: string): void => {
    if (!transports.has(transport))
      throw new UndertoneError('transport-not-found', `there is no transport ${transport}`);
  };
  const json: Json = { fake: true };
  const peer: FakePeer = {
    ref,
    events: new Subject<MediaEvent>(),
    routerRtpCapabilities: { codecs: [] },
    consents: [],
    calls: [],
    closed: false,
    async setConsent(granted) {
      peer.consents.push(granted);
      if (granted) await grantGate();
    },
    openTransport() {
      const transport = `t${transports.size.toString()}`;
      transports.add(transport);
      return Promise.resolve({ transport, iceParameters: json, iceCandidates: [json], dtlsParameters: json });
    },
    async connectTransport(transport) {
      known(transport);
      await Promise.resolve();
    },
    async restartIce(transport) {
      known(transport);
      return Promise.resolve(json);
    },
    async produce(transport, kind) {
      known(transport);
      track(kind, 'live');
      return Promise.resolve(`producer-${kind}`);
    },
    async setTrack(kind, state) {
      track(kind, state);
      await Promise.resolve();
    },
    close() {
      peer.closed = true;
      peer.events.complete();
    },
  };
  return peer;
}
