/** RTP packets (RFC 3550, section 5.1), read from bytes that nobody vouches for: what is malformed is null, never thrown. */

/** One RTP packet; `payload` is a view into the bytes it was read from. */
export interface RtpPacket {
  /** True on the last packet of a video frame. */
  readonly marker: boolean;
  /** 16 bits, wraps around. */
  readonly sequence: number;
  /** 32 bits of the codec's clock, wraps around. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

const FIXED_HEADER_BYTES = 12;
const MAX_PAYLOAD_TYPE_OF_RTCP = 95;
const MIN_PAYLOAD_TYPE_OF_RTCP = 64;

/** The two numbers of the header that a clock needs; null when the bytes are no RTP packet. Allocates nothing else. */
export function rtpHead(bytes: Uint8Array): Pick<RtpPacket, 'sequence' | 'timestamp'> | null {
  const [flags = 0, type = 0] = bytes;
  const payloadType = type & 0x7f;
  const isRtcp = payloadType >= MIN_PAYLOAD_TYPE_OF_RTCP && payloadType <= MAX_PAYLOAD_TYPE_OF_RTCP;
  if (bytes.length < FIXED_HEADER_BYTES || flags >> 6 !== 2 || isRtcp) return null;
  return { sequence: readU16(bytes, 2), timestamp: readU16(bytes, 4) * 0x1_0000 + readU16(bytes, 6) };
}

/**
 * Read one RTP packet: contributing sources and header extensions are skipped, padding is cut off.
 * @returns null when the bytes are not one well-formed packet with a payload.
 * @example const packet = parseRtp(bytes); if (packet !== null) use(packet.payload);
 */
export function parseRtp(bytes: Uint8Array): RtpPacket | null {
  const head = rtpHead(bytes);
  if (head === null) return null;
  const [flags = 0, type = 0] = bytes;
  let start = FIXED_HEADER_BYTES + (flags & 0x0f) * 4;
  if ((flags & 0x10) !== 0) {
    if (start + 4 > bytes.length) return null;
    start += 4 + readU16(bytes, start + 2) * 4;
  }
  let end = bytes.length;
  if ((flags & 0x20) !== 0) {
    const padding = bytes[end - 1] ?? 0;
    if (padding === 0) return null;
    end -= padding;
  }
  if (start >= end) return null;
  return { ...head, marker: (type & 0x80) !== 0, payload: bytes.subarray(start, end) };
}

/**
 * The number that a counter of `bits` bits stands for, given one near it that was unwrapped before: the candidate
 * closest to `near` (RFC 3550, appendix A.1).
 * @example unwrap(65_535, 0, 16) === 65_536
 */
export function unwrap(near: number, value: number, bits: 16 | 32): number {
  const range = 2 ** bits;
  const ahead = (((value - near) % range) + range) % range;
  return near + (ahead < range / 2 ? ahead : ahead - range);
}

function readU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
