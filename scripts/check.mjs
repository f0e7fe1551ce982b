/** `npm run lint` and its kin: one of the checks of `npm test`, by name; further arguments go to its tool. */
import { checkArguments, CHECKS } from './setup/checks.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { SetupError } from './setup/failure.mjs';
import { foreground } from './setup/foreground.mjs';
import { node } from './setup/node.mjs';
import { program } from './setup/program.mjs';

await program(async (setup) => {
  const [name, ...more] = process.argv.slice(2);
  const check = CHECKS.find((check) => check.name === name);
  if (check === undefined)
    throw new SetupError(`There is no check '${name}'.`, CHECKS.map((check) => check.name).join(', '));
  await dependencies(setup);
  const args = [...checkArguments(setup.root, check), ...more];
  return foreground(node(setup), args, { cwd: setup.root, env: setup.env });
});
