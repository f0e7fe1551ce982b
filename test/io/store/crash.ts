/** What the tests of crashes share: a writer that is killed at some instant, and a look at what it was told is kept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Store } from '../../../src/ports/store.ts';

/** Run a writer and SIGKILL it `afterMs` after its first write was acknowledged. @returns what it was told is kept, and what it said of why it ended before. */
export async function writeUntilKilled(args: readonly string[], afterMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'store-writer.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const acknowledged: string[] = [];
  let killing: Promise<unknown> | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    killing ??= wait(afterMs).then(() => child.kill('SIGKILL'));
  }
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal, 'the writer ended by itself').toBe('SIGKILL');
  return acknowledged;
}

/** What one writer was told: the room that it wrote to, and a line each. */
export type Told = readonly [room: string, acknowledged: readonly string[]];

/** Every line that a writer was told must be true of the store, and its chain whole. */
export async function expectKept(store: Store, told: readonly Told[]): Promise<void> {
  const { brokenAt } = await store.audit.verify();
  expect(brokenAt).toBeNull();
  const entries = new Set<string>();
  for (let afterSeq = 0; ;) {
    const page = await store.audit.entries({ afterSeq, limit: 5000 });
    for (const { seq, hash } of page) entries.add(`${seq.toString()}:${hash}`);
    afterSeq = page.at(-1)?.seq ?? afterSeq;
    if (page.length < 5000) break;
  }
  for (const [room, acknowledged] of told)
    for (const line of acknowledged) {
      const [kind, id = ''] = line.split(' ');
      if (kind === 'grant') expect(await store.people.consents({ room, participant: id }), line).toHaveLength(1);
      if (kind === 'answer') expect((await store.reviews.item(id))?.annotations, line).toHaveLength(1);
      if (kind === 'audit') expect(entries.has(id), line).toBe(true);
    }
}
