import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importCommand } from '../../src/commands/import.ts';
import { inProcess } from './in-process.ts';

const FROM = resolve('test/fixtures/encoders/wavlm-large-tiny');

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'undertone-import-command-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const run = (...args: readonly string[]) => inProcess(importCommand, args, cwd);

describe('undertone import of an encoder', () => {
  it('says what it made of the checkpoint', async () => {
    const { code, stdout, stderr } = await run('wavlm', '--from', FROM, '--out', 'encoder', '--layers', '2');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /encoder: wavlm, hidden states of 3 x 32 a frame, float32, 0\.1 MB, licence not known; opened and run\n$/,
    );
    expect(stderr).toMatch(/importing .* 100 %/);
    expect((await readdir(join(cwd, 'encoder'))).toSorted()).toEqual(['encoder.json', 'encoder.onnx']);
  });

  it('prints one JSON object where it is asked to', async () => {
    const { stdout } = await run(
      'wavlm',
      '--from',
      FROM,
      '--out',
      'encoder',
      '--half',
      '--unmasked',
      '--licence',
      'MIT',
      '--json',
    );
    const said = JSON.parse(stdout) as { encoder: Record<string, unknown> };
    expect(said).toMatchObject({
      out: join(cwd, 'encoder'),
      encoder: { kind: 'wavlm', licence: 'MIT', network: { precision: 'float16' } },
    });
    expect(said.encoder['inputs']).not.toHaveProperty('mask');
    expect(JSON.parse(await readFile(join(cwd, 'encoder', 'encoder.json'), 'utf8'))).toEqual(said.encoder);
  });

  it('takes in what was exported elsewhere', async () => {
    await run('wavlm', '--from', FROM, '--out', 'first');
    const description = {
      modality: 'voice',
      inputs: {
        samples: { name: 'samples', shape: ['n', 'length'] },
        mask: { name: 'mask', shape: ['n', 'length'], type: 'float32' },
      },
      outputs: { hidden: { name: 'last', shape: ['n', 'frames', 32] } },
      sampleRateHz: 16_000,
      normalise: 'clip',
    };
    const describing = join(cwd, 'describe.json');
    await writeFile(describing, JSON.stringify(description));
    const { code, stdout } = await run(
      'onnx',
      '--from',
      join(cwd, 'first', 'encoder.onnx'),
      '--describe',
      describing,
      '--out',
      'second',
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/onnx, hidden states of 1 x 32/) as string,
    });
  });

  it.each<readonly [readonly string[], RegExp]>([
    [['wavlm', '--from', FROM], /--from and --out are both needed/],
    [
      ['wavlm', '--from', FROM, '--out', 'x', '--sha256', 'a'.repeat(64)],
      /--sha256 is for what is fetched: .* is no address/,
    ],
    [['wavlm', '--from', FROM, '--out', 'x', '--accept-licence'], /--accept-licence is for what is fetched/],
    [['wavlm', '--from', FROM, '--out', 'x', '--layers', '0'], /--layers '0' must be a whole number from 1 on/],
    [['wavlm', '--from', FROM, '--out', 'x', '--describe', 'y'], /--describe is for onnx/],
    [['onnx', '--from', FROM, '--out', 'x'], /an onnx network needs --describe/],
    [['blazeface', '--half'], /--half is for encoders, and blazeface is none/],
    [['hubert'], /there is no model 'hubert': choose one of blazeface, silero, wavlm, wav2vec2, mobilenetv2, onnx/],
  ])('refuses %j', async (args, said) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
    expect(await readdir(cwd)).toEqual([]);
  });
});
