/** `npm run build`: the pages in dist/clients; the server needs no build. */
import { dashboard } from './setup/dashboard.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { node } from './setup/node.mjs';
import { program } from './setup/program.mjs';

await program(async (setup) => {
  await dependencies(setup);
  await dashboard(setup, node(setup));
  return 0;
});
