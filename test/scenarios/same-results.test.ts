import { expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import { runScenario } from '../../scenarios/run.ts';

const source = `
title: the same again?
seed: 7
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  parameter_servers: { count: 2, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise: { compute: { sigma: 0.2 } }
failures: { mtbf: { host: "2 s", repair: "10 ms" }, checkpoint: { every: 3, write: "1 ms", restore: "1 ms" } }
compare:
  - sync
  - { kind: backup, backups: 1 }
  - { kind: async, staleness: 2 }
  - { kind: hybrid, groups: 2 }
  - all-reduce
  - { kind: zero, stage: 3 }
  - { kind: pipeline, stages: 2, micro_batches: 2 }
  - { kind: tensor, ranks: 2 }
  - { kind: mesh, tensor: 2, pipeline: 2, micro_batches: 2, zero: 1 }
  - { kind: model-parallel, placer: greedy }
experiments:
  - kind: training
    name: a
    model: { name: gpt, layers: 2, width: 16, heads: 2, length: 8, vocabulary: 32, batch: 4 }
    workers: [4]
    steps: 10
`;

test('every strategy gives the same results each time, byte for byte', async () => {
  const results = async (): Promise<string> => {
    const scenario = parseScenario(source, 'a.yaml', {});
    return JSON.stringify(await runScenario(scenario, { seed: scenario.seed }));
  };
  const first = await results();
  expect(first.match(/"strategy":"/g)!.length).toBeGreaterThanOrEqual(10);
  expect(await results()).toBe(first);
}, 60_000);
