/** What is in a file or stream, by ffprobe, before anything is decoded. */
import { execFile } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../errors.ts';
import { type MediaInput, parseInput, withoutSecrets } from './ffmpeg-input.ts';

interface ProbeOptions {
  /** The ffmpeg binary; ffprobe is looked for beside it. Default `ffmpeg`. */
  readonly ffmpeg?: string;
  /** Ends the look. */
  readonly signal?: AbortSignal;
}

/** What was found. At least one of `audio` and `video` is there. */
interface MediaInfo {
  /** Null where the container does not say, as in a live stream or a recording that was never finished. */
  readonly durationMs: number | null;
  readonly audio: boolean;
  /** Size as it is stored, before rotation. */
  readonly video: { readonly width: number; readonly height: number } | null;
}

/** The longest side of a picture that is decoded, in pixels. */
export const MAX_SIDE_PX = 8192;

const PROBE_TIMEOUT_MS = 30_000;

/** Formats that ffmpeg makes of nearly anything: text drawn on a terminal, and single pictures. */
const NOT_MEDIA = /^(tty|image2|.*_pipe)$/;

const report = z.object({
  format: z.object({ format_name: z.string(), duration: z.coerce.number().optional().catch(undefined) }),
  streams: z.array(
    z.object({
      codec_type: z.string().optional(),
      width: z.number().optional(),
      height: z.number().optional(),
      disposition: z.object({ attached_pic: z.number().optional() }).optional(),
    }),
  ),
});

/** What may be said of a file or stream before it is read. */
interface MediaGlance {
  /** Its name as people may see it: no user, no password, no query. */
  readonly shown: string;
  /** Null where nobody can say. */
  readonly durationMs: number | null;
}

/**
 * Look at a file, or at the name of a stream: one that can only be live is not touched.
 * @throws UndertoneError as `probeInput` does.
 * @example (await glanceAtMedia('talk.mp4')).durationMs // 61_400
 */
export async function glanceAtMedia(target: string, options: ProbeOptions = {}): Promise<MediaGlance> {
  const input = await parseInput(target);
  return { shown: input.shown, durationMs: canBeFile(input) ? (await probeInput(input, options)).durationMs : null };
}

/** Whether an input can be a file, here or at a distance, rather than a live stream only. */
export function canBeFile({ kind }: MediaInput): boolean {
  return kind === 'file' || kind === 'http';
}

/**
 * Look into an input: which streams, how large, how long.
 * @throws UndertoneError `setup-missing` without ffprobe; `not-media` for what is no sound or video; `bad-media` for what
 *   cannot be opened, has neither sound nor picture, or pictures of 0 or more than 8192 pixels.
 */
export async function probeInput(input: MediaInput, { ffmpeg = 'ffmpeg', signal }: ProbeOptions): Promise<MediaInfo> {
  const { format, streams } = await ffprobe(input, ffmpeg, signal);
  if (format.format_name.split(',').some((name) => NOT_MEDIA.test(name)))
    throw new UndertoneError('not-media', `'${input.shown}' is not media: give a sound or video file`);
  const picture = streams.find(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  const audio = streams.some(({ codec_type }) => codec_type === 'audio');
  if (!audio && picture === undefined)
    throw new UndertoneError(
      'bad-media',
      `'${input.shown}' has neither sound nor picture: there is nothing to analyse`,
    );
  const durationMs = format.duration !== undefined && format.duration > 0 ? format.duration * 1000 : null;
  if (picture === undefined) return { durationMs, audio, video: null };
  const { width = 0, height = 0 } = picture;
  if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE_PX)
    throw new UndertoneError(
      'bad-media',
      `'${input.shown}' has pictures of ${width} x ${height} pixels: each side must have 1 to ${MAX_SIDE_PX}`,
    );
  return { durationMs, audio, video: { width, height } };
}

/** The error for a missing ffmpeg or ffprobe, which name the same package. */
export function ffmpegMissing(binary: string, cause: unknown): UndertoneError {
  return new UndertoneError(
    'setup-missing',
    `cannot run '${binary}': install the package ffmpeg (apt-get install ffmpeg), or set UNDERTONE_FFMPEG to where it is`,
    { cause },
  );
}

async function ffprobe(input: MediaInput, ffmpeg: string, signal?: AbortSignal): Promise<z.infer<typeof report>> {
  const binary =
    dirname(ffmpeg) === '.' ? 'ffprobe' : join(dirname(ffmpeg), basename(ffmpeg).replace(/^(ffmpeg)?/, 'ffprobe'));
  const args = ['-v', 'error', '-protocol_whitelist', input.protocols, '-of', 'json', '-show_format', '-show_streams'];
  const limits = {
    timeout: PROBE_TIMEOUT_MS,
    maxBuffer: 4 << 20,
    killSignal: 'SIGKILL' as const,
    ...(signal && { signal }),
  };
  const stdout = await new Promise<string>((done, fail) => {
    execFile(binary, [...args, input.url], limits, (error, out, stderr) => {
      if (error === null) done(out);
      else if (error.code === 'ENOENT' || error.code === 'EACCES') fail(ffmpegMissing(binary, error));
      else fail(unreadable(input, stderr, error.killed === true));
    });
  });
  const parsed = report.safeParse(stdout === '' ? {} : JSON.parse(stdout));
  if (!parsed.success) throw unreadable(input, stdout, false);
  return parsed.data;
}

function unreadable(input: MediaInput, stderr: string, timedOut: boolean): UndertoneError {
  const said = withoutSecrets(stderr.trim().split('\n').at(-1) ?? '', input);
  const cause = new Error(said);
  if (timedOut)
    return new UndertoneError(
      'bad-media',
      `cannot open '${input.shown}': no answer within ${PROBE_TIMEOUT_MS / 1000} s`,
      { cause },
    );
  if (stderr.includes('not on whitelist'))
    return new UndertoneError(
      'bad-media',
      `'${input.shown}' is a playlist that leads elsewhere: give the file or URL that it names`,
      { cause },
    );
  if (/moov atom not found|end of file/i.test(stderr))
    return new UndertoneError('bad-media', `'${input.shown}' is cut off or damaged: record or copy it again`, {
      cause,
    });
  if (/invalid data found|could not find codec|unknown format/i.test(stderr))
    return new UndertoneError('not-media', `'${input.shown}' is not media: give a sound or video file`, { cause });
  return new UndertoneError('bad-media', `cannot open '${input.shown}': ${said.split(': ').at(-1) ?? said}`, { cause });
}
