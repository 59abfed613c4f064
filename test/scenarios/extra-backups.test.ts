import { expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingScenario } from '../../scenarios/schema.ts';
import { settingsFor } from '../../scenarios/settings.ts';
import { SMALL } from './small.ts';

function settings(strategy: string) {
  const scenario = parseScenario(SMALL, 'small.yaml', {
    set: [`strategy=${strategy}`, 'experiments.0.workers=[4, 8]'],
  });
  const experiment = scenario.experiments[0] as TrainingScenario;
  return settingsFor(scenario, experiment, experiment.strategies[0]!).possible;
}

test('extra backups come on top of the workers, whose gradients all count', () => {
  const runs = settings('{kind: backup, backups: 3, extra: true}');
  expect(runs.map(({ workers, hosts, gradientsPerUpdate }) => [workers, hosts, gradientsPerUpdate])).toEqual([
    [7, 7, 4],
    [11, 11, 8],
  ]);
  expect(runs[0]!.strategy.label(runs[0]!.options)).toBe('synchronous, 3 extra backups');
});

test('others are some of the workers', () => {
  const runs = settings('{kind: backup, backups: 3}');
  expect(runs.map(({ workers, gradientsPerUpdate }) => [workers, gradientsPerUpdate])).toEqual([
    [4, 1],
    [8, 5],
  ]);
});
