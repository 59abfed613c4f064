/* Do backup workers or asynchronous ones pay off where one step in fifty of a worker is three times slower? */

import { parseScenario, runScenario } from 'stepcast';

const scenario = parseScenario(
  `title: Eight V100 workers with stragglers
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: v100 }
  parameter_servers: { count: 4, cpu: xeon-e5-2699v3 }
  network: { link: eth-25g }
noise:
  stragglers: { probability: 0.02, slowdown: 3 }
experiments:
  - kind: training
    name: resnet
    model: { name: resnet-50, batch: 32 }
    workers: [8]
    steps: 20
    strategies: [{ kind: sync }, { kind: backup, backups: 1 }, { kind: async }]
`,
  'strategies.yaml',
);
const { training } = await runScenario(scenario, { seed: scenario.seed });
for (const { label, samplesPerSecond, stepSeconds } of training[0]!.runs) {
  const p99 = (1e3 * stepSeconds.p99).toFixed(0);
  console.log(`${label}: ${samplesPerSecond.toFixed(0)} images/s, 99 % of steps within ${p99} ms`);
}
