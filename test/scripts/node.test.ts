import { join } from 'node:path';
import { expect, test } from 'vitest';
import { node, runsTypeScript } from '../../scripts/setup/node.mjs';
import { executable, machine } from './fixture.ts';

test.each([
  ['20.20.2', false],
  ['22.17.9', false],
  ['22.18.0', true],
  ['23.11.0', false],
  ['24.1.0', false],
  ['24.2.0', true],
  ['25.0.0', true],
])('Node %s runs TypeScript: %s', (version, expected) => {
  expect(runsTypeScript(version)).toBe(expected);
});

test('an old Node hands over to the one that the lockfile pins', () => {
  const { setup } = machine();
  const pinned = join(setup.root, 'node_modules/.bin/node');
  executable(pinned, 'exit 0');
  expect(node(setup, '20.20.2')).toBe(pinned);
  expect(node(setup, '24.2.0')).toBe(process.execPath);
});

test('an old Node without a pinned one that starts says what to install', () => {
  const { setup } = machine();
  expect(() => node(setup, '20.20.2')).toThrow('Node.js 20.20.2 is too old');
  executable(join(setup.root, 'node_modules/.bin/node'), 'exit 127');
  expect(() => node(setup, '20.20.2')).toThrow('Node.js 20.20.2 is too old');
});
