/** `npm start`: sets up what is missing, then serves. */
import { foreground } from './setup/foreground.mjs';
import { program } from './setup/program.mjs';
import { setUpServer } from './setup/set-up.mjs';

await program(async (setup) => {
  const { node, env } = await setUpServer(setup);
  return foreground(node, ['src/main.ts', ...process.argv.slice(2)], { cwd: setup.root, env });
});
