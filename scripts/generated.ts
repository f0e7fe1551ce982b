/** Parts of the documentation that the code writes: a stretch between two markers, and tables as prettier pads them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { UndertoneError } from '../src/errors.ts';

/**
 * `markdown` with what stands between `<!-- name: ... -->` and `<!-- /name -->` replaced.
 * @throws UndertoneError `internal` when a marker is missing.
 */
export function between(markdown: string, name: string, content: string): string {
  const begin = new RegExp(`<!-- ${name}: .*? -->`).exec(markdown);
  const end = markdown.indexOf(`<!-- /${name} -->`);
  if (begin === null || end < begin.index)
    throw new UndertoneError('internal', `the markers of '${name}' are gone: put <!-- ${name}: ... --> back`);
  const head = markdown.slice(0, begin.index + begin[0].length);
  return `${head}\n\n${content}\n${markdown.slice(end)}`;
}

/** Replace that stretch of a file. */
export function writeBetween(file: URL, name: string, content: string): void {
  writeFileSync(file, between(readFileSync(file, 'utf8'), name, content));
}

/** Rows as a Markdown table; the first is its head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join('\n') + '\n';
}
