/** Packets that wait for a decoder thread, in order of arrival; what one stream may hold is bounded. */
import type { StreamPacket } from './decode-batch.ts';

export interface PacketQueue {
  /** Add a packet; returns how many of its stream's were dropped to make room. */
  push(packet: StreamPacket): number;
  /** Take everything. */
  takeAll(): readonly StreamPacket[];
  /** Forget what waits of one stream. */
  drop(stream: number): void;
  /** Packets waiting. */
  readonly depth: number;
}

/** How a full stream makes room: a voice loses its oldest packet, a picture everything up to the next key frame. */
export type RoomPolicy = 'oldest' | 'all';

/** Bounds of the queue, and who hears of what is dropped. */
export interface PacketQueueOptions {
  /** Packets that one stream may have waiting. */
  readonly maxPerStream: number;
  readonly policy: RoomPolicy;
}

/** A queue in which each stream has its own bound, so that one that floods costs the others nothing. */
export function packetQueue({ maxPerStream, policy }: PacketQueueOptions): PacketQueue {
  const waiting = new Map<number, StreamPacket[]>();
  let depth = 0;
  return {
    push(packet) {
      const own = waiting.get(packet.stream) ?? [];
      if (own.length === 0) waiting.set(packet.stream, own);
      const dropped = own.length < maxPerStream ? 0 : own.splice(0, policy === 'oldest' ? 1 : own.length).length;
      own.push(packet);
      depth += 1 - dropped;
      return dropped;
    },
    takeAll() {
      const all = [...waiting.values()].flat();
      waiting.clear();
      depth = 0;
      return all;
    },
    drop(stream) {
      depth -= waiting.get(stream)?.length ?? 0;
      waiting.delete(stream);
    },
    get depth() {
      return depth;
    },
  };
}
