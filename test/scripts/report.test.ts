import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createReport, duration } from '../../scripts/setup/report.mjs';

const reportTo = (living: boolean) => {
  const stream = new PassThrough();
  return { report: createReport({ stream, living }), written: () => String(stream.read() ?? '') };
};

test('a log gets a line when a step begins and one when it is done, without control characters', async () => {
  const { report, written } = reportTo(false);
  const result = await report.step('Baking', 'Baked', (progress) => {
    progress(0.42, 'crust');
    return Promise.resolve('bread');
  });
  expect(result).toBe('bread');
  const lines = written();
  expect(lines).toMatch(/^Baking \.\.\.\nBaked \(\d+\.\d s\)\n$/);
  expect(lines).not.toMatch(/[^\n -~]/);
});

test('a terminal gets one living line that fits, and the same last line', async () => {
  const { report, written } = reportTo(true);
  await report.step('x'.repeat(200), 'Done', () => Promise.resolve());
  const frames = written().split('\r\x1b[2K');
  expect(frames.at(-1)).toMatch(/^Done \(\d+\.\d s\)\n$/);
  for (const frame of frames.slice(0, -1)) expect(frame.length).toBeLessThan(80);
});

test('a step that fails is not reported as done', async () => {
  const { report, written } = reportTo(false);
  await expect(report.step('Baking', 'Baked', () => Promise.reject(new Error('burnt')))).rejects.toThrow('burnt');
  expect(written()).toMatch(/^Baking \.\.\.\nBaking: stopped after \d+\.\d s\n$/);
});

test.each([
  [0, '0.0 s'],
  [9_900, '9.9 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [483_000, '8 min 3 s'],
])('%i ms reads %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});
