import { describe, expect, it } from 'vitest';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { PlanExecutor } from '../../executor/plan-executor.ts';
import { Session } from '../../executor/session.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { minimize } from '../../graph/optimizers/minimize.ts';
import { numbers, tensor, zeros } from '../../graph/tensor.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';

const WORKERS = 3;
const UPDATES = 3;
const nic = findLink('eth-10g');
const cpu = findDevice('xeon-e5-2699v3');
const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
const cluster = buildCluster({
  jobs: [
    { name: 'worker', tasks: WORKERS, cpu, accelerators, nic },
    { name: 'ps', tasks: 2, cpu, nic },
  ],
});

function planFor(kind: keyof typeof STRATEGIES, rows: number) {
  const model = MODELS['dlrm-kaggle']!.with({ largest: rows });
  return planBy(STRATEGIES[kind], {
    model,
    batch: 2,
    cluster,
    workers: WORKERS,
    parameterServers: 2,
    updates: UPDATES,
  });
}

/** Runs kernels in simulated order and returns the rows of the first table; replicas see the same samples if `alike`. */
function trained(kind: keyof typeof STRATEGIES, click: number, alike = false): number[] {
  const plan = planFor(kind, 10);
  const executor = new PlanExecutor(plan, {
    seed: 1,
    feed: (placeholder, replica) => {
      if (placeholder === 'numbers') return tensor('float32', [2, 13], [alike ? 0.1 : 0.1 * (replica + 1)]);
      if (placeholder === 'labels') return tensor('float32', [2, 1], [click]);
      return zeros('int64', [2]);
    },
  });
  simulate(compilePlan(plan, cluster, kernelSeconds), cluster, {
    onStart: (loop, node, iteration) => executor.start(loop, node, iteration),
  });
  return [...numbers(executor.variables.readVariable('table0/table')!)];
}

describe.each(['sync', 'async'] as const)('tables of a recommender, trained by %s', (kind) => {
  it('move what was looked up, however long they are', () => {
    const bytes = [100, 10_000].map(
      (rows) => simulate(compilePlan(planFor(kind, rows), cluster, kernelSeconds), cluster).transferBytes,
    );
    // Asynchronous workers are cut off at other moments when their servers take longer.
    expect(bytes[0]! / bytes[1]!).toBeCloseTo(1, 3);
  });

  it('take hardly longer when they are much longer', () => {
    const [short, long] = [100, 10_000_000].map(
      (rows) => simulate(compilePlan(planFor(kind, rows), cluster, kernelSeconds), cluster).seconds,
    );
    // Servers are loaded by bytes: the long tables leave the dense layers to one of the two.
    expect(long! / short!).toBeLessThan(2);
  });

  it('are learnt where they were looked up, and nowhere else', () => {
    const [liked, disliked] = [trained(kind, 1), trained(kind, 0)];
    expect(liked.slice(16)).toEqual(disliked.slice(16));
    expect(liked.slice(0, 16)).not.toEqual(disliked.slice(0, 16));
  });
});

it('the mean of equal gradients is each of them', () => {
  const mean = trained('sync', 1, true);
  const table = MODELS['dlrm-kaggle']!.with({ largest: 10 });
  const builder = new GraphBuilder();
  const { feeds, loss, parameters } = table.build(builder, { batch: 2, dtype: 'float32' });
  minimize(builder, loss, parameters, gradientDescent(0.1));
  const session = new Session(builder.finish(), { seed: 1 });
  const fed = feeds.map(({ value: { node, spec } }) => {
    const value = node.name === 'numbers' ? 0.1 : node.name === 'labels' ? 1 : 0;
    return [node.name, tensor(spec.dtype, spec.shape, [value])] as const;
  });
  for (let update = 0; update < UPDATES; update++) {
    session.run({ targets: ['train'], feeds: Object.fromEntries(fed) });
  }
  const [alone] = session.run({ fetches: ['table0/table:0'] });
  for (const [i, value] of numbers(alone!).entries()) expect(mean[i]).toBeCloseTo(value, 5);
});
