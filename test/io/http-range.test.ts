import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteRange } from '../../src/io/http-range.ts';

test('a range never reaches outside the body', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(5000), (noise, from, to, size) => {
      for (const header of [noise, `bytes=${noise}`, `bytes=${from}-${to}`, `bytes=${from}-`, `bytes=-${to}`]) {
        const range = byteRange(header, size);
        if (range === null || range === 'unsatisfiable') continue;
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.last).toBeLessThan(size);
        expect(range.first).toBeLessThanOrEqual(range.last);
      }
    }),
  );
});

test.each([
  ['bytes=0-499', { first: 0, last: 499 }],
  ['bytes=500-', { first: 500, last: 9999 }],
  ['bytes=-500', { first: 9500, last: 9999 }],
  ['bytes=-20000', { first: 0, last: 9999 }],
  ['bytes=9500-99999', { first: 9500, last: 9999 }],
  ['bytes=10000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-4', null],
  ['bytes=0-0,-1', null],
  ['bytes=-', null],
  ['lines=0-4', null],
  [undefined, null],
])('of 10 000 bytes, %s is %o', (header, range) => {
  expect(byteRange(header, 10_000)).toEqual(range);
});

test('an empty body has no range', () => {
  expect(byteRange('bytes=0-', 0)).toBe('unsatisfiable');
});
