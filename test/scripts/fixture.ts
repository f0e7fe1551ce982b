import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Setup } from '../../scripts/setup/context.mjs';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-setup-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A machine of its own: checkout, cache and programs in a temporary folder, root unless said otherwise. */
export function machine({ isRoot = true, system = true }: { isRoot?: boolean; system?: boolean } = {}) {
  const folder = temporaryFolder();
  const bin = join(folder, 'bin');
  const notes: string[] = [];
  const interruption = new AbortController();
  const setup: Setup = {
    root: join(folder, 'checkout'),
    cacheDir: join(folder, 'cache'),
    env: { PATH: system ? `${bin}:/usr/bin:/bin` : bin },
    signal: interruption.signal,
    report: {
      note: (line) => notes.push(line),
      step: async (doing, done, work) => {
        notes.push(doing);
        const result = await work(() => undefined);
        notes.push(typeof done === 'string' ? done : done(result));
        return result;
      },
    },
    isRoot,
  };
  const calls = join(folder, 'calls');
  mkdirSync(setup.root, { recursive: true });
  writeFileSync(calls, '');
  return {
    setup,
    bin,
    /** What was reported, line by line. */
    notes,
    /** Ctrl-C. */
    interrupt: () => {
      interruption.abort();
    },
    /** Puts a program on PATH: a shell script that also notes that it was called, and how. */
    program: (name: string, script: string) => {
      executable(join(bin, name), `echo "${name} $*" >> ${calls}\n${script}`);
    },
    /** The calls of such programs, in order. */
    calls: () => readFileSync(calls, 'utf8').split('\n').slice(0, -1),
  };
}

/** Writes an executable shell script. */
export function executable(file: string, script: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}
