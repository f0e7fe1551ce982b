/** Where a clip's media is: always below the manifest's folder, whatever the manifest says. */
import { type Field, fieldError, text } from './manifest-fields.ts';

/** A file beside the manifest, or a member of a tar shard. */
export interface MediaRef {
  /** Path from the manifest's folder: forward slashes, no `..`, not absolute. */
  readonly file: string;
  /** The name in the shard where `file` is one. */
  readonly member?: string;
}

/**
 * Read `audio/a.opus`, or `shard.tar#a.opus`.
 *
 * A corpus is often somebody else's, so its manifest reaches only what lies in its own folder.
 * @throws UndertoneError `corpus-invalid` for a path that is absolute, a URL, climbs out of the folder, or names no file.
 */
export function readMediaRef(field: Field): MediaRef {
  const written = text(field);
  const shard = /^(.*?\.tar)#(.*)$/.exec(written);
  const path = shard?.[1] ?? written;
  if (/^[a-z][a-z0-9+.-]*:/i.test(path))
    throw fieldError(
      field,
      `is ${JSON.stringify(path)}: write a path from the manifest's folder, not a URL or a drive`,
    );
  if (path.includes('\\')) throw fieldError(field, `is ${JSON.stringify(path)}: write / between folders`);
  const steps = path.split('/');
  if (path.startsWith('/') || steps.includes('..'))
    throw fieldError(
      field,
      `leads out of the manifest's folder (${JSON.stringify(path)}): put the media beside the manifest, and its path from there`,
    );
  const file = steps.filter((step) => step !== '' && step !== '.').join('/');
  if (file === '' || path.endsWith('/')) throw fieldError(field, `names no file (${JSON.stringify(path)}): write one`);
  if (/\.(tar\.\w+|tgz)#/.test(path)) throw fieldError(field, 'is in a compressed shard: unpack it to a .tar');
  if (shard === null) {
    if (file.endsWith('.tar')) throw fieldError(field, `is a whole shard: name the member, ${file}#name`);
    return { file };
  }
  const member = memberName(shard[2] ?? '');
  if (member === '') throw fieldError(field, `names no member of the shard: write ${file}#name`);
  return { file, member };
}

/** A member's name without the `./` that some tars put before it. */
export function memberName(name: string): string {
  return name.replace(/^(\.\/+)+/, '');
}

/** A reference as the manifest writes it. */
export function mediaRefText({ file, member }: MediaRef): string {
  return member === undefined ? file : `${file}#${member}`;
}
