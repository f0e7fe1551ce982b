/** No container engine runs where these tests do: what can be checked without one is that the Dockerfile asks for what is there. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { settings } from '../src/config.ts';

const repository = resolve(import.meta.dirname, '..');
const instructions = readFileSync(join(repository, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '');
const stages = instructions.flatMap((line) => /^FROM .* AS (\S+)$/.exec(line)?.[1] ?? []);
const sources = instructions
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(/\s+/).slice(1, -1));

test('everything that is copied into the image exists', () => {
  expect(sources.filter((source) => !existsSync(join(repository, source)))).toEqual([]);
});

test('everything that is copied into the image passes .dockerignore', () => {
  const ignore = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n');
  expect(ignore[0]).toBe('*');
  expect(sources.filter((source) => !ignore.includes(`!${source}`))).toEqual([]);
});

test('every stage that is copied from or built on is there, in both variants', () => {
  const external = /^(node|nvidia\/cuda):/;
  const bases = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
  const copied = instructions.flatMap((line) => /--from=(\S+)/.exec(line)?.[1] ?? []);
  const wanted = [...bases, ...copied].flatMap((stage) =>
    stage.includes('${VARIANT}') ? ['cpu', 'gpu'].map((variant) => stage.replace('${VARIANT}', variant)) : [stage],
  );
  expect(wanted.filter((stage) => !external.test(stage) && !stages.includes(stage))).toEqual([]);
});

test('every setting that the image makes is one', () => {
  const names = instructions.flatMap((line) => (line.startsWith('ENV ') ? (line.match(/UNDERTONE_\w+/g) ?? []) : []));
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !(name in settings.shape))).toEqual([]);
});

test('the image runs without root and is checked for health', () => {
  expect(instructions).toContainEqual(expect.stringMatching(/^USER [1-9]/));
  expect(instructions).toContainEqual(expect.stringContaining('/healthz'));
});
