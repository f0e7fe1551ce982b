/** VP8 in RTP (RFC 7741): the payload descriptor in front of each packet, and the head of a key frame (RFC 6386, 9.1). */
import type { PayloadPart } from './rtp-frames.ts';

/**
 * One packet's share of a VP8 frame, without the payload descriptor; null when malformed.
 * @example const part = vp8Part(packet.payload);
 */
export function vp8Part(payload: Uint8Array): PayloadPart | null {
  const [descriptor = 0, extension = 0] = payload;
  let at = 1;
  if ((descriptor & 0x80) !== 0) {
    at++;
    const hasPictureId = (extension & 0x80) !== 0;
    if (hasPictureId) at += ((payload[at] ?? 0) & 0x80) !== 0 ? 2 : 1;
    if ((extension & 0x40) !== 0) at++; // TL0PICIDX
    if ((extension & 0x30) !== 0) at++; // TID, Y, KEYIDX share one byte
  }
  if (at >= payload.length) return null;
  const data = payload.subarray(at);
  const opens = (descriptor & 0x10) !== 0 && (descriptor & 0x07) === 0;
  const key = opens && ((data[0] ?? 1) & 0x01) === 0;
  if (!key) return { opens, key, data: [data], size: null };
  const size = keyFrameSize(data);
  return size === null ? null : { opens, key, data: [data], size };
}

/** Width and height in the head of a key frame; null when its start code is missing. */
function keyFrameSize(frame: Uint8Array): { readonly width: number; readonly height: number } | null {
  if (frame.length < 10 || frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return null;
  const dimension = (low: number) => (((frame[low + 1] ?? 0) << 8) | (frame[low] ?? 0)) & 0x3fff;
  return { width: dimension(6), height: dimension(8) };
}
