import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTally, tallyLine } from '../../scripts/setup/vitest-tally.mjs';
import { temporaryFolder } from './fixture.ts';

const reportOf = (content: unknown) => {
  const file = join(temporaryFolder(), 'report.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
};

test('the counts are those of the report', () => {
  const file = reportOf({ numPassedTests: 5, numFailedTests: 2, numPendingTests: 1, numTodoTests: 3 });
  expect(readTally(file, 1)).toEqual({ passed: 5, failed: 2, skipped: 4 });
});

test('a run that failed without a failed test still counts a failure', () => {
  const file = reportOf({ numPassedTests: 5, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 });
  expect(readTally(file, 1)).toEqual({ passed: 5, failed: 1, skipped: 0 });
});

test('a run that wrote no report counts a failure', () => {
  expect(readTally('/nowhere/report.json', 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('the last line is plain', () => {
  expect(tallyLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
  expect(tallyLine({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
});
