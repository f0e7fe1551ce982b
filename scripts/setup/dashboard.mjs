import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { SetupError } from './failure.mjs';
import { fingerprint } from './fingerprint.mjs';
import { withCheckoutLock } from './lock.mjs';

/** @typedef {import('./context.mjs').Setup} Setup */

const OUTPUT = 'dist/clients';
const STAMP = 'inputs.sha256';
/** What the pages are made of: they import nothing else of ours (a test follows their imports). */
export const INPUTS = [
  'clients',
  'src/protocol.ts',
  'src/protocol',
  'src/errors.ts',
  'src/domain.ts',
  'src/domain',
  'src/core/labels.ts',
  'vite.config.ts',
  'tsconfig.json',
  'package-lock.json',
];

/**
 * The pages in dist/clients, built anew when something they are made of has changed.
 * @param {Setup} setup
 * @param {string} node  path of a Node that runs Vite
 * @throws {SetupError} when the build fails; the pages of before stay
 */
export async function dashboard(setup, node) {
  if (isBuilt(setup.root)) return;
  await withCheckoutLock(setup, async () => {
    if (isBuilt(setup.root)) return;
    await setup.report.step('Building the dashboard', 'Dashboard built', () => build(setup, node));
  });
}

/** @param {string} root */
function isBuilt(root) {
  const stamp = join(root, OUTPUT, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root, INPUTS);
}

/**
 * @param {Setup} setup
 * @param {string} node
 */
async function build(setup, node) {
  const { root, signal, env } = setup;
  const output = join(root, OUTPUT);
  const fresh = `${output}.new`; // beside it, so that half a build is never served
  const inputs = fingerprint(root, INPUTS);
  try {
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    const args = [vite, 'build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'];
    const result = await run(node, args, { signal, cwd: root, env });
    if (result.code !== 0)
      throw new SetupError('Vite could not build the dashboard.', 'Mend what it says above.', result.output);
    writeFileSync(join(fresh, STAMP), inputs);
    rmSync(output, { recursive: true, force: true });
    renameSync(fresh, output);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
