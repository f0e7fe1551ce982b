/** Checkpoints made from the fixtures by changing them. */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safetensors, type Written } from '../safetensors.ts';
import { encoderFixture, type ENCODERS, tensorsOf } from './fixtures.ts';

/** What is changed. */
export interface Changes {
  /** Fields of `config.json`; undefined takes one away. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Makes other tensors of the fixture's. */
  readonly tensors?: (tensors: readonly Written[]) => readonly Written[];
  /** More files. */
  readonly files?: Readonly<Record<string, string>>;
  /** Spread the tensors over so many files. Default 1. */
  readonly shards?: number;
}

/** Write a changed fixture to `dir`. */
export async function changed(name: keyof typeof ENCODERS, dir: string, changes: Changes = {}): Promise<string> {
  const { config = {}, tensors = (all: readonly Written[]) => all, files = {}, shards = 1 } = changes;
  await mkdir(dir, { recursive: true });
  const original = JSON.parse(readFileSync(join(encoderFixture(name), 'config.json'), 'utf8')) as object;
  await writeFile(join(dir, 'config.json'), JSON.stringify({ ...original, ...config }));
  const read = await tensorsOf(join(encoderFixture(name), 'model.safetensors'));
  const written = tensors([...read].map(([tensor, { data, dims }]) => ({ name: tensor, dims, data })));
  if (shards === 1) await writeFile(join(dir, 'model.safetensors'), safetensors(written));
  else {
    const file = (i: number): string => `model-${(i % shards) + 1}-of-${shards}.safetensors`;
    const weight_map = Object.fromEntries(written.map(({ name: tensor }, i) => [tensor, file(i)]));
    await writeFile(join(dir, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map }));
    for (let shard = 0; shard < shards; shard++)
      await writeFile(join(dir, file(shard)), safetensors(written.filter((_, i) => i % shards === shard)));
  }
  for (const [file, content] of Object.entries(files)) await writeFile(join(dir, file), content);
  return dir;
}

/** Tensors under other names. */
export function renamed(change: (name: string) => string): (tensors: readonly Written[]) => readonly Written[] {
  return (tensors) => tensors.map((tensor) => ({ ...tensor, name: change(tensor.name) }));
}
