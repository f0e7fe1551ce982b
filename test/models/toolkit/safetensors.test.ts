import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headerLength, parseHeader } from '../../../models/toolkit/safetensors-header.ts';
import { openSafetensors } from '../../../models/toolkit/safetensors.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { safetensors, withHeader, type Written } from './safetensors.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-safetensors-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** What is read from a file with these bytes: numbers by name, or the message it is refused with. */
async function readBack(bytes: Uint8Array): Promise<Record<string, number[]> | string> {
  const path = join(dir, 'file.safetensors');
  await writeFile(path, bytes);
  try {
    const file = await openSafetensors(path);
    try {
      // From entries: a tensor may be called __proto__.
      const read: [string, number[]][] = [];
      for (const entry of file.entries) read.push([entry.name, [...(await file.read(entry))]]);
      return Object.fromEntries(read);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UndertoneError);
    expect((thrown as UndertoneError).code).toBe('encoder-invalid');
    return (thrown as UndertoneError).message;
  }
}

describe('a safetensors file', () => {
  it('gives back what was written, whatever the names, shapes and order', async () => {
    const tensor = fc
      .record({
        name: fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => name !== '__metadata__'),
        dims: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      })
      .chain(({ name, dims }) => {
        const size = dims.reduce((product, side) => product * side, 1);
        return fc
          .float32Array({ minLength: size, maxLength: size, noNaN: true, noDefaultInfinity: true })
          .map((data): Written => ({ name, dims, data }));
      });
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(tensors, async (written) => {
        const read = await readBack(safetensors(written));
        expect(read).toEqual(Object.fromEntries(written.map(({ name, data }) => [name, [...data]])));
      }),
      { numRuns: 50 },
    );
  });

  it('holds numbers of 64, 16 and bfloat 16 bits too', async () => {
    const read = await readBack(
      safetensors([
        { name: 'double', dims: [2], data: Float64Array.of(1.5, -2) },
        { name: 'half', dims: [2], data: Float16Array.of(0.5, 65504) },
        { name: 'brain', dims: [3], data: Uint16Array.of(0x3f80, 0xc000, 0x0000) },
      ]),
    );
    expect(read).toEqual({ double: [1.5, -2], half: [0.5, 65504], brain: [1, -2, 0] });
  });

  it('is refused by the name of the tensor that holds what is no number, or no float', async () => {
    expect(await readBack(safetensors([{ name: 'w', dims: [2], data: Float32Array.of(1, NaN) }]))).toMatch(
      /tensor 'w' holds NaN at 1/,
    );
    expect(await readBack(safetensors([{ name: 'w', dims: [1], data: Float16Array.of(-Infinity) }]))).toMatch(
      /tensor 'w' holds -Infinity at 0/,
    );
    expect(await readBack(safetensors([{ name: 'i', dims: [1], data: BigInt64Array.of(1n) }]))).toMatch(
      /tensor 'i' is of I64/,
    );
  });
});

describe('a header that lies', () => {
  const w = (dtype: string, shape: unknown, from: unknown, to: unknown) =>
    JSON.stringify({ w: { dtype, shape, data_offsets: [from, to] } });
  const pair = (a: readonly number[], b: readonly number[]) =>
    JSON.stringify({
      a: { dtype: 'U8', shape: [(a[1] ?? 0) - (a[0] ?? 0)], data_offsets: a },
      b: { dtype: 'U8', shape: [(b[1] ?? 0) - (b[0] ?? 0)], data_offsets: b },
    });
  it.each<readonly [string, Uint8Array, RegExp]>([
    ['nothing', Buffer.alloc(0), /0 bytes, too few/],
    ['only a length', Buffer.alloc(8), /8 bytes, too few/],
    ['a length of nothing', Buffer.concat([Buffer.alloc(8), Buffer.from('{}')]), /has 0 bytes/],
    ['a length past the end', withHeader('{}').subarray(0, 9), /too few/],
    ['a huge length', Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from('{}')]), /18446744073709551615 bytes/],
    ['no JSON', withHeader('{"w":'), /not JSON/],
    ['no UTF-8', withHeader('{"\u00ff":1}').fill(0xff, 10, 11), /not JSON/],
    ['no object', withHeader('[1]'), /not a JSON object/],
    ['a tensor that is no object', withHeader('{"w":null}'), /tensor 'w'/],
    ['an unknown type', withHeader(w('F12', [1], 0, 4), new Uint8Array(4)), /tensor 'w': dtype/],
    ['a negative side', withHeader(w('F32', [-1, -1], 0, 4), new Uint8Array(4)), /tensor 'w': shape/],
    ['half a side', withHeader(w('F32', [0.5, 2], 0, 4), new Uint8Array(4)), /tensor 'w': shape/],
    ['a huge side', withHeader(w('F32', [2 ** 40], 0, 4), new Uint8Array(4)), /does not fill its 4 bytes/],
    ['sides past 2^53', withHeader(w('F32', [2 ** 40, 2 ** 40, 2 ** 40], 0, 4), new Uint8Array(4)), /does not fill/],
    ['a side past 2^53', withHeader(w('F32', [2 ** 60], 0, 4), new Uint8Array(4)), /tensor 'w': shape/],
    ['nine sides', withHeader(w('F32', Array(9).fill(1), 0, 4), new Uint8Array(4)), /tensor 'w': shape/],
    ['bytes past the end', withHeader(w('F32', [2], 0, 8), new Uint8Array(4)), /bytes 0 to 8/],
    ['bytes backwards', withHeader(w('F32', [0], 4, 0), new Uint8Array(4)), /bytes 4 to 0/],
    ['fewer bytes than the shape', withHeader(w('F32', [2], 0, 4), new Uint8Array(4)), /does not fill/],
    ['bytes of no tensor at the end', withHeader(w('F32', [1], 0, 4), new Uint8Array(5)), /1 bytes after its last/],
    ['a gap', withHeader(pair([0, 1], [2, 3]), new Uint8Array(3)), /'b' begins 1 bytes after/],
    ['an overlap', withHeader(pair([0, 2], [1, 3]), new Uint8Array(3)), /'b' begins 1 bytes before/],
    ['the same bytes twice', withHeader(pair([0, 2], [0, 2]), new Uint8Array(2)), /'b' begins 2 bytes before/],
    [
      'a name twice',
      withHeader(
        `{"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`,
      ),
      /names 'a' twice/,
    ],
    ['one thing more', withHeader('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'), /tensor 'w'/],
  ])('is refused: %s', async (_, bytes, said) => {
    expect(await readBack(bytes)).toMatch(said);
  });

  it('is refused or describes the whole file, whatever it says', () => {
    const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.maxSafeInteger(), fc.double());
    const entry = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'U8', 'I64', 'F33'),
      shape: fc.array(number, { maxLength: 3 }),
      data_offsets: fc.array(number, { minLength: 1, maxLength: 3 }),
    });
    const header = fc.oneof(fc.dictionary(fc.string(), entry), fc.jsonValue()).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(header, fc.string()), fc.nat(60), (text, room) => {
        const bytes = new TextEncoder().encode(text);
        const size = 8 + bytes.length + room;
        try {
          const entries = parseHeader(bytes, size, 'fuzzed');
          expect(entries.reduce((sum, { bytes: own }) => sum + own, 0)).toBe(room);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'encoder-invalid' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused when a byte of it is changed, or still describes the whole file', () => {
    const right = safetensors([
      { name: 'a', dims: [2, 3], data: new Float32Array(6) },
      { name: 'b', dims: [], data: new Float32Array(1) },
    ]);
    const headerEnd = right.length - 28;
    fc.assert(
      fc.property(fc.nat(headerEnd - 1), fc.nat(255), (at, value) => {
        const changed = Uint8Array.from(right);
        changed[at] = value;
        try {
          const length = headerLength(changed.subarray(0, 8), changed.length, 'changed');
          const entries = parseHeader(changed.subarray(8, 8 + length), changed.length, 'changed');
          expect(8 + length + entries.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(changed.length);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'encoder-invalid' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
