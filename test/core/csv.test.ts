import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/core/csv.ts';

const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' ', '1') });
const table = fc.uniqueArray(cell, { minLength: 2, maxLength: 5 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    cells: fc.array(fc.array(cell, { minLength: columns.length, maxLength: columns.length })),
  }),
);
const quoted = (cells: readonly string[]) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
const refusal = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'corpus-invalid', message: expect.stringMatching(message) as string });

describe('parseCsv', () => {
  it('reads back whatever was written, whether or not the last line ends', () => {
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.boolean(), (given, newline, ends, marked) => {
        const written = [given.columns, ...given.cells].map(quoted).join(newline);
        const text = `${marked ? '\uFEFF' : ''}${written}${ends ? newline : ''}`;
        const { columns, rows } = parseCsv(text, 'votes.csv');
        expect({ columns, cells: rows.map(({ cells }) => cells) }).toEqual(given);
      }),
    );
  });

  it('reads values without quotes as they stand, empty ones too', () => {
    expect(parseCsv('id,A,\n x ,,3\n', 'votes.csv')).toEqual({
      columns: ['id', 'A', ''],
      rows: [{ line: 2, cells: [' x ', '', '3'] }],
    });
  });

  it('counts lines of the file, not rows', () => {
    const { rows } = parseCsv('"a\nb",c\n1,"x\n\ny"\n3,4', 'votes.csv');
    expect(rows.map(({ line }) => line)).toEqual([3, 6]);
  });

  it.each([
    ['', /^votes\.csv, line 1: the table is empty/],
    ['a,b,a\n1,2,3', /line 1: column 'a' stands twice in the header: remove one/],
    ['a,b\n1,2\n1,2,3', /line 3: 3 values where the header names 2: mend the line/],
    ['a,b\n1,2\n\n1,2', /line 3: 1 values where the header names 2/],
    ['a,b\n1,2\n1,"2\n3,4', /line 3: value 2 cannot be read, a quote does not end/],
    ['a,b\n"1"x,2', /line 2: value 1 cannot be read, a quote does not end/],
    ['a,b\n1,2"', /line 2: value 2 cannot be read, there is a quote in it/],
  ])('refuses %j', (text, said) => {
    expect(() => parseCsv(text, 'votes.csv')).toThrow(refusal(said));
  });
});
