/** What may be given to ffmpeg as an input, and which protocols that input may then open by itself. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UndertoneError } from '../errors.ts';

/** An input that is safe to put on ffmpeg's command line: it never begins with `-` and always names its protocol. */
export interface MediaInput {
  readonly kind: 'file' | 'http' | 'rtsp' | 'rtmp';
  /** What ffmpeg is given. */
  readonly url: string;
  /** What people are shown: the path as it was typed, or the URL without user, password and query. */
  readonly shown: string;
  /** ffmpeg's `-protocol_whitelist`: a playlist on disk cannot reach the network, one on the network not the disk. */
  readonly protocols: string;
}

const SCHEMES: Readonly<Record<string, Pick<MediaInput, 'kind' | 'protocols'>>> = {
  'http:': { kind: 'http', protocols: 'http,https,httpproxy,tcp,tls,crypto' },
  'https:': { kind: 'http', protocols: 'http,https,httpproxy,tcp,tls,crypto' },
  'rtsp:': { kind: 'rtsp', protocols: 'rtsp,rtp,udp,tcp,tls' },
  'rtsps:': { kind: 'rtsp', protocols: 'rtsp,rtsps,rtp,udp,tcp,tls' },
  'rtmp:': { kind: 'rtmp', protocols: 'rtmp,tcp' },
  'rtmps:': { kind: 'rtmp', protocols: 'rtmps,tls,tcp' },
};

/**
 * Read what a person typed: a URL where it begins with `scheme://`, otherwise always a path, whatever it looks like
 * (`-i`, `concat:a|b`, `http:x`).
 * @throws UndertoneError `bad-media` for a scheme that is not read, a malformed URL, or no such file; `not-media` for
 *   what is not a regular file.
 */
export async function parseInput(target: string): Promise<MediaInput> {
  if (/\p{Cc}/u.test(target) || target === '')
    throw new UndertoneError('bad-media', `${JSON.stringify(target)} names no file: remove its control characters`);
  if (/^file:\/\//i.test(target)) return fileInput(fileUrlPath(target), target);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return fileInput(resolve(target), target);
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url === null || url.hostname === '' || /\s/.test(target))
    throw new UndertoneError(
      'bad-media',
      `'${target.split('@').at(-1) ?? ''}' is not a URL with a host: check its spelling`,
    );
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined)
    throw new UndertoneError(
      'bad-media',
      `cannot read ${url.protocol}// URLs: give a file, or a URL that begins with http, https, rtsp, rtsps, rtmp or rtmps`,
    );
  return { ...scheme, url: url.href, shown: `${url.protocol}//${url.host}${url.pathname}` };
}

/** A message of ffmpeg with the input as people may see it: no user, no password, no query. */
export function withoutSecrets(message: string, input: MediaInput): string {
  return message.replaceAll(input.url, input.shown).replace(/\/\/[^/\s@]+@/g, '//');
}

function fileUrlPath(target: string): string {
  try {
    return fileURLToPath(target);
  } catch (cause) {
    throw new UndertoneError('bad-media', `'${target}' is not the URL of a local file`, { cause });
  }
}

async function fileInput(path: string, shown: string): Promise<MediaInput> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new UndertoneError('bad-media', `cannot open '${shown}': there is no such file, or it may not be read`, {
      cause,
    });
  });
  if (!found.isFile())
    throw new UndertoneError('not-media', `'${shown}' is not a file: give a sound or video file, or a URL`);
  return { kind: 'file', url: `file:${path}`, shown, protocols: 'file,crypto' };
}
