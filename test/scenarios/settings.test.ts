import { expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingScenario } from '../../scenarios/schema.ts';
import { settingsFor } from '../../scenarios/settings.ts';

/** Updates of each run, by strategy and workers. */
function updates(steps: number, above = ''): { [run: string]: number } {
  const scenario = parseScenario(
    `
title: how long?
cluster:
  workers: { cpu: xeon-e5-2699v3 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
${above}
experiments:
  - kind: training
    name: a
    model: { name: mnist-softmax, batch: 4 }
    workers: [2, 8]
    steps: ${steps}
    strategies: [sync, { kind: backup, backups: 1 }, async, { kind: hybrid, groups: 2 }, { kind: hybrid, groups: 1, backups: 1 }]
`,
    'a.yaml',
  );
  const experiment = scenario.experiments[0] as TrainingScenario;
  const runs = experiment.strategies.flatMap((choice) =>
    settingsFor(scenario, experiment, choice).possible.map((setting) => [
      `${choice.kind === 'hybrid' ? setting.strategy.label(setting.options) : choice.kind} ${setting.workers}`,
      setting.updates,
    ]),
  );
  return Object.fromEntries(runs);
}

test('every replica makes about as many steps as are asked for', () => {
  expect(updates(70)).toEqual({
    'sync 2': 70,
    'sync 8': 70,
    'backup 2': 140,
    'backup 8': 80,
    'async 2': 140,
    'async 8': 560,
    'hybrid, 2 groups 2': 140,
    'hybrid, 2 groups 8': 140,
    'hybrid, 1 group, 1 backup each 2': 140,
    'hybrid, 1 group, 1 backup each 8': 80,
  });
});

test('where steps vary, all runs have as many of them as that of the most workers', () => {
  expect(updates(70, 'noise: { compute: { sigma: 0.1 } }')).toEqual({
    'sync 2': 280,
    'sync 8': 70,
    'backup 2': 560,
    'backup 8': 80,
    'async 2': 560,
    'async 8': 560,
    'hybrid, 2 groups 2': 560,
    'hybrid, 2 groups 8': 140,
    'hybrid, 1 group, 1 backup each 2': 560,
    'hybrid, 1 group, 1 backup each 8': 80,
  });
});

test('at least three each: the first is not timed, and of one there is no spread', () => {
  expect(updates(1)).toEqual({
    'sync 2': 3,
    'sync 8': 3,
    'backup 2': 6,
    'backup 8': 3,
    'async 2': 6,
    'async 8': 24,
    'hybrid, 2 groups 2': 6,
    'hybrid, 2 groups 8': 6,
    'hybrid, 1 group, 1 backup each 2': 6,
    'hybrid, 1 group, 1 backup each 8': 3,
  });
});
