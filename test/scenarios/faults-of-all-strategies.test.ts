import { beforeAll, describe, expect, it } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { STRATEGIES, type StrategyKind } from '../../sim/strategies/index.ts';

/** Each kind once, on four accelerators; a kind that is not here does not compile. */
const CHOICES: { readonly [K in StrategyKind]: string } = {
  sync: '{ kind: sync }',
  backup: '{ kind: backup, backups: 1 }',
  async: '{ kind: async, staleness: 2 }',
  hybrid: '{ kind: hybrid, groups: 2 }',
  'all-reduce': '{ kind: all-reduce }',
  zero: '{ kind: zero, stage: 3 }',
  'model-parallel': '{ kind: model-parallel, placer: greedy }',
  pipeline: '{ kind: pipeline, stages: 2, micro_batches: 2 }',
  tensor: '{ kind: tensor, ranks: 2 }',
  mesh: '{ kind: mesh, tensor: 2, pipeline: 2, micro_batches: 2 }',
};

async function runOf(strategy: string, failures: string): Promise<TrainingRun> {
  const scenario = parseScenario(
    `
title: all strategies fail
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: v100, accelerators: 2 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
# Without it, asynchronous workers meet at the server step for step, until a failure sets them apart: it would make them faster.
noise: { compute: { sigma: 0.1 } }
failures: ${failures}
experiments:
  - kind: training
    name: t
    model: { name: gpt, batch: 4, layers: 2, width: 64, heads: 4, length: 32, vocabulary: 512 }
    workers: [4]
    steps: 16
    strategies: [${strategy}]
`,
    'a.yaml',
  );
  const results = await runScenario(scenario, { seed: 3 });
  expect(results.training[0]!.skipped).toEqual([]);
  return results.training[0]!.runs[0]!;
}

describe.each(Object.keys(STRATEGIES) as StrategyKind[])('%s', (kind) => {
  const checkpoint = 'checkpoint: { every: 5, write: "1 ms", restore: "1 ms" }';
  let calm: TrainingRun;
  beforeAll(async () => {
    calm = await runOf(CHOICES[kind], '{ mtbf: { host: "1000 d", repair: "10 s" } }');
  });

  it('goes through failures of whole hosts and of single devices to its end', async () => {
    const seconds = calm.simulatedSeconds;
    const { stopped, goodput, losses, simulatedSeconds } = await runOf(
      CHOICES[kind],
      `{ mtbf: { host: "${seconds / 2} s", device: "${2 * seconds} s", repair: "${seconds / 50} s" }, ${checkpoint} }`,
    );
    expect(stopped).toBeNull();
    expect(losses.failures).toBeGreaterThan(3);
    expect(simulatedSeconds).toBeGreaterThan(seconds);
    const { useful, checkpoints, undone, down, waiting } = goodput!;
    for (const share of [useful, checkpoints, undone, down, waiting]) expect(share).toBeGreaterThanOrEqual(0);
    expect(useful + checkpoints + undone + down + waiting).toBeCloseTo(1, 9);
    expect(useful).toBeLessThan(0.99);
  });

  it('goes back to its checkpoint where the machines that are lost hold variables, and only there', () => {
    const outcomes = Object.fromEntries(calm.lossCosts.map(({ lost, outcome }) => [lost, outcome]));
    if (STRATEGIES[kind].usesServers) expect(outcomes.server).toBe('restarts');
    else expect(outcomes.server).toBeUndefined();
    // Two workers are lost with a host.
    const ofWorker = { sync: 'waits', backup: 'waits', hybrid: 'continues', async: 'waits' } as const;
    expect(outcomes.worker).toBe(Object.hasOwn(ofWorker, kind) ? ofWorker[kind as 'sync'] : 'restarts');
  });

  it('stops with a reason where nobody repairs', async () => {
    const at = `{ script: [{ at: "${calm.simulatedSeconds / 2} s", host: "worker/*" }] }`;
    const { stopped } = await runOf(CHOICES[kind], at);
    expect(stopped).toMatch(/^worker\/\d.* failed .*not repaired/);
  });
});
