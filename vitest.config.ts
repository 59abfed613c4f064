import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build-dist.ts'],
    // Most tests take milliseconds; the ones that start the program, a browser or a training run take seconds.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
