/**
 * The second door: sound and pictures of a file or stream, decoded by ffmpeg into the same events as WebRTC's.
 *
 * A file is decoded by two ffmpeg processes, one for each modality, merged by time: neither can wait for the other, and a
 * consumer that is not ready holds both back through their pipes, so nothing is buffered beyond them. A live stream is one
 * connection and one process. Both deliver Matroska, which keeps each picture's and sample's true time.
 */
import type { ChildProcess } from 'node:child_process';
import { PassThrough } from 'node:stream';
import ffmpeg from 'fluent-ffmpeg';
import { Observable } from 'rxjs';
import type { Modality, ParticipantRef } from '../domain.ts';
import { asUndertoneError, UndertoneError } from '../errors.ts';
import type { Clock, MediaEvent, MediaSource } from '../ports.ts';
import { type DecodeArguments, fileArguments, liveArguments } from './ffmpeg-arguments.ts';
import { byTime, type Decoded, mediaOf } from './ffmpeg-decoded.ts';
import { type MediaInput, parseInput, withoutSecrets } from './ffmpeg-input.ts';
import { liveMedia } from './ffmpeg-live.ts';
import type { LiveOptions } from './ffmpeg-live.ts';
import { readMatroska } from './ffmpeg-matroska.ts';
import { canBeFile, ffmpegMissing, probeInput } from './ffmpeg-probe.ts';

/** How a file or stream is read. */
export interface MediaFileOptions {
  /** Whose media it is. Default room `file`, participant `file`. */
  readonly ref?: ParticipantRef;
  /** Pictures a second. Default 5. */
  readonly framesPerSecond?: number;
  /** The ffmpeg binary; ffprobe is looked for beside it. Default `ffmpeg`. */
  readonly ffmpeg?: string;
  /** Awaited before each event: what a consumer that is behind holds the decoder back with. Default: always ready. */
  readonly ready?: () => Promise<void>;
  /** Capture times of a live stream. Default: ms since it was subscribed to. A file's always count from its start. */
  readonly clock?: Clock;
  /** Attempts in a row to reach a live stream before it is given up. Default 6. */
  readonly attempts?: number;
  /** Wait before connecting again, ms; doubles with each attempt, at most 10 s. Default 500. */
  readonly backoffMs?: number;
  /** A live connection that brings nothing for this long is dropped and made anew, ms. Default 10_000. */
  readonly stallMs?: number;
  /** Called when a live connection was lost (0) or refused (the number of the attempt), with the cause where one was given. */
  readonly onLost?: LiveOptions['onLost'];
  /** The target is live, though it may be away now: it is not looked at beforehand. Default: HTTP is looked at. */
  readonly live?: boolean;
}

/** Bytes that may wait between ffmpeg and the demuxer; ffmpeg waits when there are more. */
const PIPE_BYTES = 256 << 10;

/**
 * A path, or an `rtsp`, `rtmp` or `http` URL (HLS, or a file at a distance), as a participant's media. Each subscription
 * decodes anew and says first which modalities there are; unsubscribing ends the ffmpeg processes at once.
 *
 * `events` errors with `setup-missing` without ffmpeg, `not-media` for what is no sound or video, `bad-media` for what
 * cannot be opened or decoded.
 *
 * @example
 * mediaFile('talk.mp4', { ready: () => room.inFlow() }).events.subscribe(console.log);
 */
export function mediaFile(target: string, options: MediaFileOptions = {}): MediaSource {
  return {
    ref: options.ref ?? { room: 'file', participant: 'file' },
    events: new Observable<MediaEvent>((subscriber) => {
      const ended = new AbortController();
      const forward = async (): Promise<void> => {
        for await (const event of media(target, options, ended.signal)) {
          await options.ready?.();
          if (ended.signal.aborted) return;
          subscriber.next(event);
        }
      };
      forward().then(
        () => {
          subscriber.complete();
        },
        (thrown: unknown) => {
          subscriber.error(asUndertoneError(thrown, 'bad-media'));
        },
      );
      return () => {
        ended.abort();
      };
    }),
  };
}

async function* media(target: string, options: MediaFileOptions, signal: AbortSignal): AsyncGenerator<MediaEvent> {
  const { framesPerSecond = 5, ffmpeg: binary = 'ffmpeg', live: isLive = false } = options;
  const input = await parseInput(target);
  const info = canBeFile(input) && !isLive ? await probeInput(input, { ffmpeg: binary, signal }) : null;
  const decode = (decodeArguments: DecodeArguments, until: AbortSignal): AsyncGenerator<Decoded> =>
    mediaOf(readMatroska(run(binary, input, decodeArguments, until)));

  if (info === null || (input.kind === 'http' && info.durationMs === null)) {
    let connected = false;
    const connect = async (until: AbortSignal): Promise<AsyncIterable<Decoded> | null> => {
      // A live playlist that was closed in the meantime has a duration now: reading it again would repeat its end.
      const again = connected && input.kind === 'http';
      if (again && (await probeInput(input, { ffmpeg: binary, signal: until })).durationMs !== null) return null;
      connected = true;
      return decode(liveArguments(input, { framesPerSecond }), until);
    };
    yield* liveMedia(connect, live(options), signal);
    return;
  }
  const present: readonly Modality[] = [
    ...(info.audio ? (['voice'] as const) : []),
    ...(info.video ? (['face'] as const) : []),
  ];
  for (const modality of ['voice', 'face'] as const)
    yield { kind: 'track', modality, state: present.includes(modality) ? 'live' : 'off' };
  const both = present.length === 2;
  yield* byTime(present.map((modality) => decode(fileArguments(input, modality, { framesPerSecond, both }), signal)));
}

function live({ clock, attempts = 6, backoffMs = 500, stallMs = 10_000, onLost }: MediaFileOptions) {
  const startMs = performance.now();
  return {
    clock: clock ?? { now: () => performance.now() - startMs },
    attempts,
    backoffMs,
    stallMs,
    onLost: onLost ?? (() => undefined),
  };
}

/** What ffmpeg writes, no faster than it is read. Ends with the process, or quietly when `signal` aborts. */
async function* run(
  binary: string,
  input: MediaInput,
  { before, after }: DecodeArguments,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (signal.aborted) return;
  // Without 'close' events: on one, fluent-ffmpeg fails a process that has not ended 20 ms after its output has.
  const pipe = new PassThrough({ highWaterMark: PIPE_BYTES, emitClose: false });
  pipe.on('error', () => undefined);
  // Lists are spread: fluent-ffmpeg splits an option given as one string at its spaces.
  const command = ffmpeg(input.url)
    .inputOptions(...before)
    .outputOptions(...after)
    .output(pipe);
  command.setFfmpegPath(binary);
  const process: { state: 'starting' | 'running' | 'ended'; stopped: boolean } = { state: 'starting', stopped: false };
  const stop = (): void => {
    process.stopped = true;
    if (process.state === 'running') command.kill('SIGKILL');
    pipe.destroy(new Error('stopped'));
  };
  const outcome = new Promise<Error | null>((settle) => {
    command
      .on('start', () => {
        process.state = 'running';
        // fluent-ffmpeg's own handler throws where nobody can catch it when a process cannot be started.
        const { ffmpegProc } = command as unknown as { readonly ffmpegProc: ChildProcess };
        ffmpegProc.removeAllListeners('error').on('error', (error) => {
          process.state = 'ended';
          settle(failure(error, null, binary, input));
          pipe.end();
        });
        if (process.stopped) stop();
      })
      .on('end', () => {
        process.state = 'ended';
        settle(null);
      })
      .on('error', (error: Error, _stdout, stderr) => {
        settle(failure(error, stderr, binary, input));
        // A process that ran ends the pipe itself, after its last bytes; one that never did cannot.
        if (process.state === 'starting') pipe.end();
        process.state = 'ended';
      });
  });
  signal.addEventListener('abort', stop);
  try {
    command.run();
    yield* pipe as AsyncIterable<Uint8Array>;
    const error = await outcome;
    if (error !== null) throw error;
  } catch (thrown) {
    if (!process.stopped) throw thrown;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function failure(error: Error, stderr: string | null, binary: string, input: MediaInput): UndertoneError {
  if ('code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) return ffmpegMissing(binary, error);
  const said = withoutSecrets(causeIn(stderr ?? error.message), input);
  return new UndertoneError('bad-media', `cannot decode '${input.shown}': ${said}`, { cause: new Error(said) });
}

/** The last line in which ffmpeg says why, and not merely that. */
function causeIn(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^(\[[^\]]*\] )+/, '').trim())
    .filter(
      (line) =>
        line !== '' && !/^(Error marking|Conversion failed|Cannot determine|Last message|Nothing was)/.test(line),
    );
  return lines.at(-1) ?? 'ffmpeg failed without saying why';
}
