import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FACE_CONFIG, putFaces, trainingFolder } from '../fixtures/training.ts';
import { start, undertone } from './undertone.ts';

const folder = trainingFolder();
const cwd = folder.path;

beforeAll(() => {
  putFaces(folder, 4);
  folder.put('face.json', JSON.stringify(FACE_CONFIG));
  folder.put('long.json', JSON.stringify({ ...FACE_CONFIG, schedule: { ...FACE_CONFIG.schedule, epochs: 10_000 } }));
});

afterAll(() => {
  folder.remove();
});

describe('undertone train', () => {
  it('prints where the network is, and says so when it is there already', async () => {
    const args = ['train', 'face.json', '--out', 'run', '--epochs', '2'];
    const { code, stdout, stderr } = await undertone(args, { cwd });
    expect(stdout).toBe('run/face.onnx\n');
    expect(stderr).toMatch(/^epoch 2 of 2 {2}loss /m);
    expect(code).toBe(0);
    const again = await undertone(args, { cwd });
    expect(again).toMatchObject({
      code: 0,
      stdout: 'run/face.onnx\n',
      stderr: 'it is trained already: choose another --out to train it again\n',
    });
  });

  it('keeps others out of its folder, ends at Ctrl-C with a checkpoint, and goes on from there', async () => {
    const args = ['train', 'long.json', '--out', 'long', '--data', '.'];
    const first = start(args, { cwd });
    while (!existsSync(join(cwd, 'long', 'history.json')) && first.child.exitCode === null) await wait(20);
    const second = await undertone(args, { cwd });
    expect(second.stderr).toMatch(new RegExp(`'long' is in use by process ${String(first.child.pid)}: wait until`));
    expect(second.code).toBe(2);
    first.child.kill('SIGINT');
    const stopped = await first.done;
    expect(stopped.code).toBe(130);
    const step = Number(
      /stopped after step (\d+) of \d+: the same command goes on from here/.exec(stopped.stderr)?.[1],
    );
    expect(step).toBeGreaterThan(0);
    expect(existsSync(join(cwd, 'long', 'lock'))).toBe(false);
    expect(existsSync(join(cwd, 'long', 'face.onnx'))).toBe(false);
    const epochs = (JSON.parse(readFileSync(join(cwd, 'long', 'history.json'), 'utf8')) as unknown[]).length;

    const third = start(args, { cwd });
    const grown = () => (JSON.parse(readFileSync(join(cwd, 'long', 'history.json'), 'utf8')) as unknown[]).length;
    while (grown() <= epochs && third.child.exitCode === null) await wait(20);
    third.child.kill('SIGTERM');
    const { code, stderr } = await third.done;
    expect(code).toBe(143);
    expect(Number(/stopped after step (\d+)/.exec(stderr)?.[1])).toBeGreaterThan(step);
  });

  it.each([
    [['train', 'face.json'], '--out is missing: give the folder of this run'],
    [['train', 'nowhere.json', '--out', 'x'], 'nowhere.json cannot be read: give the path of a training configuration'],
    [['train', 'face.json', '--out', 'x', '--epochs', '0'], "--epochs is '0': write a whole number from 1 to 10000"],
    [['train', 'face.json', '--out', 'x', '--threads', 'two'], "--threads is 'two': write a whole number"],
    [['train', 'face.json', '--out', 'x', '--provider', 'tpu'], '--provider is none of cpu, cuda: choose one'],
  ])('refuses %s', async (args, message) => {
    const { code, stderr } = await undertone(args, { cwd });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(join(cwd, 'x'))).toBe(false);
  });
});
