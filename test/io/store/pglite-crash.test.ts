/** SIGKILL at random instants under load: what was acknowledged is there when the folder is opened again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { integerBelow, randomStream } from '../../../src/core/random.ts';
import { openStore } from '../../../src/io/store/open.ts';
import { expectKept, writeUntilKilled } from './crash.ts';
import type { Told } from './crash.ts';

const KILLS = 30;
const folder = mkdtempSync(join(tmpdir(), 'undertone-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`${KILLS.toString()} kills lose no acknowledged grant, answer or audit entry`, async () => {
  const at = { at: 'folder', folder: join(folder, 'store') } as const;
  const random = randomStream('store crash');
  const told: Told[] = [];
  const look = async () => {
    const store = await openStore(at);
    await expectKept(store, told);
    await store.close();
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const room = `run-${kill.toString()}`;
    told.push([room, await writeUntilKilled(['folder', at.folder, room], integerBelow(random, 200))]);
    // The next writer opens what this one left behind; now and then it is looked at in between.
    if (kill % 10 === 9) await look();
  }
  expect(told.flatMap(([, acknowledged]) => acknowledged).length).toBeGreaterThan(KILLS);
}, 1_200_000);
