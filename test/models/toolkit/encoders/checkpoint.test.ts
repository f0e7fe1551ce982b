import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../models/toolkit/encoders/checkpoint.ts';
import { safetensors } from '../safetensors.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'undertone-checkpoint-'));
});
afterEach(() => rm(dir, { recursive: true }));

const INDEX = 'model.safetensors.index.json';
const shard = (...names: readonly string[]) =>
  safetensors(names.map((name, i) => ({ name, dims: [1], data: Float32Array.of(i + 1) })));

async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
}

describe('a checkpoint', () => {
  it('is the same in one file and in several', async () => {
    await put({
      'one.safetensors': shard('a', 'b'),
      'model-1.safetensors': shard('a'),
      'model-2.safetensors': safetensors([{ name: 'b', dims: [1], data: Float32Array.of(2) }]),
      [INDEX]: JSON.stringify({
        metadata: { total_size: 8 },
        weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
      }),
    });
    for (const from of [join(dir, 'one.safetensors'), dir, join(dir, INDEX)]) {
      const checkpoint = await openCheckpoint(from);
      expect(checkpoint.dir).toBe(dir);
      expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
      expect([...((await checkpoint.tensors.get('b')?.read()) ?? [])]).toEqual([2]);
      await checkpoint.close();
    }
  });

  const index = (weight_map: Record<string, unknown>) => JSON.stringify({ weight_map });
  it.each<readonly [string, Record<string, string | Uint8Array>, RegExp]>([
    ['nothing', {}, /has no model\.safetensors and no model\.safetensors\.index\.json/],
    ['what only Python reads', { 'pytorch_model.bin': 'x' }, /save it as safetensors first/],
    ['a missing shard', { [INDEX]: index({ a: 'a.safetensors' }) }, /a\.safetensors is missing/],
    [
      'a tensor that is not where the index says',
      { [INDEX]: index({ a: 's.safetensors', b: 's.safetensors' }), 's.safetensors': shard('a') },
      /has a tensor 'b', and it has not/,
    ],
    [
      'a tensor that the index does not know',
      { [INDEX]: index({ a: 's.safetensors' }), 's.safetensors': shard('a', 'b') },
      /has a tensor 'b' that model\.safetensors\.index\.json does not say/,
    ],
    [
      'a tensor in two shards',
      {
        [INDEX]: index({ a: 's.safetensors', b: 't.safetensors' }),
        's.safetensors': shard('a'),
        't.safetensors': shard('a', 'b'),
      },
      /'a' is in another shard too/,
    ],
    ['a shard in another folder', { [INDEX]: index({ a: '../a.safetensors' }) }, /not the plain name/],
    ['an index that is none', { [INDEX]: '{}' }, /weight_map/],
    ['an index that is no JSON', { [INDEX]: '{' }, /is not JSON/],
  ])('is refused: %s', async (_, files, said) => {
    await put(files);
    await expect(openCheckpoint(dir)).rejects.toMatchObject({
      code: 'encoder-invalid',
      message: expect.stringMatching(said) as string,
    });
  });

  it('is refused where there is nothing', async () => {
    await expect(openCheckpoint(join(dir, 'none'))).rejects.toMatchObject({
      message: expect.stringMatching(/there is no/) as string,
    });
  });
});
