/**
 * `measure` as a process of its own: its memory is the encoder's, and no other network's threads are in it. Its argument is a
 * `Task`; it sends `Report`s.
 */
import { asUndertoneError } from '../../../src/errors.ts';
import { measure } from './measure.ts';
import type { Report, Task } from './measurement.ts';

const tell = (report: Report) => process.send?.(report, () => report.kind !== 'turn' && process.disconnect());
process.once('disconnect', () => process.exit());
await measure(JSON.parse(process.argv[2] ?? '') as Task, () => tell({ kind: 'turn' })).then(
  (measurement) => tell({ kind: 'done', measurement }),
  (thrown: unknown) => {
    const { code, message } = asUndertoneError(thrown);
    tell({ kind: 'failed', code, message });
  },
);
