/** One Opus track: packets in, 16 kHz mono sound out. What is lost, and what the sender left out, stays a gap. */
import { Decoder } from '@evan/opus';
import type { InOrder } from '../core/rtp-jitter.ts';
import { rtpIntake, type CapturedPacket } from './decode-intake.ts';
import type { StreamDecoder, StreamPorts } from './decode-messages.ts';

const JITTER = { maxHeld: 16, maxWaitMs: 60 };
const SAMPLE_RATE_HZ = 16_000;
const KIND = { kind: 'audio' };

/** Open an Opus track. libopus decodes straight to 16 kHz and mixes stereo down. */
export function audioStream({ emit, count, now }: StreamPorts): StreamDecoder {
  const decoder = new Decoder({ channels: 1, sample_rate: SAMPLE_RATE_HZ });

  function decode({ packet }: InOrder<CapturedPacket>): void {
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
    ...rtpIntake({ kind: 'audio', jitter: JITTER, count, now, take: decode }),
    close() {
      // Nothing to let go of: the decoder is plain memory, and nobody pushes to a closed stream.
    },
  };
}

/** 16-bit samples, little-endian, as numbers in [-1, 1). */
function floats(pcm: Uint8Array): Float32Array {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  return Float32Array.from({ length: pcm.byteLength >> 1 }, (_, i) => view.getInt16(i * 2, true) / 0x8000);
}
