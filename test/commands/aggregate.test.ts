import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { undertone } from './undertone.ts';

const cwd = mkdtempSync(join(tmpdir(), 'undertone-aggregate-'));
const aggregate = (...args: readonly string[]) => undertone(['aggregate', ...args], { cwd });

afterAll(() => {
  rmSync(cwd, { recursive: true });
});

const TABLE = ['"",A,D,F,H,N,S', '100001,3,2,0,0,0,0', '200001,2,2,1,0,0,0', '300001,0,0,0,2,1,1', ''].join('\n');
writeFileSync(join(cwd, 'votes.csv'), TABLE);
writeFileSync(
  join(cwd, 'corpus.jsonl'),
  [
    '{"id":"a","votes":{"voice":{"anger":3,"boredom":2},"face":{"fear":4}}}',
    '{"id":"b","votes":{"voice":{"anger":1,"fear":1,"contempt":3}}}',
    '{"id":"c"}',
    '',
  ].join('\n'),
);

describe('undertone aggregate', () => {
  it('prints the loss table of a table of votes as one object', async () => {
    const { code, stdout, stderr } = await aggregate('--votes', 'votes.csv', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const none = { dataLoss: 0, ratingLoss: 0 };
    const all = { dataLoss: 1, ratingLoss: 1 };
    const expected = {
      voice: {
        majority: { dataLoss: 0, ratingLoss: 0.4 },
        plurality: { dataLoss: 0, ratingLoss: 0.4 },
        allInclusive: none,
      },
      face: { majority: all, plurality: all, allInclusive: none },
      av: { majority: all, plurality: { dataLoss: 0, ratingLoss: 0.5 }, allInclusive: none },
    };
    expect(stdout).toBe(`${JSON.stringify(expected)}\n`);
  });

  it('prints it for people without --json', async () => {
    const { stdout } = await aggregate('--votes', 'votes.csv');
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['lost by', 'majority', 'plurality', 'all-inclusive'],
      ['clips', 'ratings', 'clips', 'ratings', 'clips', 'ratings', 'clips', 'ratings'],
      ['voice', '1', '5', '0.00 %', '40.00 %', '0.00 %', '40.00 %', '0.00 %', '0.00 %'],
      ['face', '1', '5', '100.00 %', '100.00 %', '100.00 %', '100.00 %', '0.00 %', '0.00 %'],
      ['av', '1', '4', '100.00 %', '100.00 %', '0.00 %', '50.00 %', '0.00 %', '0.00 %'],
      [''],
    ]);
  });

  it('reads a corpus; what the labels leave out is other, and stimuli without votes are left out', async () => {
    const { stdout } = await aggregate('--votes', 'corpus.jsonl', '--json', '--labels', 'anger, fear');
    expect(JSON.parse(stdout)).toEqual({
      voice: {
        majority: { dataLoss: 0.5, ratingLoss: 0.7 },
        plurality: { dataLoss: 0.5, ratingLoss: 0.7 },
        allInclusive: { dataLoss: 0, ratingLoss: 0.5 },
      },
      face: {
        majority: { dataLoss: 0, ratingLoss: 0 },
        plurality: { dataLoss: 0, ratingLoss: 0 },
        allInclusive: { dataLoss: 0, ratingLoss: 0 },
      },
    });
  });

  it.each([
    [[], 2, /--votes is missing: give a table of votes/],
    [['--votes', 'none.csv'], 1, /cannot read 'none\.csv': give --votes a file that is there/],
    [['--votes', 'votes.csv', '--labels', 'anger,rage'], 2, /--labels: 'rage' is no label: choose from neutral/],
    [['--votes', 'votes.csv', '--labels', 'anger,anger'], 2, /--labels names a label twice/],
    [['--votes', 'bad.csv'], 1, /bad\.csv, line 3: column 'D' has '-2': votes are whole numbers from 0 up \(corpus-/],
    [['--votes', 'bad.jsonl'], 1, /bad\.jsonl, line 2, 'votes\.voice' is all zero: .* \(corpus-invalid\)/],
    [['--votes', 'unrated.jsonl'], 1, /unrated\.jsonl has no votes: give a table or a manifest that has some/],
  ])('refuses %j and prints nothing', async (args, code, said) => {
    writeFileSync(join(cwd, 'bad.csv'), TABLE.replace('200001,2,2', '200001,2,-2'));
    writeFileSync(join(cwd, 'bad.jsonl'), '{"id":"a"}\n{"id":"b","votes":{"voice":{"anger":0}}}\n');
    writeFileSync(join(cwd, 'unrated.jsonl'), '{"id":"a"}\n');
    const ran = await aggregate(...args);
    expect(ran).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) as string });
  });

  const shared = fileURLToPath(new URL('../../../shared/data/cremad/tabulatedVotes.csv', import.meta.url));

  it.skipIf(!existsSync(shared))('prints the loss table of CREMA-D (skipped without ../shared)', async () => {
    const { stdout } = await aggregate('--votes', shared, '--json');
    expect(stdout).toMatch(/^\{"voice":\{"majority":\{"dataLoss":0\.3265251276538565,"ratingLoss":0\.50239/);
    const table = JSON.parse(stdout) as Record<string, Record<string, object>>;
    expect(Object.keys(table)).toEqual(['voice', 'face', 'av']);
    for (const rules of Object.values(table))
      expect(Object.entries(rules).map(([rule, losses]) => [rule, Object.keys(losses)])).toEqual(
        ['majority', 'plurality', 'allInclusive'].map((rule) => [rule, ['dataLoss', 'ratingLoss']]),
      );
  });
});
