/** A disk that fills up under the embedded store: what cannot be kept is refused, what was acknowledged stays, and it goes on. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../../src/io/store/open.ts';
import { ADMIN, grantOf, unique } from '../../contract/store/made.ts';

const disk = mkdtempSync(join(tmpdir(), 'undertone-full-'));
const mounted = mount();
afterAll(() => {
  if (mounted) execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** A small disk; only root may make one, and not in every container. */
function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'undertone-full', disk], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!mounted)(
  'a full disk is named, and loses nothing (skipped where no small disk can be mounted)',
  async () => {
    const folder = join(disk, 'store');
    const store = await openStore({ at: 'folder', folder });
    const kept: string[] = [];
    // Random text: what repeats itself is kept in less.
    const grant = async () => {
      const participant = unique('p');
      const text = randomBytes(100_000).toString('hex');
      await store.people.grant(grantOf({ room: 'full', participant, text }), 'key', ADMIN);
      kept.push(participant);
    };
    await grant();
    const filler = join(disk, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(200_000_000))).toThrow('ENOSPC');
    const filling = async () => {
      for (let i = 0; i < 1000; i++) await grant();
    };
    await expect(filling()).rejects.toMatchObject({
      code: 'store-unavailable',
      message: expect.stringContaining('full') as string,
    });
    rmSync(filler);
    await expect
      .poll(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    await grant();
    for (const participant of kept) expect(await store.people.consents({ room: 'full', participant })).toHaveLength(1);
    expect((await store.audit.verify()).brokenAt).toBeNull();
    await store.close();
  },
  120_000,
);
