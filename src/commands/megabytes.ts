/**
 * A size as people read it.
 * @example megabytes(1_262_000_000) // '1,262 MB'
 */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-GB', { maximumFractionDigits: 1 })} MB`;
}
