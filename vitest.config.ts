import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'cases/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
      'tools/test/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // A busy machine takes its time; what a test proves of time it asserts itself.
    testTimeout: 60_000,
    // On two cores vitest would run one: most tests wait for sockets and clocks.
    maxWorkers: 2,
  },
});
