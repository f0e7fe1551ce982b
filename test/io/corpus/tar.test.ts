import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { indexTar } from '../../../src/io/corpus/tar.ts';
import { UndertoneError } from '../../../src/errors.ts';
import { corpusFolder, tarOf } from '../../fixtures/corpus.ts';

const folder = corpusFolder();
afterAll(() => {
  folder.remove();
});

let made = 0;

/** Members by name, or what was thrown. */
async function contents(tar: Uint8Array): Promise<Readonly<Record<string, string>>> {
  const path = folder.put(`${made++}.tar`, tar);
  const file = await open(path);
  try {
    const index = await indexTar(file, 'x.tar');
    return Object.fromEntries(
      [...index].map(([name, { start, size }]) => [name, Buffer.from(tar.subarray(start, start + size)).toString()]),
    );
  } finally {
    await file.close();
  }
}

const text = (content: string): Uint8Array => Buffer.from(content);

describe('a tar', () => {
  it('gives every file that was put in', async () => {
    const files = fc.dictionary(fc.stringMatching(/^[a-z0-9_-]{1,20}$/), fc.string({ maxLength: 1500 }), {
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(files, async (noun) => {
        const tar = tarOf(Object.entries(noun).map(([name, content]) => ({ name, content: text(content) })));
        expect(await contents(tar)).toEqual(
          Object.fromEntries(Object.entries(noun).map(([name, content]) => [name, Buffer.from(content).toString()])),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('cut anywhere is an error that says so, never fewer files', async () => {
    const tar = tarOf(['a', 'b', 'c'].map((name) => ({ name, content: text(name.repeat(700)) })));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: tar.length - 1025 }), async (end) => {
        await expect(contents(tar.subarray(0, end))).rejects.toThrow(/^x\.tar is cut off after byte \d+/);
      }),
      { numRuns: 60 },
    );
  });

  it('with any byte changed in a header is an error, or the same names', async () => {
    const tar = tarOf([{ name: 'a', content: text('1') }]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 511 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const bent = Buffer.from(tar);
        bent[at] = (bent[at] ?? 0) ^ by;
        const outcome = await contents(bent).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UndertoneError);
        else expect(outcome).toEqual({ a: '1' });
      }),
    );
  });

  it.each(['gnu', 'pax', 'ustar', 'v7'])(
    'that tar wrote in its %s format is read, folders and links passed over',
    async (format) => {
      const name =
        'deep/'.repeat(format === 'v7' ? 2 : 15) + (format === 'gnu' || format === 'pax' ? 'n'.repeat(120) : 'name');
      folder.put(`${format}/${name}`, 'deep');
      folder.put(`${format}/plain`, 'plain');
      execFileSync('ln', ['-sf', '/etc/passwd', join(folder.path, format, 'link')]);
      const tar = execFileSync('tar', ['-c', `--format=${format}`, '-C', join(folder.path, format), '.']);
      expect(await contents(tar)).toEqual({ [name]: 'deep', plain: 'plain' });
    },
  );

  it('of a name that stands twice has the last, and names without ./', async () => {
    const tar = tarOf([
      { name: './a', content: text('1') },
      { name: 'a', content: text('2') },
    ]);
    expect(await contents(tar)).toEqual({ a: '2' });
  });

  it('is what tar made, and nothing else', async () => {
    await expect(contents(Buffer.alloc(2048, 'x'))).rejects.toThrow('x.tar is no tar: make it with tar');
  });
});
