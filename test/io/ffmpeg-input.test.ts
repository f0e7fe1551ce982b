import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parseInput, withoutSecrets } from '../../src/io/ffmpeg-input.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-input-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('what ffmpeg is given', () => {
  it.each(['-i', 'concat:a|b', 'http:x', '-', 'pipe:0', "it's 50%03d.mp4", 'a,b;c[d]'])(
    'a file named %s is that file',
    async (name) => {
      const path = join(folder, name);
      writeFileSync(path, 'x');
      for (const typed of [path, relative(process.cwd(), path), pathToFileURL(path).href])
        expect((await parseInput(typed)).url).toBe(`file:${path}`);
    },
  );

  it.each(['-i', '-f lavfi', 'concat:/etc/passwd', 'pipe:0', 'subfile,,start,0,end,9,,:/etc/passwd', 'data:,x'])(
    '%s is never more than the name of a file, here a missing one',
    async (typed) => {
      await expect(parseInput(typed)).rejects.toMatchObject({ code: 'bad-media' });
    },
  );

  it.each(['ftp://host/x', 'concat://x', 'http://', 'rtmp://h/x playpath=y', 'rtsp://h/\n-y', '', 'a\0b'])(
    'refuses %j',
    async (typed) => {
      await expect(parseInput(typed)).rejects.toMatchObject({ code: 'bad-media' });
    },
  );

  it('each kind of URL may open its own protocols, and no file', async () => {
    for (const url of ['http://h/x.m3u8', 'https://h/x', 'rtsp://h/x', 'rtsps://h/x', 'rtmp://h/x', 'rtmps://h/x']) {
      const { protocols } = await parseInput(url);
      expect(protocols.split(',')).not.toContain('file');
      expect(protocols.split(',')).toContain('tcp');
    }
  });

  it('shows a URL without user, password and query', async () => {
    const input = await parseInput('rtsp://user:hunter2@cam.example:8554/stage?key=hunter2');
    expect(input.shown).toBe('rtsp://cam.example:8554/stage');
    expect(withoutSecrets(`${input.url}: Connection refused`, input)).toBe(
      'rtsp://cam.example:8554/stage: Connection refused',
    );
    await expect(parseInput('http://user:hunter2@')).rejects.not.toThrow(/hunter2/);
  });
});
