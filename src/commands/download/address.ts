/** Where a checkpoint is on the web: a folder of files, or one file of it. */
import { UndertoneError } from '../../errors.ts';

/** An address that was understood. */
export interface Address {
  /** Ends in a slash; has the query that was given, and no credentials. */
  readonly folder: URL;
  /** The file that was named in it; null where a folder was. */
  readonly file: string | null;
  /** Of the address, as `Authorization` wants it; undefined where it has none. Goes to this origin only, and is never shown. */
  readonly authorization: string | undefined;
}

/** Names that a file may have here: plain ones, so that nothing is written elsewhere. */
const PLAIN_NAME = /^[A-Za-z0-9_][\w.-]{0,199}$/;
const NAMES_FILE = /\.(safetensors|safetensors\.index\.json|onnx)$/;

/** Whether something is an address, and not a path. `C:\weights` is a path. */
export function isAddress(from: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(from);
}

/**
 * Understand an address. One that ends in `.safetensors`, `.safetensors.index.json` or `.onnx` names a file; any other, a folder.
 * @throws UndertoneError `config-invalid` for what is no address of http or https.
 * @example parseAddress('https://host/wavlm-large').folder.href // 'https://host/wavlm-large/'
 */
export function parseAddress(from: string): Address {
  const url = URL.canParse(from) ? new URL(from) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UndertoneError(
      'config-invalid',
      `--from '${from.replace(/\/\/[^/]*@/, '//')}' is no address that begins with https:// or http://: correct it, or give a folder`,
    );
  const authorization =
    url.username === ''
      ? undefined
      : `Basic ${btoa(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`)}`;
  url.username = url.password = url.hash = '';
  const last = url.pathname.split('/').at(-1) ?? '';
  if (!NAMES_FILE.test(last)) {
    if (last !== '') url.pathname += '/';
    return { folder: url, file: null, authorization };
  }
  if (!PLAIN_NAME.test(last))
    throw new UndertoneError(
      'config-invalid',
      `--from: '${last}' is no plain file name: give the folder that it is in`,
    );
  url.pathname = url.pathname.slice(0, -last.length);
  return { folder: url, file: last, authorization };
}

/** The address of a file in the folder, with the folder's query. */
export function fileAt({ folder }: Pick<Address, 'folder'>, name: string): URL {
  const url = new URL(folder);
  url.pathname += name;
  return url;
}

/** An address as it may be shown and kept: a query may hold a signature. */
export function shownAddress(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
