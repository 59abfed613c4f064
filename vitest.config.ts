import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that a busy machine would disturb, or that replace modules: one after the other, when all others are done. */
const ALONE = [
  'test/**/*.timed.test.ts',
  'test/executor/checkpoint/durable.test.ts',
  'test/scenarios/mistakes.test.ts',
  // They measure the memory of their process.
  'test/graph/import/*/hostile.test.ts',
  'test/graph/import/bounded.test.ts',
  'test/graph/import/onnx/importer.test.ts',
];

/** The longest, longest first: what begins last should not be what takes longest. */
const LONG = [
  'test/scenarios/golden.test.ts',
  'test/cli/sweep.test.ts',
  'test/cli/commands.test.ts',
  'test/scenarios/faults.test.ts',
  'test/package.test.ts',
  'test/scenarios/queue.test.ts',
  'test/cli/model-files.test.ts',
  'test/reports/browser.test.ts',
  'test/scenarios/runtime.test.ts',
  'test/scenarios/local/predict-step.test.ts',
  'test/cli/docs.test.ts',
  'test/docs.test.ts',
  'test/cli/place.test.ts',
  'test/placement/hierarchical.test.ts',
  'test/placement/conformance.test.ts',
  'test/cli/replay.test.ts',
  'test/cli/errors.test.ts',
  'test/cli/validate.test.ts',
  'test/examples.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((file) => moduleId.endsWith(`/${file}`));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

const common = {
  // Most tests take milliseconds; the ones that start the program, a browser or a training run take seconds.
  testTimeout: 60_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    globalSetup: ['test/build-dist.ts'],
    // All cores: vitest itself only waits.
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          // Modules are loaded once per worker, not once per file: half of the time that the tests took.
          isolate: false,
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
