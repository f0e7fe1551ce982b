#!/usr/bin/env node
/** The `undertone` command: finds a Node that runs TypeScript, then runs src/cli.ts with it. */
import { join } from 'node:path';
import { dependencies } from './setup/dependencies.mjs';
import { foreground } from './setup/foreground.mjs';
import { node } from './setup/node.mjs';
import { program } from './setup/program.mjs';
import { withCachedWorker } from './setup/worker.mjs';

await program(async (setup) => {
  await dependencies(setup);
  return foreground(node(setup), [join(setup.root, 'src/cli.ts'), ...process.argv.slice(2)], {
    env: withCachedWorker(setup),
  });
});
