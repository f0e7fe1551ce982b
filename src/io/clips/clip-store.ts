import type { ClipStore } from '../../ports/store.ts';
import { CLIP_NAME, clipFiles, clipPath, readWhole, removeDurably, writeDurably } from './clip-folder.ts';
import type { ClipKey } from './clip-keys.ts';
import { checkClip, openClip, sealClip } from './sealing.ts';

/** Where clips are kept, and how. */
export interface ClipStoreOptions {
  /** Made when the first clip is kept. One server at a time may sweep it. */
  readonly folder: string;
  /** The first encrypts, all decrypt. None: clips are written as they are. */
  readonly keys: readonly ClipKey[];
  /** The time by which files are dated. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * Clips as files.
 * @example
 * const clips = clipStore({ folder: join(dataDir, 'clips'), keys: clipKeys(['...']) });
 * const name = await clips.put(webm, (clip) => store.reviews.add({ ...item, clip }));
 */
export function clipStore({ folder, keys, now = Date.now }: ClipStoreOptions): ClipStore {
  /** Clips that are being written or put on record, with how many times; no sweep takes them. */
  const held = new Map<string, number>();
  /** Temporary files of this process. */
  const unfinished = new Set<string>();
  /** What was put while a sweep asked what is in use: the answer may not know of it. */
  const sweeps = new Set<Set<string>>();

  async function hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    held.set(name, (held.get(name) ?? 0) + 1);
    for (const during of sweeps) during.add(name);
    try {
      return await work();
    } finally {
      const left = (held.get(name) ?? 1) - 1;
      if (left > 0) held.set(name, left);
      else held.delete(name);
    }
  }

  async function write(path: string, bytes: Uint8Array): Promise<void> {
    let part = '';
    try {
      await writeDurably(path, bytes, (temporary) => {
        part = temporary;
        unfinished.add(temporary);
      });
    } finally {
      unfinished.delete(part);
    }
  }

  return {
    async put(bytes, refer) {
      const key = keys[0] ?? null;
      const sealed = sealClip(bytes, key);
      await hold(sealed.name, async () => {
        await write(clipPath(folder, sealed.name, key === null ? 'webm' : 'sealed'), sealed.bytes);
        await refer?.(sealed.name);
      });
      return sealed.name;
    },
    async get(name) {
      if (!CLIP_NAME.test(name)) return null;
      const sealed = await readWhole(clipPath(folder, name, 'sealed'));
      if (sealed !== null) return openClip(sealed, name, keys);
      const plain = await readWhole(clipPath(folder, name, 'webm'));
      return plain === null ? null : checkClip(plain, name);
    },
    async sweep(inUse, graceMs) {
      const during = new Set(held.keys());
      sweeps.add(during);
      try {
        const oldest = now() - graceMs;
        const found = [];
        for await (const file of clipFiles(folder)) if (file.changedMs <= oldest) found.push(file);
        const used = await inUse();
        const doomed = found.filter(({ name, path }) =>
          name === null ? !unfinished.has(path) : !used.has(name) && !during.has(name),
        );
        await removeDurably(doomed.map(({ path }) => path));
        return doomed.length;
      } finally {
        sweeps.delete(during);
      }
    },
  };
}
