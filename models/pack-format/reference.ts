/** A reference as a pack keeps it: a JSON file of its own, whose numbers are base64 of little-endian float32. */
import { z } from 'zod';
import type { BoundedGaussian, Reference } from '../../src/core/reference/reference.ts';
import { UndertoneError } from '../../src/errors.ts';

/** How the manifest names the file. */
export const referenceFile = z.strictObject({
  /** No folder parts: a manifest cannot point outside its own folder. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.json$/, {
    error: (issue) => `'${String(issue.input)}' is not a plain file name ending in .json; put it beside the manifest`,
  }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 hexadecimal digits, as sha256sum prints them' }),
});

const numbers = z.base64();
const cloud = z.strictObject({ mean: numbers, whiten: numbers, bound: z.number().positive() });
const schema = z.strictObject({ reference: z.literal(1), statistics: cloud, embedding: cloud });

/** Numbers that a reference must have. */
export interface ReferenceWidths {
  readonly statistics: number;
  readonly embedding: number;
}

/** The bytes of a reference's file. */
export function encodeReference({ statistics, embedding }: Reference): Uint8Array {
  const encoded = ({ mean, whiten, bound }: BoundedGaussian) => ({
    mean: toBase64(mean),
    whiten: toBase64(whiten),
    bound,
  });
  const file: z.infer<typeof schema> = {
    reference: 1,
    statistics: encoded(statistics),
    embedding: encoded(embedding),
  };
  return Buffer.from(`${JSON.stringify(file)}\n`);
}

/**
 * Read a reference.
 * @param name of the file, for messages.
 * @throws UndertoneError `pack-invalid` for what is no reference, or one for other networks.
 */
export function decodeReference(bytes: Uint8Array, widths: ReferenceWidths, name: string): Reference {
  const refuse = (why: string, cause?: unknown) =>
    new UndertoneError('pack-invalid', `${name} ${why}: run 'undertone reference fit' on the pack again`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw refuse('is not JSON', cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw refuse(`is no reference (${z.prettifyError(parsed.error)})`);
  const decoded = (group: keyof ReferenceWidths): BoundedGaussian => {
    const { bound, ...rest } = parsed.data[group];
    const [mean, whiten] = [fromBase64(rest.mean), fromBase64(rest.whiten)];
    const width = widths[group];
    if (mean.length !== width || whiten.length !== (width * (width + 1)) / 2)
      throw refuse(`has ${mean.length} numbers of ${group}, but the network and this version have ${width}`);
    if (![...mean, ...whiten].every(Number.isFinite)) throw refuse(`holds numbers of ${group} that are not finite`);
    return { mean, whiten, bound };
  };
  return { statistics: decoded('statistics'), embedding: decoded('embedding') };
}

function toBase64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(4 * i));
}
