/** `node scripts/run.mjs FILE.ts [ARG...]`: runs a TypeScript file of this repository on a Node that can. */
import { resolve } from 'node:path';
import { dependencies } from './setup/dependencies.mjs';
import { SetupError } from './setup/failure.mjs';
import { foreground } from './setup/foreground.mjs';
import { node } from './setup/node.mjs';
import { program } from './setup/program.mjs';
import { withCachedWorker } from './setup/worker.mjs';

await program(async (setup) => {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) throw new SetupError('No file was named.', 'node scripts/run.mjs FILE.ts [ARG...]');
  await dependencies(setup);
  return foreground(node(setup), [resolve(setup.root, file), ...args], { env: withCachedWorker(setup) });
});
