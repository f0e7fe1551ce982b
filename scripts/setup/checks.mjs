import { join } from 'node:path';

/**
 * What is checked without running the product, in the order of how soon a reader wants to know.
 * @type {readonly { name: string, tool: string, args: readonly string[] }[]}
 */
export const CHECKS = [
  { name: 'format', tool: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint', tool: 'eslint', args: ['.'] },
  { name: 'types', tool: 'tsc', args: ['-p', '.'] },
  {
    name: 'imports',
    tool: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', 'src', 'pipelines', 'models', 'clients', 'scripts', 'test'],
  },
  { name: 'exports', tool: 'knip', args: ['--no-config-hints'] },
  { name: 'docs', tool: 'typedoc', args: ['--emit', 'none'] },
];

/**
 * The script that npm linked for a tool: run with a Node of our choice, not with the first on PATH.
 * @param {string} root
 * @param {string} tool
 */
export const toolPath = (root, tool) => join(root, 'node_modules/.bin', tool);
