import { existsSync } from 'node:fs';
import { readJson } from './read-json.mjs';

/**
 * @typedef {{ numPassedTests?: number, numFailedTests?: number, numPendingTests?: number, numTodoTests?: number }}
 *   VitestReport
 */
/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * What Vitest's JSON report says. A run that failed counts at least one failure, also where no test did: a file that
 * could not be loaded, or an error outside every test.
 * @param {string} file
 * @param {number} code  Vitest's exit code
 * @returns {Tally}
 */
export function readTally(file, code) {
  const report = /** @type {VitestReport} */ (existsSync(file) ? readJson(file) : {});
  const tests = {
    passed: report.numPassedTests ?? 0,
    failed: report.numFailedTests ?? 0,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
  return code === 0 || tests.failed > 0 ? tests : { ...tests, failed: 1 };
}

/**
 * The last line of a test run, for people and for programs that read it.
 * @param {Tally} tally
 */
export function tallyLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
