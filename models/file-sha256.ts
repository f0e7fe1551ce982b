import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/**
 * SHA-256 of a file of any size, in hex.
 * @param read hears how many bytes were read since it last did.
 * @example await fileSha256('encoder.onnx');
 */
export async function fileSha256(path: string, read: (bytes: number) => void = () => undefined): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Uint8Array;
    hash.update(bytes);
    read(bytes.length);
  }
  return hash.digest('hex');
}
