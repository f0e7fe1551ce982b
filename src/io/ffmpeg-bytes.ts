/**
 * One ffmpeg process that is given the bytes of a file and gives bytes back, and nothing else: it may open no other file and
 * no address, so that a playlist in somebody's corpus leads nowhere, and nobody's face is written to a disk on its way.
 */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { UndertoneError } from '../errors.ts';
import type { DecodeArguments } from './ffmpeg-arguments.ts';
import type { MediaInput } from './ffmpeg-input.ts';
import { ffmpegMissing } from './ffmpeg-probe.ts';

/** How ffmpeg is run. */
export interface FfmpegOptions {
  /** The ffmpeg binary. */
  readonly ffmpeg: string;
  /** Ends the process. */
  readonly signal: AbortSignal;
  /** How far the process steps back behind others, 0 to 19. Default 0. */
  readonly niceness?: number;
}

/** The bytes as an input. With `cache:` ffmpeg can seek in them: MP4 may have its index at the end. */
export function bytesInput(name: string): MediaInput {
  return { kind: 'file', url: 'cache:pipe:0', shown: name, protocols: 'cache,pipe' };
}

/**
 * What ffmpeg writes, no faster than it is read. The process ends with the reading.
 * @throws UndertoneError `bad-media` when ffmpeg fails, `setup-missing` without it.
 */
export async function* ffmpegBytes(
  input: Uint8Array,
  { url, shown }: MediaInput,
  { before, after }: DecodeArguments,
  { ffmpeg, signal, niceness = 0 }: FfmpegOptions,
): AsyncGenerator<Buffer> {
  const process = spawn(ffmpeg, [...before, '-i', url, ...after, '-'], { signal, killSignal: 'SIGKILL' });
  if (niceness > 0) stepBack(process.pid, niceness);
  let said = '';
  process.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  // ffmpeg may have enough before it has read all: that is no failure.
  process.stdin.on('error', () => undefined);
  process.stdin.end(input);
  const outcome = new Promise<UndertoneError | null>((settle) => {
    process.on('error', (error: NodeJS.ErrnoException) => {
      settle(
        error.code === 'ENOENT' || error.code === 'EACCES'
          ? ffmpegMissing(ffmpeg, error)
          : new UndertoneError('bad-media', `gave up on ${shown}: it is not wanted any more`, { cause: error }),
      );
    });
    process.on('close', (code) => settle(code === 0 ? null : failure(shown, said, code)));
  });
  try {
    yield* process.stdout as AsyncIterable<Buffer>;
    const error = await outcome;
    if (error !== null) throw error;
  } finally {
    process.kill('SIGKILL');
  }
}

/** Where a system does not allow it, the process runs as any other. */
function stepBack(pid: number | undefined, niceness: number): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It may have ended already, or may not be slowed down here.
  }
}

function failure(name: string, said: string, code: number | null): UndertoneError {
  const lines = said
    .split('\n')
    .map((line) => line.replace(/^(\[[^\]]*\] )+|^cache:pipe:0: /g, '').trim())
    .filter((line) => line !== '' && !/^(Last message repeated|Inner protocol failed|To ignore this)/.test(line));
  const last = lines.at(-1) ?? `ffmpeg ended with ${code}`;
  return new UndertoneError(
    'bad-media',
    said.includes('matches no streams')
      ? `${name} has nothing of the kind in it: name another file in the manifest`
      : `cannot decode ${name} (${last}): give it in a format that ffmpeg reads`,
  );
}
