/** One participant's capture clock: the pure clock of `core/rtp-clock.ts`, fed by headers and sender reports. */
import { arrive, report, unheardClock, withoutTrack, type Capture, type RtpClock } from '../core/rtp-clock.ts';
import { rtpHead } from '../core/rtp.ts';
import type { Clock, Meter } from '../ports.ts';

type Kind = 'audio' | 'video';

/** Shared by a participant's tracks, so that lips and voice stay aligned. */
export interface CaptureClock {
  /** When this packet's media was captured; null when the bytes are no RTP. */
  packet(kind: Kind, bytes: Uint8Array, rateHz: number): Capture | null;
  /** A sender report as mediasoup's 'sr' trace gives it. */
  senderReport(kind: Kind, info: Readonly<Record<string, unknown>>): void;
  /** The track ends or begins anew. */
  forget(kind: Kind): void;
}

/** Both tracks of one participant on the clock of the server. */
export function captureClock({ clock, meter }: { readonly clock: Clock; readonly meter: Meter }): CaptureClock {
  let state: RtpClock<Kind> = unheardClock;
  return {
    packet(kind, bytes, rateHz) {
      const head = rtpHead(bytes);
      if (head === null) return null;
      const before = state.tracks[kind]?.epoch ?? 0;
      const [next, capture] = arrive(state, kind, { ...head, rateHz, arrivalMs: clock.now() });
      state = next;
      if (capture.epoch > before) meter.count('undertone_clock_jumps_total', { kind });
      return capture;
    },
    senderReport(kind, { ntpSec, ntpFrac, rtpTs }) {
      if (typeof ntpSec !== 'number' || typeof ntpFrac !== 'number' || typeof rtpTs !== 'number') return;
      const wallMs = ntpSec * 1000 + (ntpFrac * 1000) / 2 ** 32;
      const [next, stepped] = report(state, kind, { timestamp: rtpTs, wallMs, arrivalMs: clock.now() });
      state = next;
      if (stepped) meter.count('undertone_clock_jumps_total', { kind: 'sender' });
    },
    forget(kind) {
      state = withoutTrack(state, kind);
    },
  };
}
