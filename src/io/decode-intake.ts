/** How packets enter a stream of either kind: parsed, counted, and handed on in order. */
import { emptyJitter, release, reorder } from '../core/rtp-jitter.ts';
import type { InOrder, JitterOptions, JitterState } from '../core/rtp-jitter.ts';
import { parseRtp } from '../core/rtp.ts';
import type { RtpPacket } from '../core/rtp.ts';
import type { StreamDecoder, StreamPorts } from './decode-messages.ts';

/** A packet with when it was captured, and in which epoch of its sender's clock. */
export interface CapturedPacket extends RtpPacket {
  readonly captureMs: number;
  readonly epoch: number;
}

/** What becomes of a stream's packets. */
export interface IntakeOptions extends Pick<StreamPorts, 'count' | 'now'> {
  readonly kind: 'audio' | 'video';
  /** Bounds of the wait for packets that are missing. */
  readonly jitter: JitterOptions;
  /** Called with each packet when its turn has come. */
  readonly take: (packet: InOrder<CapturedPacket>) => void;
}

/** An intake that waits for nothing yet. What is malformed, late or lost is counted. */
export function rtpIntake({ kind, jitter, count, now, take }: IntakeOptions): Pick<StreamDecoder, 'push' | 'expire'> {
  let waiting: JitterState<CapturedPacket> = emptyJitter;

  function hand(ready: readonly InOrder<CapturedPacket>[]): void {
    for (const inOrder of ready) {
      if (inOrder.lostBefore > 0) count('undertone_rtp_lost_total', { kind }, inOrder.lostBefore);
      take(inOrder);
    }
  }

  return {
    push(bytes, capture) {
      count('undertone_rtp_packets_total', { kind });
      const packet = parseRtp(bytes);
      if (packet === null) {
        count('undertone_rtp_malformed_total', { kind });
        return;
      }
      const [next, ready, late] = reorder(waiting, { ...packet, ...capture }, now(), jitter);
      waiting = next;
      if (late) count('undertone_decode_dropped_total', { kind, reason: 'late' });
      hand(ready);
    },
    expire() {
      if (waiting.held.length === 0) return;
      const [next, ready] = release(waiting, now(), jitter);
      waiting = next;
      hand(ready);
    },
  };
}
