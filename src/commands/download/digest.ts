/** What a server says that a file hashes to. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * The SHA-256 that an answer names: in `Repr-Digest` (RFC 9530) or `Digest` (RFC 3230), else in an entity tag of 64 hexadecimal
 * digits, which stores of large files make of it.
 * @returns lower-case hex; null where it names none.
 */
export function toldSha256(headers: IncomingHttpHeaders): string | null {
  for (const name of ['repr-digest', 'digest'])
    for (const part of [headers[name]].flat().join(',').split(',')) {
      const [, value] = /^\s*sha-256=:?([A-Za-z0-9+/]{43}=):?\s*$/i.exec(part) ?? [];
      if (value !== undefined) return Buffer.from(value, 'base64').toString('hex');
    }
  return toldByTag(headers['x-linked-etag']) ?? toldByTag(headers.etag);
}

/** As `toldSha256`, of an answer that sends on to the file. */
export function toldOnTheWay(headers: IncomingHttpHeaders): string | null {
  return toldByTag(headers['x-linked-etag']);
}

function toldByTag(tag: string | readonly string[] | undefined): string | null {
  const [, hex] = /^"([0-9a-f]{64})"$/i.exec(typeof tag === 'string' ? tag : '') ?? [];
  return hex?.toLowerCase() ?? null;
}
