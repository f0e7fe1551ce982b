import { defineConfig } from 'vitest/config';

/** Two slow, shared cores are the smallest machine this must pass on; a test that hangs still ends. */
const UNIT_TIMEOUT_MS = 120_000;
/** A browser, a server and a few windows of real media. */
const E2E_TIMEOUT_MS = 180_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          testTimeout: UNIT_TIMEOUT_MS,
          hookTimeout: UNIT_TIMEOUT_MS,
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
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
