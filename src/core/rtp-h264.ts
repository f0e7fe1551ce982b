/** H.264 in RTP (RFC 6184, packetization mode 1): single NAL units, STAP-A and FU-A become an Annex B byte stream. */
import { spsFrameSize } from './rtp-h264-sps.ts';
import type { FrameSize, PayloadPart } from './rtp-frames.ts';

const IDR = 5;
const SPS = 7;
const STAP_A = 24;
const FU_A = 28;
const START_CODE = Uint8Array.of(0, 0, 0, 1);

/**
 * One packet's share of an H.264 access unit; null when malformed or of a kind that mode 1 does not have.
 * @example const part = h264Part(packet.payload);
 */
export function h264Part(payload: Uint8Array): PayloadPart | null {
  const [indicator = 0] = payload;
  const type = indicator & 0x1f;
  if (type === STAP_A) return aggregated(payload);
  if (type === FU_A) return fragment(payload, indicator);
  return type === 0 || type > 23 || payload.length < 2 ? null : units([payload]);
}

function aggregated(payload: Uint8Array): PayloadPart | null {
  const found: Uint8Array[] = [];
  for (let at = 1; at < payload.length;) {
    const size = ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0);
    const start = at + 2;
    at = start + size;
    if (size === 0 || at > payload.length) return null;
    found.push(payload.subarray(start, at));
  }
  return found.length === 0 ? null : units(found);
}

function fragment(payload: Uint8Array, indicator: number): PayloadPart | null {
  if (payload.length < 3) return null;
  const header = payload[1] ?? 0;
  const type = header & 0x1f;
  const opens = (header & 0x80) !== 0;
  const body = payload.subarray(2);
  if (!opens) return { opens, key: false, data: [body], size: null };
  return { opens, key: type === IDR, data: [START_CODE, Uint8Array.of((indicator & 0xe0) | type), body], size: null };
}

function units(nals: readonly Uint8Array[]): PayloadPart {
  let key = false;
  let size: FrameSize | null = null;
  for (const nal of nals) {
    const type = (nal[0] ?? 0) & 0x1f;
    if (type === IDR) key = true;
    if (type === SPS) size = spsFrameSize(nal) ?? size;
  }
  return { opens: true, key, data: nals.flatMap((nal) => [START_CODE, nal]), size };
}
