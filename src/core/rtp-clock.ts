/**
 * When media was captured, on the server's clock, from RTP timestamps.
 *
 * An RTP timestamp counts a codec's clock from a random start. RTCP sender reports tie it to the sender's wall clock
 * (RFC 3550, 6.4.1), and the wall clock is tied to the server's by the smallest (arrival - sender time) seen lately: the
 * packet that met no queue. All tracks of one sender share that second tie, so that lips and voice stay aligned; a track
 * without a report yet is tied by its own arrivals. What is applied glides towards what was measured, slower than media
 * time runs, so capture times never run backwards. What no glide can bridge is a jump: the track starts anew.
 */
import { unwrap } from './rtp.ts';
import { minimum, sample, type SlidingMinimum } from './rtp-minimum.ts';

/** The ties of one sender's clocks; state in, state out. */
export interface RtpClock<Track extends string = string> {
  /** (arrival - sender's wall clock) of packets, any track. */
  readonly sender: SlidingMinimum;
  /** Counts how often the sender's wall clock was set; a report holds for the era it came in. */
  readonly era: number;
  readonly tracks: Readonly<Partial<Record<Track, TrackClock>>>;
}

interface TrackClock {
  readonly rateHz: number;
  /** The newest packet: its numbers unwrapped. */
  readonly sequence: number;
  readonly timestamp: number;
  /** (arrival - media time) of packets: the tie while there is no report. */
  readonly arrivals: SlidingMinimum;
  /** (sender's wall clock - media time) by the last report. */
  readonly report: { readonly tieMs: number; readonly era: number } | null;
  /** What is added to media time. */
  readonly appliedMs: number;
  /** Counts the track's jumps. */
  readonly epoch: number;
}

/** One packet's header as it arrived. */
export interface Arrival {
  readonly sequence: number;
  readonly timestamp: number;
  /** The codec's RTP clock. */
  readonly rateHz: number;
  readonly arrivalMs: number;
}

/** An RTCP sender report: the wall clock (ms, any origin) at which the media with this RTP timestamp was captured. */
export interface SenderReport {
  readonly timestamp: number;
  readonly wallMs: number;
  readonly arrivalMs: number;
}

/** When a packet's media was captured. Media of different epochs do not belong in one window. */
export interface Capture {
  readonly captureMs: number;
  readonly epoch: number;
}

/** What cannot be jitter or drift, ms. */
const JUMP_MS = 500;
/** Time constant with which a measured tie is approached, in media time. */
const GLIDE_MS = 2000;
/** Steepest glide, ms per ms of media. */
const MAX_SLOPE = 0.05;

/** The clock of a sender of whom nothing arrived yet. */
export const unheardClock: RtpClock<never> = { sender: null, era: 0, tracks: {} };

/**
 * Take in one packet's header, in order of arrival.
 * @returns the next state and when the packet's media was captured; the epoch moves on when the timestamps ran back or
 *   ahead of time by more than 500 ms, or when the tie moved by as much.
 * @example const [clock, { captureMs }] = arrive(unheardClock, 'voice', { ...head, rateHz: 48_000, arrivalMs: now });
 */
export function arrive<T extends string>(
  clock: RtpClock<T>,
  name: T,
  { sequence, timestamp, rateHz, arrivalMs }: Arrival,
): readonly [RtpClock<T>, Capture] {
  const known = clock.tracks[name];
  if (known === undefined) return started(clock, name, { sequence, timestamp, rateHz, arrivalMs }, 0);
  const number = unwrap(known.sequence, sequence, 16);
  const media = unwrap(known.timestamp, timestamp, 32);
  const mediaMs = (media * 1000) / rateHz;
  const passedMs = ((media - known.timestamp) * 1000) / rateHz;
  // A packet older than the newest (a retransmission) says nothing about the clock.
  if (number <= known.sequence) return [clock, { captureMs: mediaMs + known.appliedMs, epoch: known.epoch }];
  const aheadMs = mediaMs + known.appliedMs - arrivalMs;
  if (passedMs < -JUMP_MS || aheadMs > JUMP_MS)
    return started(clock, name, { sequence, timestamp, rateHz, arrivalMs }, known.epoch + 1);

  const report = known.report?.era === clock.era ? known.report : null;
  const sender = report === null ? clock.sender : sample(clock.sender, arrivalMs - (mediaMs + report.tieMs), arrivalMs);
  const arrivals = sample(known.arrivals, arrivalMs - mediaMs, arrivalMs);
  const tieMs = report === null ? minimum(arrivals) : report.tieMs + minimum(sender);
  // A report of an era gone by is no longer tied; until the next one the track keeps what it has.
  const errorMs = known.report !== null && report === null ? 0 : tieMs - known.appliedMs;
  const jumped = Math.abs(errorMs) > JUMP_MS;
  const appliedMs = known.appliedMs + (jumped ? errorMs : glide(errorMs, Math.max(0, passedMs)));
  const track: TrackClock = {
    ...known,
    sequence: number,
    timestamp: Math.max(media, known.timestamp),
    arrivals,
    appliedMs,
    epoch: known.epoch + (jumped ? 1 : 0),
  };
  return [withTrack({ ...clock, sender }, name, track), { captureMs: mediaMs + appliedMs, epoch: track.epoch }];
}

/**
 * Take in a sender report of a track; one that comes before the track's first packet is left out.
 * @returns the next state, and whether the sender's wall clock was set since the last report.
 */
export function report<T extends string>(
  clock: RtpClock<T>,
  name: T,
  { timestamp, wallMs, arrivalMs }: SenderReport,
): readonly [RtpClock<T>, stepped: boolean] {
  const track = clock.tracks[name];
  if (track === undefined) return [clock, false];
  const tieMs = wallMs - (unwrap(track.timestamp, timestamp, 32) * 1000) / track.rateHz;
  const moved = track.report === null || Math.abs(tieMs - track.report.tieMs) > JUMP_MS;
  const offMs = clock.sender === null ? 0 : arrivalMs - wallMs - minimum(clock.sender);
  // The tie moved and disagrees with what all tracks share: the wall clock was set. (A late report alone only disagrees.)
  const stepped = moved && Math.abs(offMs) > JUMP_MS;
  const era = clock.era + (stepped ? 1 : 0);
  const sender = stepped ? null : clock.sender;
  return [withTrack({ ...clock, sender, era }, name, { ...track, report: { tieMs, era } }), stepped];
}

/** Forget a track, so that another may take its name; what is known of the sender stays. */
export function withoutTrack<T extends string>(clock: RtpClock<T>, name: T): RtpClock<T> {
  return { ...clock, tracks: { ...clock.tracks, [name]: undefined } };
}

function started<T extends string>(
  clock: RtpClock<T>,
  name: T,
  { sequence, timestamp, rateHz, arrivalMs }: Arrival,
  epoch: number,
): readonly [RtpClock<T>, Capture] {
  const appliedMs = arrivalMs - (timestamp * 1000) / rateHz;
  const arrivals = sample(null, appliedMs, arrivalMs);
  const track: TrackClock = { rateHz, sequence, timestamp, arrivals, report: null, appliedMs, epoch };
  return [withTrack(clock, name, track), { captureMs: arrivalMs, epoch }];
}

function withTrack<T extends string>(clock: RtpClock<T>, name: T, track: TrackClock): RtpClock<T> {
  return { ...clock, tracks: { ...clock.tracks, [name]: track } };
}

/** How far to move towards `errorMs` while `passedMs` of media go by. */
function glide(errorMs: number, passedMs: number): number {
  const step = errorMs * Math.min(1, passedMs / GLIDE_MS);
  const limit = passedMs * MAX_SLOPE;
  return Math.min(limit, Math.max(-limit, step));
}
