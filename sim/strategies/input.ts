import { UserError, unknownName } from '../../base/errors.ts';
import { parseQuantity } from '../../base/units.ts';
import type { Cluster } from '../../devices/cluster.ts';
import type { Plan } from '../../graph/plan.ts';
import type { Model, ModelOptions } from '../../graph/zoo/model.ts';
import type { Chosen, Option, Options } from './options.ts';
import type { Strategy, StrategyInput, WorkerDevices } from './strategy.ts';

/** What most callers know of a run; see StrategyInput. */
export interface RunOfStrategy
  extends Partial<Pick<StrategyInput, 'workerFuses' | 'prefetched' | 'alike' | 'place'>> {
  readonly model: Model;
  readonly batch: number;
  readonly dtype?: ModelOptions['dtype'];
  readonly cluster: Cluster;
  readonly workers: number;
  /** 0 unless given. */
  readonly parameterServers?: number;
  /** What each worker computes on: `CPU`, or accelerators of its host; `GPU` unless given. */
  readonly computesOn?: string;
  /** Those not given are as they are by default. */
  readonly options?: { readonly [key: string]: number | string | boolean };
  /** 0.1 unless given. */
  readonly learningRate?: number;
  readonly updates: number;
}

/**
 * The input of a strategy:
 *
 *     strategyInput(STRATEGIES.backup, { model, batch: 8, cluster, workers: 4, parameterServers: 2, updates: 10, options: { backups: 1 } })
 *
 * @throws UserError where an option is unknown, missing or beyond its bounds, or the strategy cannot be run so.
 */
export function strategyInput(strategy: Strategy, run: RunOfStrategy): StrategyInput {
  const { model, batch, dtype = 'float32', cluster, workers, parameterServers = 0, updates } = run;
  const options = chosenOptions(strategy, run.options ?? {});
  const setting = { workers, parameterServers, batch, model, options };
  const refusal = strategy.refuses(setting);
  if (refusal !== undefined) throw new UserError(refusal);
  return {
    ...setting,
    replica: (builder, change) => model.build(builder, { batch, dtype, ...change }),
    cluster,
    workerDevices: workerDevices(cluster, run.computesOn ?? 'GPU', workers),
    workerFuses: run.workerFuses,
    prefetched: run.prefetched,
    alike: run.alike,
    place: run.place,
    learningRate: run.learningRate ?? 0.1,
    updates,
  };
}

/** The plan of a run by a strategy. @throws UserError as `strategyInput` does. */
export function planBy(strategy: Strategy, run: RunOfStrategy): Plan {
  return strategy.plan(strategyInput(strategy, run));
}

/** The first `workers` devices of the kind `computesOn` on worker hosts, host by host, each with its host's CPU. */
export function workerDevices(cluster: Cluster, computesOn: string, workers: number): WorkerDevices[] {
  const found = cluster.devices
    .map(({ name }) => name)
    .filter((name) => name.startsWith('/job:worker/') && name.includes(`/device:${computesOn}:`));
  if (found.length < workers)
    throw new UserError(`the cluster has ${found.length} of the ${workers} ${computesOn}s that workers need`);
  return found
    .slice(0, workers)
    .map((compute) => ({ compute, cpu: compute.replace(/\/device:.*/, '/device:CPU:0') }));
}

/** All options: those given, checked, and the defaults of the others; none for what is optional and not given. */
export function chosenOptions<O extends Options>(
  { kind, options }: Pick<Strategy<O>, 'kind' | 'options'>,
  given: { readonly [key: string]: number | string | boolean },
): Chosen<O> {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(options, key))
      throw new UserError(unknownName(`option of ${kind}`, key, Object.keys(options)));
  }
  const asked = Object.entries(options).filter(
    ([key, option]) => given[key] !== undefined || !isOptional(option),
  );
  const entries = asked.map(([key, option]) => [
    key,
    chosen(option, given[key], (expected) => {
      throw new UserError(`${kind}: ${key}: expected ${expected}, got ${given[key] ?? 'nothing'}`);
    }),
  ]);
  return Object.fromEntries(entries) as Chosen<O>;
}

function isOptional(option: Option): boolean {
  return option.kind === 'count' && option.optional === true;
}

function chosen(
  option: Option,
  value: number | string | boolean | undefined,
  wrong: (expected: string) => never,
): number | string | boolean {
  switch (option.kind) {
    case 'count': {
      const { least, most } = option;
      const count = value ?? option.value;
      if (typeof count === 'number' && Number.isInteger(count) && count >= least && count <= most)
        return count;
      return wrong(`a whole number from ${least} to ${most}`);
    }
    case 'choice':
      if (value === undefined) return option.value;
      return option.choices.includes(String(value)) ? value : wrong(`one of ${option.choices.join(', ')}`);
    case 'flag':
      if (value === undefined) return option.value;
      return typeof value === 'boolean' ? value : wrong('true or false');
    case 'bytes':
      if (typeof value === 'number') return value;
      return parseQuantity(typeof value === 'boolean' ? wrong('bytes') : (value ?? option.value), 'bytes');
  }
}
