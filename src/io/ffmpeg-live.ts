/** A live stream through its losses: connects again with backoff, and maps its time to the server's clock. */
import type { Modality } from '../domain.ts';
import { asUndertoneError } from '../errors.ts';
import type { UndertoneError } from '../errors.ts';
import type { Clock, MediaEvent } from '../ports.ts';
import { captureMsOf, type Decoded, delayed } from './ffmpeg-decoded.ts';

/** How a live stream is held on to. */
export interface LiveOptions {
  /** Gives capture times. */
  readonly clock: Clock;
  /** Attempts in a row that may bring no media before the stream is given up. */
  readonly attempts: number;
  /** Wait before connecting again, ms; doubles with each attempt, at most 10 s. */
  readonly backoffMs: number;
  /** A connection that brings nothing for this long is dropped, ms. */
  readonly stallMs: number;
  /** Called when a connection was lost (0) or refused (the number of the attempt), with the cause where one was given. */
  readonly onLost: (attempt: number, cause: UndertoneError | null) => void;
}

/** One connection's media in the stream's own time; null when the stream has ended for good. */
type Connect = (signal: AbortSignal) => Promise<AsyncIterable<Decoded> | null>;

const MAX_BACKOFF_MS = 10_000;

/** Media that waited somewhere arrives in one burst at first; its times are settled when it has passed. */
const SETTLE_MS = 500;
const SETTLE_EVENTS = 64;

/** A time this far in the future is wrong: the stream's clock jumped or runs fast. Less is a muxer emptying itself. */
const FUTURE_MS = 1000;

/**
 * Media of a live stream with capture times on the server's clock. Tells which modalities are there as they appear; a
 * lost connection turns them off, and what comes after it is a discontinuity. Ends when the stream is gone for good.
 * @throws whatever the last attempt threw, if there never was any media.
 */
export async function* liveMedia(
  connect: Connect,
  options: LiveOptions,
  signal: AbortSignal,
): AsyncGenerator<MediaEvent> {
  yield { kind: 'track', modality: 'voice', state: 'off' };
  yield { kind: 'track', modality: 'face', state: 'off' };
  const known = new Set<Modality>();
  let waitMs = 0;
  for (let attempt = 1; attempt <= options.attempts; attempt++) {
    await pause(waitMs, signal);
    if (signal.aborted) return;
    waitMs = Math.min(options.backoffMs * 2 ** (attempt - 1), MAX_BACKOFF_MS);
    const present = new Set<Modality>();
    const stall = new AbortController();
    let cause: UndertoneError | null = null;
    try {
      const media = await connect(AbortSignal.any([signal, stall.signal]));
      if (media === null) return;
      for await (const event of settled(watched(media, options.stallMs, stall), options.clock)) {
        attempt = 0;
        waitMs = options.backoffMs;
        const modality = event.kind === 'audio' ? 'voice' : event.kind === 'video' ? 'face' : event.modality;
        if (!present.has(modality)) {
          present.add(modality);
          if (known.has(modality)) yield { kind: 'discontinuity', modality };
          known.add(modality);
          yield { kind: 'track', modality, state: 'live' };
        }
        yield event;
      }
    } catch (thrown) {
      cause = asUndertoneError(thrown, 'bad-media');
      // Without ffmpeg no further attempt can do better.
      if (cause.code === 'setup-missing' || (known.size === 0 && attempt === options.attempts)) throw cause;
    }
    for (const modality of present) yield { kind: 'track', modality, state: 'off' };
    options.onLost(attempt, cause);
  }
}

/** One connection, dropped when nothing comes for `stallMs` while somebody waits for it. */
async function* watched(
  media: AsyncIterable<Decoded>,
  stallMs: number,
  stall: AbortController,
): AsyncGenerator<Decoded> {
  const watch = (): NodeJS.Timeout =>
    setTimeout(() => {
      stall.abort();
    }, stallMs);
  let timer = watch();
  try {
    for await (const event of media) {
      clearTimeout(timer);
      yield event;
      timer = watch();
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Give each event its time on `clock`. The stream's zero is placed so that no event of the first half second lies in the
 * future, and again, with a discontinuity, when a later one does.
 */
async function* settled(
  events: AsyncIterable<Decoded>,
  clock: Clock,
): AsyncGenerator<Decoded | Extract<MediaEvent, { kind: 'discontinuity' }>> {
  let held: Decoded[] | null = [];
  let firstMs: number | null = null;
  let zeroMs = Infinity;
  for await (const event of events) {
    const arrivedMs = clock.now();
    const streamZeroMs = arrivedMs - captureMsOf(event);
    firstMs ??= arrivedMs;
    if (held === null) {
      if (zeroMs - streamZeroMs > FUTURE_MS) {
        zeroMs = streamZeroMs;
        yield { kind: 'discontinuity', modality: 'voice' };
        yield { kind: 'discontinuity', modality: 'face' };
      }
      yield delayed(event, zeroMs);
      continue;
    }
    zeroMs = Math.min(zeroMs, streamZeroMs);
    held.push(event);
    if (arrivedMs - firstMs < SETTLE_MS && held.length < SETTLE_EVENTS) continue;
    for (const early of held) yield delayed(early, zeroMs);
    held = null;
  }
  for (const early of held ?? []) yield delayed(early, zeroMs);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    }
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}
