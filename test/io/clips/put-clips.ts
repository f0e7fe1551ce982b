/** A process that keeps clips until it is killed, and says the name of each that is on the disk: `folder key? bytes?`. */
import { randomBytes } from 'node:crypto';
import { clipKeys } from '../../../src/io/clips/clip-keys.ts';
import { clipStore } from '../../../src/io/clips/clip-store.ts';
import { asUndertoneError } from '../../../src/errors.ts';

const [folder = '', key = '', bytes = '300000'] = process.argv.slice(2);
const clips = clipStore({ folder, keys: key === '' ? [] : clipKeys([key]) });
try {
  for (;;) {
    const name = await clips.put(randomBytes(Number(bytes)));
    process.stdout.write(`${name}\n`);
  }
} catch (error) {
  process.stdout.write(`!${asUndertoneError(error).code}\n`);
}
