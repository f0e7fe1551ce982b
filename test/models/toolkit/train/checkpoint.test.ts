import fc from 'fast-check';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../../../models/toolkit/train/checkpoint.ts';

const folder = mkdtempSync(join(tmpdir(), 'undertone-checkpoint-'));
const file = join(folder, 'run', 'checkpoint');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const numbers = fc.float32Array({ maxLength: 20, noNaN: false });
const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
  fingerprint: fc.string(),
  step: fc.nat(),
  epochLoss: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
  history: fc.array(fc.dictionary(fc.constantFrom('epoch', 'loss', 'uar'), fc.integer())),
  state: fc.record({
    theta: numbers,
    moment1: numbers,
    moment2: numbers,
    average: numbers,
    statistics: numbers,
  }),
});

test('what is written is what is read, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(checkpoints, async (checkpoint) => {
      await writeCheckpoint(file, checkpoint);
      const read = await readCheckpoint(file, checkpoint.fingerprint);
      expect(JSON.stringify({ ...read, state: null })).toBe(JSON.stringify({ ...sorted(checkpoint), state: null }));
      expect(bits(read)).toEqual(bits(checkpoint));
      expect(existsSync(`${file}.part`)).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test('there may be none', async () => {
  expect(await readCheckpoint(join(folder, 'nowhere'), 'x')).toBeNull();
});

test('a file that was cut or lengthened anywhere is refused', async () => {
  const state = Object.fromEntries(
    ['theta', 'moment1', 'moment2', 'average', 'statistics'].map((key) => [key, Float32Array.of(1, 2)]),
  ) as unknown as Checkpoint['state'];
  await writeCheckpoint(file, { fingerprint: 'f', step: 3, epochLoss: 1, history: [], state });
  const whole = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
      writeFileSync(file, whole.subarray(0, length));
      await expect(readCheckpoint(file, 'f')).rejects.toThrow(/is no checkpoint, or damaged: remove it/);
    }),
  );
  writeFileSync(file, Buffer.concat([whole, Buffer.alloc(4)]));
  await expect(readCheckpoint(file, 'f')).rejects.toThrow(/damaged/);
  writeFileSync(file, whole);
  await expect(readCheckpoint(file, 'g')).rejects.toMatchObject({
    code: 'training-failed',
    message: expect.stringMatching(/is of another run/) as string,
  });
});

function sorted({ fingerprint, step, epochLoss, history }: Checkpoint) {
  return { fingerprint, step, epochLoss, history };
}

function bits(checkpoint: Checkpoint | null): unknown {
  return Object.values(checkpoint?.state ?? {}).map((array: Float32Array) => [
    ...new Uint32Array(array.slice().buffer),
  ]);
}
