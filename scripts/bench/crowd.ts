/** Participants who send a recording in real time, straight into the decoders: everything but the network. */
import { Subject } from 'rxjs';
import type { DecodeStream, Decoder } from '../../src/io/decode.ts';
import type { Clock, MediaEvent, MediaSource } from '../../src/ports.ts';
import type { Recording, Timed } from './recording.ts';

/** One who sends. */
export interface Sender {
  readonly source: MediaSource;
  /** Switch a track off and on, as its owner would. */
  setTrack(modality: 'voice' | 'face', live: boolean): void;
  stop(): void;
}

export interface CrowdOptions {
  readonly decoder: Decoder;
  readonly clock: Clock;
  readonly recording: Recording;
  readonly room: string;
}

const PUMP_MS = 5;

/** Start a crowd; it sends to whom `add` adds until `close`. */
export function startCrowd({ decoder, clock, recording, room }: CrowdOptions) {
  const senders = new Set<{ readonly pump: (nowMs: number) => void }>();
  const timer = setInterval(() => {
    const nowMs = clock.now();
    for (const { pump } of senders) pump(nowMs);
  }, PUMP_MS);

  function add(participant: string): Sender {
    const events = new Subject<MediaEvent>();
    const tracks = {
      voice: createTrack(recording.audio, recording.lengthMs, 48, () =>
        decoder.open(
          { codec: 'opus' },
          {
            onAudio: (chunk) => {
              events.next({ kind: 'audio', chunk });
            },
          },
        ),
      ),
      face: createTrack(recording.video, recording.lengthMs, 90, () =>
        decoder.open(
          { codec: 'vp8' },
          {
            onVideo: (frame) => {
              events.next({ kind: 'video', frame });
            },
          },
        ),
      ),
    };
    const sender = {
      pump(nowMs: number) {
        tracks.voice.pump(nowMs);
        tracks.face.pump(nowMs);
      },
    };
    senders.add(sender);
    const setTrack = (modality: 'voice' | 'face', live: boolean) => {
      tracks[modality].set(live ? clock.now() : null);
      events.next({ kind: 'track', modality, state: live ? 'live' : 'off' });
    };
    return {
      source: { ref: { room, participant }, events },
      setTrack,
      stop() {
        senders.delete(sender);
        tracks.voice.set(null);
        tracks.face.set(null);
        events.complete();
      },
    };
  }

  return {
    add,
    close() {
      clearInterval(timer);
    },
  };
}

/** One track's packets, looped for as long as it is live. */
function createTrack(packets: readonly Timed[], loopMs: number, ticksPerMs: number, open: () => DecodeStream) {
  let live: { readonly stream: DecodeStream; readonly sinceMs: number } | null = null;
  let sent = 0;
  return {
    set(sinceMs: number | null) {
      live?.stream.close();
      live = sinceMs === null ? null : { stream: open(), sinceMs };
      sent = 0;
    },
    pump(nowMs: number) {
      if (live === null) return;
      for (;;) {
        const packet = packets[sent % packets.length];
        if (packet === undefined) return;
        const atMs = Math.floor(sent / packets.length) * loopMs + packet.atMs;
        if (live.sinceMs + atMs > nowMs) return;
        live.stream.push(rtp(packet, sent, atMs * ticksPerMs), live.sinceMs + atMs, 0);
        sent++;
      }
    },
  };
}

function rtp({ payload, marker }: Timed, sequence: number, timestamp: number): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, 100 | (marker ? 0x80 : 0));
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, Math.round(timestamp) >>> 0);
  view.setUint32(8, 1);
  bytes.set(payload, 12);
  return bytes;
}
