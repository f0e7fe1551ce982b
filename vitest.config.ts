import { defineConfig } from 'vitest/config';
import { PATIENCE } from './test/fixtures/patience.ts';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Two slow, shared cores are the smallest machine this must pass on; a test that hangs still ends. */
const UNIT_TIMEOUT_MS = 120_000;
/** A browser, a server and a few windows of real media. */
const E2E_TIMEOUT_MS = 180_000;

/** Each of these takes half a minute or more: begun first, longest first, none of them is left to run alone at the end. */
const LONGEST = [
  'test/io/store/pglite-crash.test.ts',
  'test/clients/admin-pages.test.ts',
  'test/clients/review-pages.test.ts',
  'test/clients/pages.test.ts',
  'test/commands/analyse.test.ts',
  'test/commands/recalibrate.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification) => LONGEST.findIndex((name) => moduleId.endsWith(name));
    const longest = sorted.filter((file) => place(file) >= 0).sort((a, b) => place(a) - place(b));
    return [...longest, ...sorted.filter((file) => place(file) < 0)];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
          expect: { poll: PATIENCE },
          // By default one core is left idle, which on two is half of the machine.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          // One server and one browser at a time: side by side they would measure each other.
          fileParallelism: false,
          testTimeout: E2E_TIMEOUT_MS,
          hookTimeout: E2E_TIMEOUT_MS,
          expect: { poll: PATIENCE },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
