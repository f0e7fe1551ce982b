/** Packets on their way to a decoder process: many in one buffer, so that the hop is paid once. */

/** One RTP packet and what the clock said about it. */
export interface StreamPacket {
  /** Number of the stream it belongs to. */
  readonly stream: number;
  readonly captureMs: number;
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/** stream u32, epoch u32, captureMs f64, length u32, then the bytes; little-endian. */
const RECORD_HEADER_BYTES = 20;

/** Copy packets into one buffer. */
export function packBatch(packets: readonly StreamPacket[]): Uint8Array {
  const out = new Uint8Array(packets.reduce((sum, { bytes }) => sum + RECORD_HEADER_BYTES + bytes.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { stream, captureMs, epoch, bytes } of packets) {
    view.setUint32(at, stream, true);
    view.setUint32(at + 4, epoch, true);
    view.setFloat64(at + 8, captureMs, true);
    view.setUint32(at + 16, bytes.length, true);
    out.set(bytes, at + RECORD_HEADER_BYTES);
    at += RECORD_HEADER_BYTES + bytes.length;
  }
  return out;
}

/** The packets of a batch, in order; their bytes are views into it. */
export function* unpackBatch(batch: Uint8Array): Generator<StreamPacket> {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at < batch.length;) {
    const length = view.getUint32(at + 16, true);
    yield {
      stream: view.getUint32(at, true),
      epoch: view.getUint32(at + 4, true),
      captureMs: view.getFloat64(at + 8, true),
      bytes: batch.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length),
    };
    at += RECORD_HEADER_BYTES + length;
  }
}
