/** SIGKILL at random instants under load: what was acknowledged is there when the folder is opened again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { integerBelow, randomStream } from '../../../src/core/random.ts';
import { openStore } from '../../../src/io/store/open.ts';
import { expectKept, writeUntilKilled } from './crash.ts';

const KILLS = 30;
const folder = mkdtempSync(join(tmpdir(), 'undertone-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`${KILLS.toString()} kills lose no acknowledged grant, answer or audit entry`, async () => {
  const at = { at: 'folder', folder: join(folder, 'store') } as const;
  const random = randomStream('store crash');
  const told: [string, readonly string[]][] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const room = `run-${kill.toString()}`;
    const acknowledged = await writeUntilKilled(['folder', at.folder, room], integerBelow(random, 300));
    told.push([room, acknowledged]);
    // The next writer opens what this one left behind; every few times it is looked at in between.
    if (kill % 5 === 4) await look();
  }
  expect(told.flatMap(([, acknowledged]) => acknowledged).length).toBeGreaterThan(KILLS);

  async function look(): Promise<void> {
    const store = await openStore(at);
    for (const [room, acknowledged] of told) await expectKept(store, room, acknowledged);
    await store.close();
  }
}, 600_000);
