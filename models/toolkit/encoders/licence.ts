import { open } from 'node:fs/promises';
import { join } from 'node:path';

const MOST_BYTES = 1 << 16;

/** The licence that a published checkpoint's README names in its front matter; null where it names none. */
export async function readLicence(dir: string): Promise<string | null> {
  const file = await open(join(dir, 'README.md')).catch(() => null);
  if (!file) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    const [, matter = ''] = /^---\r?\n(.*?)\r?\n---/s.exec(buffer.toString('utf8', 0, bytesRead)) ?? [];
    const [, licence = ''] = /^license:[ \t]*["']?([\w .+-]{1,100}?)["']?[ \t]*$/m.exec(matter) ?? [];
    return licence === '' ? null : licence;
  } finally {
    await file.close();
  }
}
