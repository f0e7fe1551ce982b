import { join } from 'node:path';

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} tool  The package that does it.
 * @property {string} [script]  What is run. Default the command that npm linked for the tool.
 * @property {readonly string[]} args
 */

/**
 * What is checked without running the product, in the order of how soon a reader wants to know.
 * @type {readonly Check[]}
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
  { name: 'docs', tool: 'typedoc', script: 'scripts/documented.mjs', args: [] },
];

/**
 * The command line of a check, for a Node of our choice and not the first on PATH.
 * @param {string} root
 * @param {Check} check
 */
export function checkArguments(root, { tool, script, args }) {
  return [script === undefined ? toolPath(root, tool) : join(root, script), ...args];
}

/**
 * The script that npm linked for a tool.
 * @param {string} root
 * @param {string} tool
 */
export const toolPath = (root, tool) => join(root, 'node_modules/.bin', tool);
