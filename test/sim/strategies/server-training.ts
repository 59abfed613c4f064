import { findDevice, findLink } from '../../../devices/catalog/index.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import { buildCluster } from '../../../devices/cluster-builder.ts';
import type { Backend } from '../../../executor/backend.ts';
import { PlanExecutor } from '../../../executor/plan-executor.ts';
import { wasmExecutor } from '../../../executor/wasm/executor.ts';
import type { Plan } from '../../../graph/plan.ts';
import { numbers } from '../../../graph/tensor.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { trainedVariables } from '../../../scenarios/trained-variables.ts';
import { slowdowns } from '../../../sim/disturbances/slowdowns.ts';
import type { SimulationOptions } from '../../../sim/simulation.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy, type RunOfStrategy } from '../../../sim/strategies/input.ts';
import { feeder, type Run, run, type Values } from './replica-training.ts';

export type ServerStrategy = 'sync' | 'backup' | 'async' | 'hybrid';

/** Workers with a GPU each, and parameter servers, on one switch. */
export function serverCluster(workers: number, servers: number): Cluster {
  const nic = findLink('eth-10g');
  const cpu = findDevice('xeon-e5-2699v3');
  const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
  return buildCluster({
    jobs: [
      { name: 'worker', tasks: workers, cpu, accelerators, nic },
      { name: 'ps', tasks: servers, cpu, nic },
    ],
  });
}

export interface ServerRun extends Partial<RunOfStrategy> {
  readonly model: Model;
  readonly workers: number;
  readonly servers: number;
}

export function planned(kind: ServerStrategy, given: ServerRun): { plan: Plan; cluster: Cluster } {
  const { workers, servers } = given;
  const cluster = serverCluster(workers, servers);
  const plan = planBy(STRATEGIES[kind], {
    batch: 2,
    cluster,
    parameterServers: servers,
    updates: 3,
    ...given,
  });
  return { plan, cluster };
}

/** Luck that differs from worker to worker and step to step. */
export function luck(seed = 3): SimulationOptions['disturbances'] {
  return { slowdown: slowdowns({ sigma: 0.2, stragglerProbability: 0.2, stragglerSlowdown: 5 }, seed) };
}

/** Simulates and computes a plan; the parameters, whole, as they are at the end. */
export function trainedByServers(
  { plan, cluster }: { readonly plan: Plan; readonly cluster: Cluster },
  model: Model,
  {
    batch = 2,
    backend = wasmExecutor(),
    ...options
  }: { readonly batch?: number; readonly backend?: Backend } & SimulationOptions = {},
): Run & { readonly values: Values } {
  const executor = new PlanExecutor(plan, { seed: 1, feed: feeder(model, batch), backend });
  const ran = run(plan, cluster, { onStart: (l, node, k) => executor.start(l, node, k), ...options });
  const store = trainedVariables(plan)(executor.variables);
  const values = new Map(
    store.names().map((name) => [name, Float64Array.from(numbers(store.readVariable(name)!))] as const),
  );
  return { ...ran, values };
}
