/** Withdrawals that a process could not carry out before it was killed. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ParticipantRef } from '../../src/domain.ts';
import { UndertoneError } from '../../src/errors.ts';
import { owedWithdrawals } from '../../src/io/owed-withdrawals.ts';
import { createWithdrawals } from '../../src/io/withdrawals.ts';
import { ADMIN } from './people-stage.ts';
import { countingMeter, silent } from './quiet.ts';

const ADA = { room: 'lobby', participant: 'ada' };
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'undertone-owed-'));
  file = join(folder, 'data', 'withdrawals.json');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A process on a database that may be away; what it was told to delete, and when it was asked for. */
function processOn(database: { away: boolean }) {
  const done: [string, number][] = [];
  const withdrawals = createWithdrawals({
    store: {
      people: {
        withdraw(ref: ParticipantRef, atMs: number) {
          if (database.away) return Promise.reject(new UndertoneError('store-unavailable', 'away'));
          done.push([ref.participant, atMs]);
          const deleted = { clips: 0, segments: 0, verdicts: 0, reviewItems: 0, annotations: 0 };
          return Promise.resolve({ ...ref, id: 'r', atMs, deleted, kept: [] });
        },
      },
    },
    clock: { now: () => 7 },
    meter: countingMeter(),
    log: silent,
    owed: owedWithdrawals(file),
  });
  return { ...withdrawals, done };
}

describe('withdrawals', () => {
  it('are carried out by the next process, as of when they were asked for', async () => {
    const first = processOn({ away: true });
    await expect(first.carryOut(ADA, ADMIN)).rejects.toMatchObject({ code: 'store-unavailable' });
    first.close();
    expect(existsSync(file)).toBe(true);
    const second = processOn({ away: false });
    await expect.poll(() => second.done).toEqual([['ada', 7]]);
    expect(existsSync(file)).toBe(false);
    second.close();
  });

  it('are forgotten by the file once they are done, and never written where nothing is wrong', async () => {
    const database = { away: true };
    const one = processOn(database);
    for (const participant of ['ada', 'ben']) await one.carryOut({ ...ADA, participant }, ADMIN).catch(() => undefined);
    expect(owedWithdrawals(file).read()).toHaveLength(2);
    database.away = false;
    await one.carryOut(ADA, ADMIN);
    expect(owedWithdrawals(file).read()).toMatchObject([{ ref: { participant: 'ben' } }]);
    await one.settle({ ...ADA, participant: 'ben' });
    expect(existsSync(file)).toBe(false);
    await one.carryOut({ ...ADA, participant: 'cal' }, ADMIN);
    expect(existsSync(file)).toBe(false);
    one.close();
  });

  it('come out of the file as they went in', () => {
    const written = fc.array(
      fc.record({
        ref: fc.record({ room: fc.string({ unit: 'grapheme' }), participant: fc.string() }),
        atMs: fc.integer({ min: 0 }),
        actor: fc.record({ role: fc.constantFrom('publisher', 'admin', 'server'), subject: fc.string() }),
      }),
    );
    fc.assert(
      fc.property(written, (all) => {
        const owed = owedWithdrawals(file);
        owed.write(all);
        expect(owed.read()).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  it('of a damaged file are not guessed', () => {
    owedWithdrawals(file).write([{ ref: ADA, atMs: 1, actor: ADMIN }]);
    writeFileSync(file, '[{"ref"');
    expect(() => processOn({ away: false })).toThrow(/withdrawals\.json/);
  });
});
