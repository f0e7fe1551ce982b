/** The pack, the store, the keys, and Node.js itself. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Encoder } from '../../../models/encoder-format.ts';
import { loadPack } from '../../../models/pack.ts';
import { findEncoders } from '../../../models/pack-encoders.ts';
import { openFaceEncoder, openVoiceEncoder } from '../../../models/worker/encoders.ts';
import type { Settings } from '../../config.ts';
import { SAMPLE_RATE_HZ } from '../../core/features.ts';
import { asUndertoneError } from '../../errors.ts';
import { clipKeys } from '../../io/clips/clip-keys.ts';
import { openStore } from '../../io/store/open.ts';
import { hereOrInProject } from '../project.ts';
import { fault, faultOf, type Finding, ok, warning } from './finding.ts';

/** Whether this Node.js runs all of the product. */
export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 5)) return ok('Node.js', version);
  return warning('Node.js', `${version}, which cannot fetch by way of a proxy`, 'install Node.js 24.5 or newer');
}

/** Whether the pack is whole, and each encoder that it names: there, the one that it learned from, and one that can serve. */
export async function checkPack({
  UNDERTONE_PACK: dir,
  UNDERTONE_ENCODERS: root,
  UNDERTONE_WINDOW_MS: windowMs,
}: Settings): Promise<readonly Finding[]> {
  const packDir = hereOrInProject(dir);
  try {
    const { pack, encoders: named } = await loadPack(packDir);
    const whole = ok('pack', `${pack.name}@${pack.version}, every hash as its manifest says`);
    try {
      const { voice, face } = await findEncoders(packDir, named, root);
      const samples = Math.round((windowMs * SAMPLE_RATE_HZ) / 1000);
      const runs = { sizes: [1], warm: false };
      return [
        whole,
        ...(voice ? [await checkEncoder(voice, () => openVoiceEncoder(voice, samples, runs))] : []),
        ...(face ? [await checkEncoder(face, () => openFaceEncoder(face, runs))] : []),
      ];
    } catch (thrown) {
      return [whole, faultOf('encoder', thrown)];
    }
  } catch (thrown) {
    return [faultOf('pack', thrown)];
  }
}

/** @param open opens it as the server does, which checks its hashes. */
async function checkEncoder(
  { dir, encoder }: { readonly dir: string; readonly encoder: Encoder },
  open: () => Promise<{ close(): Promise<void> }>,
): Promise<Finding> {
  try {
    await (await open()).close();
    return ok('encoder', `${encoder.source.name} in ${dir}, every hash as its manifest says`);
  } catch (thrown) {
    return faultOf('encoder', thrown);
  }
}

/** Whether the store opens. One that is not there is not made. */
export async function checkStore({ DATABASE_URL: url, UNDERTONE_DATA_DIR: dir }: Settings): Promise<Finding> {
  const folder = join(dir, 'store');
  if (url === undefined && !existsSync(folder)) return ok('store', `none in ${folder} yet: the first start makes it`);
  try {
    const store = await openStore(
      url === undefined ? { at: 'folder', folder } : { at: 'postgres', url, onLost: () => undefined },
    );
    await store.close();
    return ok('store', `${url === undefined ? folder : 'Postgres'}: opens, its tables are up to date`);
  } catch (thrown) {
    const { message } = asUndertoneError(thrown);
    // A server that runs has it, as it should.
    return url === undefined && /in use|held/i.test(message)
      ? warning('store', message, 'stop the server that has it to look at it')
      : faultOf('store', thrown);
  }
}

/** Whether there are the keys that are needed. Shows none. */
export function checkKeys({
  UNDERTONE_SECRET: secret,
  UNDERTONE_HOST: host,
  UNDERTONE_CLIP_KEY: keys = [],
}: Settings): readonly Finding[] {
  const loopback = ['127.0.0.1', '::1', 'localhost'].includes(host);
  const make = 'from `openssl rand -hex 32`';
  const findings: Finding[] = [];
  if (secret !== undefined) findings.push(ok('secret', 'set'));
  else if (loopback) findings.push(ok('secret', 'not set: a server on this machine makes its own'));
  else findings.push(fault('secret', `not set, and others can reach ${host}`, `set UNDERTONE_SECRET, ${make}`));
  if (keys.length === 0) findings.push(ok('clip key', 'none: clips for review cannot be kept'));
  else
    try {
      findings.push(ok('clip key', `${clipKeys(keys).length}, of which the first encrypts`));
    } catch (thrown) {
      findings.push(faultOf('clip key', thrown));
    }
  return findings;
}
