/**
 * Clips as they lie on the disk. Without a key: as they are, by their SHA-256. With one: AES-256-GCM (NIST SP 800-38D), by a
 * keyed hash, so that whoever can list the folder cannot confirm that a clip they have is in it.
 *
 * | magic `UTC1` | key id | nonce | ciphertext | tag |
 * | ------------ | ------ | ----- | ---------- | --- |
 * | 4 bytes      | 8      | 12    | as the clip | 16 |
 *
 * Magic, key id and the clip's name are authenticated too: a file that was put under another's name does not open. A nonce is
 * random, which is safe for 2^32 clips a key.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { UndertoneError } from '../../errors.ts';
import type { ClipKey } from './clip-keys.ts';

const MAGIC = Buffer.from('UTC1');
const ID_END = 12;
const NONCE_END = 24;
const TAG_BYTES = 16;

/** The name of a clip, 64 hex digits, and what is written under it. */
export interface SealedClip {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * A clip as it is to be written.
 * @param key null: as it is.
 * @example const { name, bytes } = sealClip(webm, keys[0] ?? null);
 */
export function sealClip(clip: Uint8Array, key: ClipKey | null): SealedClip {
  if (key === null) return { name: createHash('sha256').update(clip).digest('hex'), bytes: clip };
  const name = nameUnder(key, clip);
  const nonce = randomBytes(NONCE_END - ID_END);
  const cipher = createCipheriv('aes-256-gcm', key.encryption, nonce);
  cipher.setAAD(bound(key, name));
  const encrypted = [cipher.update(clip), cipher.final()];
  return { name, bytes: Buffer.concat([MAGIC, key.id, nonce, ...encrypted, cipher.getAuthTag()]) };
}

/**
 * The clip that was written as it is.
 * @throws UndertoneError `clip-damaged` where it is not what its name says.
 */
export function checkClip(bytes: Uint8Array, name: string): Uint8Array {
  if (createHash('sha256').update(bytes).digest('hex') === name) return bytes;
  throw damaged(name, 'it was changed on the disk');
}

/**
 * The clip that was written encrypted.
 * @throws UndertoneError `clip-damaged` where it was changed, or where none of `keys` encrypted it.
 */
export function openClip(bytes: Uint8Array, name: string, keys: readonly ClipKey[]): Uint8Array {
  if (bytes.length < NONCE_END + TAG_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.length)))
    throw damaged(name, 'it was changed on the disk');
  const id = Buffer.from(bytes.subarray(MAGIC.length, ID_END));
  const key = keys.find((each) => id.equals(each.id));
  if (key === undefined) throw damaged(name, 'it is encrypted by a key that UNDERTONE_CLIP_KEY does not name: add it');
  const tagAt = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key.encryption, bytes.subarray(ID_END, NONCE_END));
  decipher.setAAD(bound(key, name));
  decipher.setAuthTag(bytes.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_END, tagAt)), decipher.final()]);
  } catch (cause) {
    throw damaged(name, 'it was changed on the disk, or its key was', cause);
  }
}

function nameUnder({ naming }: ClipKey, clip: Uint8Array): string {
  return createHmac('sha256', naming).update(clip).digest('hex');
}

function bound({ id }: ClipKey, name: string): Uint8Array {
  return Buffer.concat([MAGIC, id, Buffer.from(name, 'hex')]);
}

function damaged(name: string, why: string, cause?: unknown): UndertoneError {
  return new UndertoneError('clip-damaged', `clip ${name.slice(0, 12)}... cannot be shown: ${why}`, { cause });
}
