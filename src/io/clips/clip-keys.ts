import { hkdfSync } from 'node:crypto';
import { UndertoneError } from '../../errors.ts';

/** What one configured key is used for, each by a key of its own that follows from it (HKDF, RFC 5869). */
export interface ClipKey {
  /** Names the key in the files that it encrypts, 8 bytes; tells nothing of the key. */
  readonly id: Uint8Array;
  /** For AES-256-GCM. */
  readonly encryption: Uint8Array;
  /** For the names of clips (HMAC-SHA256). */
  readonly naming: Uint8Array;
}

/** 32 bytes as hex, or as base64 with or without padding, also in its alphabet for URLs. */
const CLIP_KEY = /^(?:[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=?)$/i;

/**
 * Keys as they are configured. The first encrypts; all decrypt, so a key is changed by putting the new one before the old one
 * and dropping the old one when its last clip has expired.
 * @throws UndertoneError `config-invalid` for what is not 32 bytes; the message does not repeat it.
 * @example const keys = clipKeys(config.UNDERTONE_CLIP_KEY ?? []);
 */
export function clipKeys(configured: readonly string[]): readonly ClipKey[] {
  return configured.map((text, i) => {
    if (!CLIP_KEY.test(text))
      throw new UndertoneError(
        'config-invalid',
        `UNDERTONE_CLIP_KEY: key ${i + 1} is not 32 bytes in hex or base64: make one with \`openssl rand -hex 32\``,
      );
    const key = Buffer.from(text, text.length === 64 ? 'hex' : 'base64');
    const derive = (use: string, bytes: number) =>
      new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), `undertone clips: ${use}`, bytes));
    return { id: derive('id', 8), encryption: derive('encryption', 32), naming: derive('naming', 32) };
  });
}
