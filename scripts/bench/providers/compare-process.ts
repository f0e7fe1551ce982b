/** `compare` as a process of its own, which a driver may take with it. Its argument is a `Task`; it prints a `Comparison`, null or a reason. */
import { asUndertoneError } from '../../../src/errors.ts';
import { compare, type Task } from './compare.ts';

try {
  const comparison = await compare(JSON.parse(process.argv[2] ?? '') as Task);
  process.stdout.write(JSON.stringify(comparison, (_, value: unknown) => (Number.isNaN(value) ? 'NaN' : value)));
} catch (thrown) {
  process.stdout.write(asUndertoneError(thrown).message);
  process.exitCode = 1;
}
