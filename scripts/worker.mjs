/** `npm run worker [-- FILE]`: finds, downloads or builds the mediasoup worker, copies it to FILE, and prints where it is. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { dependencies } from './setup/dependencies.mjs';
import { program } from './setup/program.mjs';
import { worker } from './setup/worker.mjs';

await program(async (setup) => {
  const [target] = process.argv.slice(2);
  await dependencies(setup);
  const found = await worker(setup);
  if (target !== undefined) {
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(found, target);
  }
  console.log(target ?? found);
  return 0;
});
