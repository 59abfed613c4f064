import { spawnSync } from 'node:child_process';
import { parseScenario } from '../scenarios/load.ts';
import type { TrainingScenario } from '../scenarios/schema.ts';
import { trainingBytes } from '../scenarios/size.ts';

/*
 * The memory that scenarios/size.ts expects of a training experiment against the peak of a process that runs it
 * (resident set, less that of a process that only loads the program). From 100 MB on it must not be far below 1: a
 * run that was let through could end for want of memory. Below, garbage not yet collected outweighs what is needed.
 */

const scenario = (model: string, workers: number, steps: number): string => `
title: memory
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  parameter_servers: { count: 4, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
experiments:
  - kind: training
    name: t
    model: { name: ${model}, batch: 8 }
    workers: [${workers}]
    steps: ${steps}
    strategies: [{ kind: sync }]
`;

/** Peak resident bytes of a process that evaluates `body` with the library in scope. */
function peakBytes(body: string): number {
  const program = `import { parseScenario, runScenario } from './dist/index.js'; ${body}
    console.log(process.resourceUsage().maxRSS * 1024);`;
  const { stdout, stderr, status } = spawnSync('node', ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

const idle = peakBytes('');
console.log('model           workers  steps   expected   peak      expected / peak');
for (const [model, workers, steps] of [
  ['inception-v3', 20, 3],
  ['inception-v3', 100, 3],
  ['mnist-cnn', 500, 3],
  ['mnist-softmax', 4000, 3],
  ['mnist-softmax', 10, 20_000],
] as const) {
  const text = scenario(model, workers, steps);
  const parsed = parseScenario(text, 'memory.yaml');
  const [experiment] = parsed.experiments;
  const { workers: forWorkers, updates, tensors } = trainingBytes(parsed, experiment as TrainingScenario);
  const expected = forWorkers + updates + tensors;
  const run = `await runScenario(parseScenario(${JSON.stringify(text)}, 'memory.yaml'), { seed: 1 });`;
  const peak = peakBytes(run) - idle;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`.padEnd(9);
  console.log(
    `${model.padEnd(15)} ${String(workers).padEnd(8)} ${String(steps).padEnd(7)} ${megabytes(expected)}  ${megabytes(peak)} ${(expected / peak).toFixed(2)}`,
  );
}
