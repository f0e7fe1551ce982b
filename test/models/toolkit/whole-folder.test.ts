import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeWholeFolder } from '../../../models/toolkit/whole-folder.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'whole-'));
});
afterAll(() => rm(dir, { recursive: true }));

const options = { replace: true, option: '--out' };
const hold = (words: string) => (part: string) => writeFile(join(part, 'pack.json'), words);

describe('a folder that appears whole or not at all', () => {
  it('takes the place of one of its kind', async () => {
    await writeWholeFolder(join(dir, 'pack'), options, hold('old'));
    await writeWholeFolder(join(dir, 'pack'), options, hold('new'));
    expect(await readdir(dir)).toEqual(['pack']);
  });

  // A device on which there is never room.
  it.skipIf(process.platform !== 'linux')(
    'names the place where the disk is full, and leaves what was there',
    async () => {
      const place = join(dir, 'pack');
      const full = async (part: string) => {
        await hold('newer')(part);
        await writeFile('/dev/full', 'more');
      };
      await expect(writeWholeFolder(place, options, full)).rejects.toMatchObject({
        code: 'config-invalid',
        message: `--out: the disk of '${place}' is full: make room, or choose another folder`,
      });
      expect(await readdir(dir)).toEqual(['pack']);
    },
  );

  it('passes on what else goes wrong', async () => {
    const wrong = new Error('another');
    await expect(writeWholeFolder(join(dir, 'pack'), options, () => Promise.reject(wrong))).rejects.toBe(wrong);
  });
});
