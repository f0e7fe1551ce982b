import { closeSync, fdatasyncSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** What Postgres is started with so that a commit waits for the disk; `-F`, which is PGlite's own, has to go. */
export const SYNCED = ['-c', 'wal_sync_method=fsync'] as const;

/** What Emscripten's file system in a folder lacks: without it a sync that Postgres asks for does nothing. */
interface FolderStreams {
  fsync?: (stream: { readonly nfd: number }) => number;
}

/** A folder of this machine as the embedded database's disk, on which what was synced survives a loss of power too. */
export class SyncedFolder extends NodeFS {
  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const withSync = (module: { readonly NODEFS?: { readonly stream_ops: FolderStreams } }) => {
      if (module.NODEFS)
        module.NODEFS.stream_ops.fsync = ({ nfd }) => {
          fdatasyncSync(nfd);
          return 0;
        };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), withSync] } };
  }
}

/** Wait until a folder is on the disk with all that is in it. */
export function syncFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) syncFolder(join(folder, entry.name));
    else syncOne(join(folder, entry.name));
  syncOne(folder);
}

function syncOne(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
