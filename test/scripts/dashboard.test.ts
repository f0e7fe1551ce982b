import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { dashboard, INPUTS } from '../../scripts/setup/dashboard.mjs';
import { SetupError } from '../../scripts/setup/failure.mjs';
import { machine } from './fixture.ts';

/** A checkout whose Vite copies the page to the folder that it is told. */
function checkout() {
  const it = machine();
  const { root } = it.setup;
  mkdirSync(join(root, 'clients/dashboard'), { recursive: true });
  const page = join(root, 'clients/dashboard/index.html');
  writeFileSync(page, 'one');
  it.program('node-of-choice', `mkdir -p "$4"; cp clients/dashboard/index.html "$4"; grep -qv broken "$4/index.html"`);
  const node = join(it.bin, 'node-of-choice');
  const built = () => readFileSync(join(root, 'dist/clients/index.html'), 'utf8');
  return { ...it, page, built, build: () => dashboard(it.setup, node) };
}

test('the pages are built once, and again when one changes', async () => {
  const { page, build, built, calls } = checkout();
  await build();
  await build();
  expect(calls()).toHaveLength(1);
  expect(built()).toBe('one');
  writeFileSync(page, 'two');
  await build();
  expect(calls()).toHaveLength(2);
  expect(built()).toBe('two');
});

test('whatever the pages import of ours is among what they are built of', () => {
  const files = readdirSync('clients', { recursive: true, encoding: 'utf8' }).map((name) => join('clients', name));
  const waiting = files.filter((name) => /\.tsx?$/.test(name));
  const reached = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.tsx?)'/g))
      waiting.push(join(dirname(file), name));
  }
  const covered = (file: string) => INPUTS.some((input) => file === input || file.startsWith(`${input}/`));
  expect([...reached].filter((file) => !covered(file))).toEqual([]);
  expect(reached).toContain('src/protocol/api/review.ts');
});

test('a build that fails leaves the pages of before', async () => {
  const { setup, page, build, built } = checkout();
  await build();
  writeFileSync(page, 'broken');
  await expect(build()).rejects.toThrow(SetupError);
  expect(built()).toBe('one');
  expect(existsSync(join(setup.root, 'dist/clients.new'))).toBe(false);
});
