/**
 * `npm test`: sets up what is missing, then runs every check and every test, all of them even if one fails, and ends
 * with one line of counts. `npm test -- ARG...` hands the arguments to Vitest and skips the checks.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkArguments, CHECKS, toolPath } from './setup/checks.mjs';
import { run } from './setup/command.mjs';
import { Interrupted } from './setup/failure.mjs';
import { foreground } from './setup/foreground.mjs';
import { program } from './setup/program.mjs';
import { setUpTests } from './setup/set-up.mjs';
import { readTally, tallyLine } from './setup/vitest-tally.mjs';

/** @typedef {import('./setup/context.mjs').Setup} Setup */

await program(
  async (setup) => {
    const { node, env } = await setUpTests(setup);
    const args = process.argv.slice(2).filter((arg, index) => index > 0 || arg !== '--');
    const checks = { passed: 0, failed: 0 };
    for (const check of args.length > 0 ? [] : CHECKS) checks[await runCheck(setup, node, check)]++;
    const tests = await runTests(setup, node, env, args);
    const tally = {
      passed: checks.passed + tests.passed,
      failed: checks.failed + tests.failed,
      skipped: tests.skipped,
    };
    setup.report.note(tallyLine(tally));
    return tally.failed === 0 ? 0 : 1;
  },
  { stream: process.stdout },
);

/**
 * @param {Setup} setup
 * @param {string} node
 * @param {import('./setup/checks.mjs').Check} check
 * @returns {Promise<'passed' | 'failed'>}
 */
async function runCheck({ root, env, signal, report }, node, check) {
  /** @type {string[]} */
  const lines = [];
  const outcome = await report.step(
    `Checking ${check.name} with ${check.tool}`,
    (outcome) => `${check.name}: ${outcome}`,
    async () => {
      const onLine = (/** @type {string} */ line) => void lines.push(line);
      const { code } = await run(node, checkArguments(root, check), { cwd: root, env, signal, onLine });
      return code === 0 ? 'passed' : 'failed';
    },
  );
  if (outcome === 'failed') for (const line of lines) report.note(`  ${line}`);
  return outcome;
}

/**
 * @param {Setup} setup
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly string[]} args
 */
async function runTests({ root, signal, report }, node, env, args) {
  report.note('Testing with vitest');
  const folder = mkdtempSync(join(tmpdir(), 'undertone-tests-'));
  const file = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const code = await foreground(node, [toolPath(root, 'vitest'), 'run', ...reporters, ...args], { cwd: root, env });
    if (signal.aborted) throw new Interrupted();
    return readTally(file, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
