/** Some of a body: the first and the last byte's place, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The one range that a `Range` header asks for of a body of `size` bytes (RFC 9110, section 14.1.2), cut to the body;
 * `unsatisfiable` when it lies outside. Null when there is none, when it is malformed, or when there are several: then the
 * whole body is the answer, which the RFC allows.
 * @example byteRange('bytes=-500', 2000); // { first: 1500, last: 1999 }
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < first) return null;
  return first > last ? 'unsatisfiable' : { first, last };
}
