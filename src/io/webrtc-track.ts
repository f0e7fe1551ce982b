/** One published track: consumed and decoded while it is live and there is consent, and not a packet longer. */
import type { types } from 'mediasoup';
import type { TrackState } from '../domain.ts';
import { asUndertoneError } from '../errors.ts';
import type { Meter, MediaEvent } from '../ports.ts';
import type { Decoder } from './decode.ts';
import type { CaptureClock } from './webrtc-clock.ts';
import { codecOf } from './webrtc-codecs.ts';
import type { WorkerRoom } from './webrtc-worker.ts';

/** What a track is made of. */
export interface TrackOptions {
  readonly kind: 'audio' | 'video';
  readonly producer: types.Producer;
  readonly room: WorkerRoom;
  readonly decoder: Decoder;
  readonly captureClock: CaptureClock;
  readonly videoFps: number;
  readonly meter: Meter;
  /** Never called after `close`, nor while the track is not live or not consented. */
  readonly emit: (event: MediaEvent) => void;
}

/** One published track. */
export interface Track {
  readonly producerId: string;
  readonly state: TrackState;
  /** Whether media may be consumed; ending it takes effect before this returns. */
  setConsent(granted: boolean): Promise<void>;
  setState(state: TrackState): Promise<void>;
  close(): void;
}

/** A live track without consent; nothing is consumed yet. */
export function publishedTrack(options: TrackOptions): Track {
  const { kind, producer, room, decoder, captureClock, videoFps, meter, emit } = options;
  const { codec, rateHz } = codecOf(producer.rtpParameters);
  const modality = kind === 'audio' ? 'voice' : 'face';
  let state: TrackState = 'live';
  let consented = false;
  let stop: (() => void) | null = null;
  // Each start and stop is a turn: what was asked for in an earlier one and comes late is thrown away.
  let turn = 0;

  producer.on('trace', ({ type, info }) => {
    if (type === 'sr') captureClock.senderReport(kind, info);
  });

  function settle(): Promise<void> {
    const wanted = consented && state === 'live';
    if (wanted && stop === null) return start();
    if (!wanted && stop !== null) stop();
    return Promise.resolve();
  }

  async function start(): Promise<void> {
    const mine = ++turn;
    let consumer: types.Consumer | null = null;
    let epoch = 0;
    captureClock.forget(kind);
    const advance = (to: number) => {
      if (to === epoch) return;
      epoch = to;
      emit({ kind: 'discontinuity', modality });
    };
    const stream = decoder.open(
      { codec, fps: videoFps },
      {
        onAudio: (chunk, of) => {
          advance(of);
          emit({ kind: 'audio', chunk });
        },
        onVideo: (frame, of) => {
          advance(of);
          emit({ kind: 'video', frame });
        },
        onKeyFrameWanted: () => {
          // A consumer that was closed meanwhile needs no key frame.
          consumer?.requestKeyFrame().catch(() => undefined);
        },
      },
    );
    stop = () => {
      turn++;
      stop = null;
      stream.close();
      consumer?.close();
    };
    try {
      await producer.enableTraceEvent(['sr']);
      const created = await room.direct.consume({
        producerId: producer.id,
        rtpCapabilities: room.router.rtpCapabilities,
        // Nothing may be sent before someone listens: the first packet belongs to a key frame.
        paused: true,
        enableRtx: false,
      });
      if (turn !== mine) {
        created.close();
        return;
      }
      consumer = created;
      created.on('rtp', (packet) => {
        const capture = captureClock.packet(kind, packet, rateHz);
        if (capture === null) meter.count('undertone_rtp_malformed_total', { kind });
        else stream.push(packet, capture.captureMs, capture.epoch);
      });
      await created.resume();
    } catch (error) {
      // The producer or the room went away meanwhile: whoever closed it has told.
      if (turn !== mine) return;
      stop();
      throw asUndertoneError(error, 'worker-crashed');
    }
  }

  return {
    get producerId() {
      return producer.id;
    },
    get state() {
      return state;
    },
    setConsent(granted) {
      consented = granted;
      return settle();
    },
    setState(next) {
      state = next;
      return settle();
    },
    close() {
      state = 'off';
      void settle();
      captureClock.forget(kind);
      producer.close();
    },
  };
}
