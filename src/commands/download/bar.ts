/** How far a file is, on a bar of its own. */
import { megabytes } from '../megabytes.ts';
import { type Progress, progress, type ProgressStream } from '../progress.ts';

/** What is smaller is there before it could be read how far it is. */
const LEAST_BYTES = 1_000_000;

/** A bar for one file. */
export interface FileBar {
  readonly update: (have: number, total: number | null) => void;
  /** How much of the file there was at the last word. */
  readonly last: () => { readonly have: number; readonly total: number | null };
  /** Write a line for good. */
  readonly line: (text: string) => void;
  readonly end: () => void;
}

/** A bar that begins anew where the file does. */
export function fileBar(stream: ProgressStream, file: string): FileBar {
  let bar: Progress | undefined;
  let last = { have: 0, total: null as number | null };
  return {
    update(have, total) {
      if (have < last.have) bar = undefined;
      last = { have, total };
      if ((total ?? have) < LEAST_BYTES) return;
      bar ??= progress({
        stream,
        doing: `fetching ${file}`,
        total,
        before: have,
        tell: (bytes) => `${megabytes(bytes)}${total === null ? '' : ` of ${megabytes(total)}`}`,
        now: () => performance.now(),
        plainStep: 100_000_000,
      });
      bar.update(have);
    },
    last: () => last,
    line: (text) => {
      if (bar) bar.line(text);
      else stream.write(`${text}\n`);
    },
    end: () => bar?.end(),
  };
}
