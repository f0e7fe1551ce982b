import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SAMPLE_CLIP } from '../../scripts/sample-clip.ts';
import { verdict } from '../../src/protocol.ts';
import { mediaFolder } from '../fixtures/media.ts';
import { start, undertone } from './undertone.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const folder = mediaFolder();
const cwd = folder.path;

beforeAll(async () => {
  await folder.make('clip.webm', '-i', SAMPLE_CLIP, '-t', '5', '-c', 'copy');
});

afterAll(() => {
  folder.remove();
});

const lines = (name: string) => readFileSync(join(cwd, name), 'utf8').trimEnd().split('\n');

describe('undertone analyse', () => {
  it('writes a line per window as on the wire, draws them, and closes with what and where', async () => {
    const { code, stdout, stderr } = await undertone(['analyse', 'clip.webm', '--out', 'out.jsonl'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/^analysing .* %/) as string });
    const verdicts = lines('out.jsonl').map((line) => verdict.strict().parse(JSON.parse(line)));
    expect(verdicts.map(({ startMs, endMs }) => [startMs, endMs])).toEqual(
      Array.from({ length: 5 }, (_, index) => [index * 500, index * 500 + 3000]),
    );
    for (const { status, labels, modalities, pack } of verdicts)
      expect({ status, first: labels[0], modalities, pack }).toEqual({
        status: 'accepted',
        first: 'happiness',
        modalities: ['voice', 'face'],
        pack: expect.stringMatching(/^default@/) as string,
      });
    expect(readFileSync(join(cwd, 'out.svg'), 'utf8')).toMatch(/^<svg [\s\S]*happiness[\s\S]*<\/svg>\n$/);
    expect(stdout).toMatch(/windows +5 over 5\.\d s/);
    expect(stdout).toMatch(/expressed happiness +5\.\d s +100 %/);
    expect(stdout).toMatch(/verdicts +out\.jsonl\n +picture +out\.svg\n$/);
    expect(readdirSync(cwd).filter((name) => name.endsWith('.part') || name === '.undertone')).toEqual([]);
  });

  it('gives the same lines every time, and the summary as JSON when asked', async () => {
    const again = await undertone(['analyse', 'clip.webm', '--out', 'again.jsonl', '--svg', 'picture.svg', '--json'], {
      cwd,
    });
    expect(lines('again.jsonl')).toEqual(lines('out.jsonl'));
    expect(existsSync(join(cwd, 'picture.svg'))).toBe(true);
    expect(JSON.parse(again.stdout)).toMatchObject({ windows: 5, accepted: 5, discarded: 0, out: 'again.jsonl' });
  });

  it('cuts windows as it is told', async () => {
    const args = ['analyse', 'clip.webm', '--out', 'short.jsonl', '--window-ms', '1000', '--hop-ms', '1000'];
    expect((await undertone(args, { cwd })).code).toBe(0);
    expect(lines('short.jsonl').map((line) => verdict.parse(JSON.parse(line)).startMs)).toEqual([
      0, 1000, 2000, 3000, 4000,
    ]);
  });

  it('says why where nobody speaks and nobody is seen', async () => {
    await folder.make(
      'empty.mp4',
      '-f',
      'lavfi',
      '-i',
      'color=gray:d=4:s=160x120:r=5',
      '-f',
      'lavfi',
      '-i',
      'anullsrc=d=4',
      '-shortest',
    );
    const { stdout } = await undertone(['analyse', 'empty.mp4', '--out', 'empty.jsonl'], { cwd });
    expect(stdout).toMatch(/accepted +0, 0 %/);
    expect(stdout).toMatch(/no verdict: no face in view +\d/);
    for (const line of lines('empty.jsonl'))
      expect(JSON.parse(line)).toMatchObject({ status: 'rejected', missing: { voice: 'no-speech', face: 'no-face' } });
  });

  it('says nothing about what a file that is cut off no longer holds', async () => {
    await folder.make('whole.webm', '-i', SAMPLE_CLIP, '-c', 'copy');
    const bytes = readFileSync(join(cwd, 'whole.webm'));
    writeFileSync(join(cwd, 'cut.webm'), bytes.subarray(0, Math.round(bytes.length * 0.4)));
    const { code, stdout, stderr } = await undertone(['analyse', 'cut.webm', '--out', 'cut.jsonl'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toMatch(/cut\.webm says that it lasts 0:14, but its media ends at 0:0\d: is it cut off\?/);
    expect(Number(/over +([\d.]+) s/.exec(stdout)?.[1])).toBeLessThan(10);
  });

  it('on Ctrl-C leaves nothing under the final name, and says where the rest is', async () => {
    await folder.make('hours.webm', '-stream_loop', '60', '-i', SAMPLE_CLIP, '-c', 'copy');
    const { child, done } = start(['analyse', 'hours.webm', '--out', 'hours.jsonl'], { cwd });
    await vi.waitFor(() => {
      expect(existsSync(join(cwd, 'hours.jsonl.part')) && lines('hours.jsonl.part').length > 3).toBe(true);
    }, PATIENCE);
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect(code).toBe(130);
    expect(stderr).toMatch(/the verdicts on the first \d+:\d\d of hours\.webm are in hours\.jsonl\.part\n$/);
    expect([existsSync(join(cwd, 'hours.jsonl')), existsSync(join(cwd, 'hours.svg'))]).toEqual([false, false]);
    for (const line of lines('hours.jsonl.part')) verdict.parse(JSON.parse(line));
  });

  it('on Ctrl-C while the networks are loading leaves nothing at all', async () => {
    const before = readdirSync(cwd);
    const { child, done } = start(['analyse', 'hours.webm', '--out', 'early.jsonl'], { cwd });
    await vi.waitFor(
      () => {
        expect(existsSync(join(cwd, 'early.jsonl.part'))).toBe(true);
      },
      { ...PATIENCE, interval: 5 },
    );
    child.kill('SIGINT');
    expect(await done).toMatchObject({ code: 130, stdout: '' });
    expect(readdirSync(cwd)).toEqual(before);
  });

  it.each([
    ['a file that is not media', ['analyse', 'notes.txt'], {}, 1, /notes\.txt' is not media.*\(not-media\)/],
    ['a file that is not there', ['analyse', 'nowhere.mp4'], {}, 1, /cannot open 'nowhere\.mp4'.*\(bad-media\)/],
    ['a name that looks like an option', ['analyse', '--', '-i'], {}, 1, /cannot open '-i'/],
    ['a name that looks like a protocol', ['analyse', 'concat:clip.webm|clip.webm'], {}, 1, /cannot open 'concat:/],
    [
      'no ffmpeg',
      ['analyse', 'clip.webm'],
      { UNDERTONE_FFMPEG: '/nowhere/ffmpeg' },
      1,
      /package ffmpeg.*\(setup-missing\)/,
    ],
    ['no pack', ['analyse', 'clip.webm', '--pack', 'nowhere'], {}, 1, /nowhere.*\(pack-invalid\)/],
    [
      'no folder for the verdicts',
      ['analyse', 'clip.webm', '--out', 'no/such/x.jsonl'],
      {},
      2,
      /cannot write in 'no\/such'/,
    ],
    [
      'no folder for the picture',
      ['analyse', 'clip.webm', '--svg', 'no/such/x.svg'],
      {},
      2,
      /cannot write in 'no\/such': choose another --svg/,
    ],
    ['a device as output', ['analyse', 'clip.webm', '--out', '/dev/null'], {}, 2, /'\/dev\/null' is not a file/],
    ['the input as output', ['analyse', 'clip.webm', '--out', './clip.webm'], {}, 2, /three different files/],
    [
      'an unknown option',
      ['analyse', 'clip.webm', '--fast'],
      {},
      2,
      /Unknown option '--fast': see 'undertone analyse --help'/,
    ],
    ['two files', ['analyse', 'a', 'b'], {}, 2, /unexpected argument 'b'/],
    ['no file', ['analyse'], {}, 2, /an argument is missing: undertone analyse FILE\|URL/],
    ['a window of 9 s', ['analyse', 'clip.webm', '--window-ms', '9000'], {}, 2, /--window-ms: .*3000/],
  ] as const)('refuses %s, and leaves nothing behind', async (_what, args, env, code, said) => {
    writeFileSync(join(cwd, 'notes.txt'), 'Dear diary,\n');
    const before = readdirSync(cwd);
    const ran = await undertone(args, { cwd, env });
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' });
    expect(readdirSync(cwd)).toEqual(before);
  });
});
