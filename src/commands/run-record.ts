/** `run.json`: which run a folder is of, and which network it ended with. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../errors.ts';
import { writeWhole } from './part-file.ts';

/** What `run.json` says. */
interface RunRecord {
  readonly fingerprint: string;
  /** SHA-256 of the network once it is trained. */
  readonly network?: string;
}

/**
 * Claim a folder for a run.
 * @param network name of the file that the run ends with.
 * @returns whether the run ended before, with the network that lies there.
 * @throws UndertoneError `training-failed` when the folder is of another run.
 */
export async function claimRun(out: string, fingerprint: string, network: string): Promise<boolean> {
  const record = await readRecord(out, fingerprint);
  if (record?.network !== undefined && record.network === (await hashOf(join(out, network)))) return true;
  await writeRecord(out, { fingerprint });
  return false;
}

/** Write the network that the run of a folder ends with, and then that it did. */
export async function endRun(out: string, fingerprint: string, network: string, bytes: Uint8Array): Promise<void> {
  await writeWhole(join(out, network), bytes, '--out');
  await writeRecord(out, { fingerprint, network: createHash('sha256').update(bytes).digest('hex') });
}

async function readRecord(out: string, fingerprint: string): Promise<RunRecord | null> {
  const text = await readFile(join(out, 'run.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const found = /^\{\s*"fingerprint":\s*"([0-9a-f]{64})"(?:,\s*"network":\s*"([0-9a-f]{64})")?\s*\}\s*$/.exec(text);
  const [, known = '', hash] = found ?? [];
  if (known !== fingerprint)
    throw new UndertoneError(
      'training-failed',
      `'${out}' is of another run: its configuration or its clips have changed. Choose another --out, or remove that one`,
    );
  return { fingerprint: known, ...(hash !== undefined && { network: hash }) };
}

function writeRecord(out: string, record: RunRecord): Promise<void> {
  return writeWhole(join(out, 'run.json'), `${JSON.stringify(record, null, 2)}\n`, '--out');
}

async function hashOf(file: string): Promise<string | null> {
  const bytes = await readFile(file).catch(() => null);
  return bytes && createHash('sha256').update(bytes).digest('hex');
}
