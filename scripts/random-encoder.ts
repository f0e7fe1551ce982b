/**
 * A checkpoint of a published architecture at its full size, with random weights.
 *
 *     node scripts/run.mjs scripts/random-encoder.ts wavlm-large --out /tmp/wavlm-large
 */
import { parseArgs } from 'node:util';
import { ARCHITECTURES, writeRandomCheckpoint } from './bench/encoders/random-checkpoint.ts';

const { values, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
const [name = ''] = positionals;
const known = ARCHITECTURES.find((architecture) => architecture === name);
if (!known) throw new Error(`'${name}' is none of ${ARCHITECTURES.join(', ')}`);
if (values.out === undefined) throw new Error('--out is needed: a folder for the checkpoint');
const { tensors, bytes } = await writeRandomCheckpoint(known, values.out);
process.stdout.write(`${values.out}: ${tensors} tensors, ${(bytes / 1e6).toFixed(0)} MB\n`);
