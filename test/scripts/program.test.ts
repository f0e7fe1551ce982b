import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from './fixture.ts';
import { PATIENCE } from '../fixtures/patience.ts';

const library = pathToFileURL(resolve(import.meta.dirname, '../../scripts/setup')).href;

/** Runs a script made of `body`, the main function of a program, and sends it a signal when `ready` appears. */
async function runProgram(body: string, { signal, ready }: { signal?: NodeJS.Signals; ready?: string } = {}) {
  const file = join(temporaryFolder(), 'script.mjs');
  writeFileSync(
    file,
    `import { program } from '${library}/program.mjs';
     import { SetupError } from '${library}/failure.mjs';
     import { run } from '${library}/command.mjs';
     import { foreground } from '${library}/foreground.mjs';
     await program(async (setup) => { ${body} });`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  if (signal !== undefined && ready !== undefined) {
    await vi.waitUntil(() => existsSync(ready), PATIENCE);
    child.kill(signal);
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

test('what main returns is the exit code', async () => {
  expect((await runProgram('return 7;')).code).toBe(7);
});

test('what set-up cannot mend is told with its remedy and without a stack, and ends with 1', async () => {
  const { code, stderr } = await runProgram(`throw new SetupError('No such thing.', 'Install it.', ['last words']);`);
  expect(code).toBe(1);
  expect(stderr).toBe('    last words\nNo such thing.\n  Install it.\n');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends the step with all its processes and says that the next run goes on', async (signal, expected) => {
  const ready = join(temporaryFolder(), 'pid');
  const script = `sleep 60 & echo $! > ${ready}.new; mv ${ready}.new ${ready}; wait`;
  const { code, stderr } = await runProgram(
    `await setup.report.step('Working', 'Done', () => run('sh', ['-c', ${JSON.stringify(script)}], { signal: setup.signal }));
     return 0;`,
    { signal, ready },
  );
  expect(code).toBe(expected);
  expect(stderr).toContain('Working ...');
  expect(stderr).toContain('the next run goes on from here');
  await vi.waitUntil(() => !isRunning(Number(readFileSync(ready, 'utf8'))), PATIENCE);
});

test('the program in the foreground gets the signal, and its exit code is ours', async () => {
  const ready = join(temporaryFolder(), 'ready');
  const script = `trap 'echo drained; exit 5' TERM; touch ${ready}; while :; do sleep 0.05; done`;
  const { code, stdout } = await runProgram(
    `return foreground('sh', ['-c', ${JSON.stringify(script)}], { env: process.env });`,
    { signal: 'SIGTERM', ready },
  );
  expect(code).toBe(5);
  expect(stdout).toBe('drained\n');
});

/** A zombie that nobody waits for has ended, too. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
