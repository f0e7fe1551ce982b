/** The media of one participant on its way to the server: a mediasoup transport and a producer for each track. */
import { Device } from 'mediasoup-client';
import type { types } from 'mediasoup-client';
import { UndertoneError } from '../../src/errors.ts';
import type { Results } from '../../src/protocol.ts';
import type { Connection } from '../connection.ts';

/** The two kinds of track. */
export type Kind = 'audio' | 'video';

/** Sends signalling; another one takes over after a reconnect. */
export type Ask = Connection['request'];

/** Media on its way. */
export interface Wire {
  /** As WebRTC says it; `failed` is beyond repair. */
  readonly state: types.ConnectionState;
  /** From now on signal over another connection. */
  signalOver(ask: Ask): void;
  /** Look for a new path to the server. */
  restartIce(): Promise<void>;
  /** Send a track or hold it back; nothing is sent while held, not even silence or black. */
  hold(kind: Kind, held: boolean): void;
  close(): void;
}

/** What a wire carries, and whom it tells. */
export interface WireOptions {
  readonly routerRtpCapabilities: Results['join']['routerRtpCapabilities'];
  readonly ask: Ask;
  readonly stream: MediaStream;
  readonly held: Readonly<Record<Kind, boolean>>;
  readonly onState: (state: types.ConnectionState) => void;
}

/** Video is sent no larger than this many lines, no faster than 24 a second, at no more than 500 kbit/s. */
const MAX_LINES = 480;
const VIDEO_ENCODING = { maxBitrate: 500_000, maxFramerate: 24 };

/**
 * Send the stream's first track of each kind. Mono Opus without DTX, so that silence is heard as silence and not as a
 * gap; VP8, or H.264 in a browser without it.
 * @throws UndertoneError `unsupported-codec` in a browser without WebRTC or with neither codec; what the server answers.
 */
export async function openWire(options: WireOptions): Promise<Wire> {
  let { ask } = options;
  const device = await load(options.routerRtpCapabilities);
  const { transport: id, ...offer } = await ask('open-transport', {});
  const transport = device.createSendTransport({ id, ...offer } as unknown as types.TransportOptions);
  const producers = new Map<Kind, types.Producer>();

  transport.on('connect', ({ dtlsParameters }, done, fail) => {
    ask('connect-transport', { transport: id, dtlsParameters: { ...dtlsParameters } }).then(() => done(), fail);
  });
  transport.on('produce', ({ kind, rtpParameters }, done, fail) => {
    const request = ask('produce', { transport: id, kind, rtpParameters: { ...rtpParameters } });
    request.then(({ producer }) => done({ id: producer }), fail);
  });
  transport.on('connectionstatechange', options.onState);

  try {
    for (const track of [options.stream.getAudioTracks()[0], options.stream.getVideoTracks()[0]]) {
      if (track?.readyState !== 'live') continue;
      const kind = track.kind === 'audio' ? 'audio' : 'video';
      // What is held back from the start must not slip out before the producer can be paused.
      track.enabled = !options.held[kind];
      const producer = await transport.produce({
        track,
        stopTracks: false,
        zeroRtpOnPause: true,
        ...(kind === 'audio' ? audioOptions() : videoOptions(device, track)),
      });
      if (options.held[kind]) producer.pause();
      producers.set(kind, producer);
    }
  } catch (error) {
    transport.close();
    throw error;
  }

  return {
    get state() {
      return transport.connectionState;
    },
    signalOver: (next) => (ask = next),
    restartIce: async () => {
      const { iceParameters } = await ask('restart-ice', { transport: id });
      await transport.restartIce({ iceParameters: iceParameters as unknown as types.IceParameters });
    },
    hold: (kind, held) => {
      const producer = producers.get(kind);
      if (producer?.closed !== false) return;
      if (held) producer.pause();
      else producer.resume();
    },
    close: () => transport.close(),
  };
}

async function load(routerRtpCapabilities: WireOptions['routerRtpCapabilities']): Promise<Device> {
  try {
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities });
    return device;
  } catch (cause) {
    throw new UndertoneError('unsupported-codec', 'this browser cannot send media by WebRTC: try a current one', {
      cause,
    });
  }
}

function audioOptions(): types.ProducerOptions {
  return { codecOptions: { opusStereo: false, opusDtx: false, opusFec: true } };
}

function videoOptions(device: Device, track: MediaStreamTrack): types.ProducerOptions {
  const codecs = device.sendRtpCapabilities.codecs ?? [];
  const codec = ['video/vp8', 'video/h264']
    .map((wanted) => codecs.find(({ mimeType }) => mimeType.toLowerCase() === wanted))
    .find((found) => found !== undefined);
  if (codec === undefined)
    throw new UndertoneError('unsupported-codec', 'this browser sends neither VP8 nor H.264: try another one');
  const lines = track.getSettings().height ?? MAX_LINES;
  return { codec, encodings: [{ ...VIDEO_ENCODING, scaleResolutionDownBy: Math.max(1, lines / MAX_LINES) }] };
}
