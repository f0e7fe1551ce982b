/** Tables of comma-separated values with a header (RFC 4180), read strictly: a table is read whole or not at all. */
import { UndertoneError } from '../errors.ts';

/** A table as it was written. */
export interface CsvTable {
  /** Names in the header, in order, no two the same; the empty name is one too. */
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

/** One row, with as many cells as there are columns. */
export interface CsvRow {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** One value, in quotes or not, and what ends it. */
const VALUE = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/**
 * Read a table.
 *
 * @param text whole file; a byte order mark is skipped.
 * @param file its name, for errors.
 * @throws UndertoneError `corpus-invalid` that names file, line and column: an empty table, two columns of one name, a
 * row with more or fewer values than the header, a quote that does not end or that stands inside of a value.
 * @example parseCsv('id,A\nx,3\n', 'votes.csv'); // { columns: ['id', 'A'], rows: [{ line: 2, cells: ['x', '3'] }] }
 */
export function parseCsv(text: string, file: string): CsvTable {
  const [header, ...rows] = lines(text, file);
  if (header === undefined) throw invalid(file, 1, 'the table is empty: give one with a header');
  const columns = header.cells;
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) throw invalid(file, 1, `column '${twice}' stands twice in the header: remove one`);
  for (const { line, cells } of rows)
    if (cells.length !== columns.length)
      throw invalid(file, line, `${cells.length} values where the header names ${columns.length}: mend the line`);
  return { columns, rows };
}

/** The error for a line of a table. */
export function invalid(file: string, line: number, what: string): UndertoneError {
  return new UndertoneError('corpus-invalid', `${file}, line ${line}: ${what}`);
}

function lines(text: string, file: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (let line = 1; at < text.length;) {
    const cells: string[] = [];
    const row = { line, cells };
    for (let end = ','; end === ',';) {
      VALUE.lastIndex = at;
      const found = VALUE.exec(text);
      if (found === null) {
        const what = text[at] === '"' ? 'a quote does not end, or does not end the value' : 'there is a quote in it';
        throw invalid(file, line, `value ${cells.length + 1} cannot be read, ${what}: mend the line`);
      }
      const [all, quoted, plain = '', stop = ''] = found;
      cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
      line += all.split('\n').length - 1;
      at += all.length;
      end = stop;
    }
    rows.push(row);
  }
  return rows;
}
