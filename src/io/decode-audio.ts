/** One Opus track: packets in, 16 kHz mono sound out. What is lost, and what the sender left out, stays a gap. */
import { Decoder } from '@evan/opus';
import { emptyJitter, release, reorder, type InOrder, type JitterState } from '../core/rtp-jitter.ts';
import { parseRtp, type RtpPacket } from '../core/rtp.ts';
import type { StreamDecoder, StreamPorts } from './decode-messages.ts';

const JITTER = { maxHeld: 16, maxWaitMs: 60 };
const SAMPLE_RATE_HZ = 16_000;
const KIND = { kind: 'audio' };

interface AudioPacket extends RtpPacket {
  readonly captureMs: number;
  readonly epoch: number;
}

/** Open an Opus track. libopus decodes straight to 16 kHz and mixes stereo down. */
export function audioStream({ emit, count, now }: StreamPorts): StreamDecoder {
  const decoder = new Decoder({ channels: 1, sample_rate: SAMPLE_RATE_HZ });
  let waiting: JitterState<AudioPacket> = emptyJitter;

  function decode({ packet, lostBefore }: InOrder<AudioPacket>): void {
    if (lostBefore > 0) count('undertone_rtp_lost_total', KIND, lostBefore);
    const startMs = now();
    let pcm: Uint8Array;
    try {
      pcm = decoder.decode(packet.payload);
    } catch {
      // Bytes that are not Opus; the decoder itself is unharmed.
      count('undertone_decode_errors_total', KIND);
      return;
    }
    const samples = floats(pcm);
    const { captureMs, epoch } = packet;
    emit({ kind: 'audio', chunk: { samples, captureMs }, epoch, seconds: (now() - startMs) / 1000 });
  }

  return {
    push(bytes, capture) {
      count('undertone_rtp_packets_total', KIND);
      const packet = parseRtp(bytes);
      if (packet === null) {
        count('undertone_rtp_malformed_total', KIND);
        return;
      }
      const [next, ready, late] = reorder(waiting, { ...packet, ...capture }, now(), JITTER);
      waiting = next;
      if (late) count('undertone_decode_dropped_total', { ...KIND, reason: 'late' });
      ready.forEach(decode);
    },
    expire() {
      if (waiting.held.length === 0) return;
      const [next, ready] = release(waiting, now(), JITTER);
      waiting = next;
      ready.forEach(decode);
    },
    close() {
      waiting = emptyJitter;
    },
  };
}

/** 16-bit samples, little-endian, as numbers in [-1, 1). */
function floats(pcm: Uint8Array): Float32Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Float32Array.from({ length: pcm.byteLength >> 1 }, (_, i) => view.getInt16(i * 2, true) / 0x8000);
}
