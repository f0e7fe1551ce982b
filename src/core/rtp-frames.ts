/** Video frames from the payloads of ordered packets, for any codec that can say what one packet brings to a frame. */

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** What one packet's payload brings to a frame. */
export interface PayloadPart {
  /** A frame may begin here; otherwise the payload continues what came before. */
  readonly opens: boolean;
  /** It belongs to a key frame, from which decoding may start. */
  readonly key: boolean;
  /** Bytes of the frame, to be joined. */
  readonly data: readonly Uint8Array[];
  /** The picture's size, where this packet tells it. */
  readonly size: FrameSize | null;
}

/** A frame as a decoder takes it; `first` is the packet it began with. */
export interface EncodedFrame<P> {
  readonly first: P;
  readonly key: boolean;
  readonly data: Uint8Array;
  readonly size: FrameSize | null;
}

interface Numbered {
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

/** The frame under way; null between frames and while the rest of a broken one goes by. */
export type FrameState<P> = null | {
  readonly first: P;
  readonly parts: readonly PayloadPart[];
  readonly bytes: number;
};

export interface FrameOptions {
  /** How the codec is carried in RTP: `vp8Part`, `h264Part`. */
  readonly part: (payload: Uint8Array) => PayloadPart | null;
  /** A longer frame is dropped, bytes. */
  readonly maxBytes: number;
}

/** A frame of more packets is dropped: nobody sends one, and each packet costs whatever its size. */
const MAX_PACKETS = 2048;

/** What became of one packet: `broken` says that (part of) a frame was dropped, so what refers to it must not be decoded. */
export interface FrameStep<P> {
  readonly state: FrameState<P>;
  readonly frame: EncodedFrame<P> | null;
  readonly broken: boolean;
}

/**
 * Add the next packet in order. A frame ends with its marker; one with a hole, a malformed packet or too many bytes is
 * dropped whole, and so is one of more than 2048 packets.
 * @example const { state, frame, broken } = assemble(previous, inOrder, { part: vp8Part, maxBytes: 2_000_000 });
 */
export function assemble<P extends Numbered>(
  before: FrameState<P>,
  { packet, lostBefore }: { readonly packet: P; readonly lostBefore: number },
  { part, maxBytes }: FrameOptions,
): FrameStep<P> {
  // A new timestamp without the marker of the frame before: its end was lost.
  const cut = before !== null && (lostBefore > 0 || before.first.timestamp !== packet.timestamp);
  const state = cut ? null : before;
  const broken = cut || lostBefore > 0;
  const added = part(packet.payload);
  if (added === null || (state === null && !added.opens)) return { state: null, frame: null, broken: true };
  const bytes = added.data.reduce((sum, { length }) => sum + length, state?.bytes ?? 0);
  if (bytes > maxBytes || (state?.parts.length ?? 0) >= MAX_PACKETS) return { state: null, frame: null, broken: true };
  const next = { first: state?.first ?? packet, parts: [...(state?.parts ?? []), added], bytes };
  return packet.marker ? { state: null, frame: join(next), broken } : { state: next, frame: null, broken };
}

function join<P>({ first, parts, bytes }: NonNullable<FrameState<P>>): EncodedFrame<P> {
  const data = new Uint8Array(bytes);
  let at = 0;
  for (const piece of parts.flatMap((part) => part.data)) {
    data.set(piece, at);
    at += piece.length;
  }
  const size = parts.findLast((part) => part.size !== null)?.size ?? null;
  return { first, key: parts.some(({ key }) => key), data, size };
}
