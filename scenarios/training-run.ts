import { UserError } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import type { Plan } from '../graph/plan.ts';
import { type CompiledPlan, compilePlan } from '../sim/compile.ts';
import { disturbancesOf } from '../sim/disturbances/index.ts';
import { simulate } from '../sim/engine.ts';
import type { Simulation, SimulationOptions } from '../sim/simulation.ts';
import { workerDevices } from '../sim/strategies/input.ts';
import { policyFor } from './checkpointing.ts';
import { chosenModel } from './chosen-model.ts';
import { disturbanceSettings, isUndisturbed } from './disturbances.ts';
import { computingKind, experimentCluster } from './experiment-cluster.ts';
import { type Numbers, NumbersOnVirtualTime } from './numbers.ts';
import { placesFor } from './placed-parts.ts';
import type { Learning } from './results.ts';
import { compileOptions, fuses, machineOptions } from './runtime.ts';
import type { Scenario, TrainingScenario } from './schema.ts';
import { areAlike, type Setting } from './settings.ts';

/** Samples whose gradients one update takes. */
export function samplesPerUpdateOf({ gradientsPerUpdate }: Setting, batch: number): number {
  return gradientsPerUpdate * batch;
}

/** A setting, ready to be simulated. */
export interface Prepared {
  readonly setting: Setting;
  readonly plan: Plan;
  readonly cluster: Cluster;
  readonly compiled: CompiledPlan;
}

/** Throws a UserError that names the run, where only its graph tells that it cannot be made. */
export function prepare(scenario: Scenario, experiment: TrainingScenario, setting: Setting): Prepared {
  const { plan, cluster } = namingRun(experiment, setting, () => planOf(scenario, experiment, setting));
  const compiled = compilePlan(plan, cluster, kernelSeconds, compileOptions(scenario.runtime, cluster));
  return { setting, plan, cluster, compiled };
}

function namingRun<T>({ name }: TrainingScenario, { strategy, options, workers }: Setting, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const run = `${strategy.label(options)}, ${workers} worker${workers === 1 ? '' : 's'}`;
    throw new UserError(`experiment ${name}: ${run}: ${error.message}`);
  }
}

export function planOf(
  scenario: Scenario,
  experiment: TrainingScenario,
  setting: Setting,
): { plan: Plan; cluster: Cluster } {
  const { batch, precision } = experiment.model;
  const model = chosenModel(experiment.model);
  const { workers, options, parameterServers, updates } = setting;
  const cluster = experimentCluster(scenario.cluster, setting.hosts, setting.servers);
  const devices = workerDevices(cluster, computingKind(scenario.cluster), workers);
  const plan = setting.strategy.plan({
    replica: (builder, change) => model.build(builder, { batch, dtype: precision, ...change }),
    model,
    batch,
    options,
    cluster,
    workers,
    parameterServers,
    workerDevices: devices,
    workerFuses: fuses(scenario.runtime, cluster.devices[cluster.indexOf(devices[0]!.compute)]!.model),
    alike: areAlike(scenario, experiment),
    place: placesFor(scenario),
    learningRate: learningRateOf(experiment, setting),
    updates,
  });
  return { plan, cluster };
}

/** Of one update of the setting. */
export function learningRateOf(
  { learning_rate, learning_rate_scaling }: TrainingScenario,
  { gradientsPerUpdate }: Pick<Setting, 'gradientsPerUpdate'>,
): number {
  return learning_rate_scaling === 'linear' ? learning_rate * gradientsPerUpdate : learning_rate;
}

export interface Simulated extends Prepared {
  /** Of the first trial. */
  readonly simulation: Simulation;
  readonly learning: Learning | null;
  /** Per trial: times between consecutive updates. */
  readonly intervals: Float64Array[];
  /** Per trial: why it ended early; undefined where it did not. */
  readonly stops: (string | undefined)[];
}

/** What the first trial of a setting is asked besides its times. */
export interface FirstTrial {
  readonly seed: number;
  readonly batch: number;
  readonly numbers: Numbers | undefined;
}

/** The trial of which everything but the spread of step times is reported. */
export function firstTrial(
  scenario: Scenario,
  prepared: Prepared,
  { seed, batch, numbers }: FirstTrial,
  progress: (share: number) => void,
): Simulated {
  const { setting, plan } = prepared;
  const { replicas, computedUpdates } = setting;
  const samplesPerUpdate = samplesPerUpdateOf(setting, batch);
  const training =
    numbers &&
    computedUpdates > 0 &&
    new NumbersOnVirtualTime(plan, { replicas, batch, samplesPerUpdate, computedUpdates, seed }, numbers);
  const simulation = simulateTrial(scenario, prepared, seed, progress, {
    memory: true,
    stragglers: !isUndisturbed(disturbanceSettings(scenario)),
    onStart: training ? training.onStart : undefined,
    onUpdate: training ? training.onUpdate : undefined,
  });
  return {
    ...prepared,
    simulation,
    learning: training ? training.learning : null,
    intervals: [updateIntervals(setting, simulation)],
    stops: [simulation.stopped],
  };
}

/** Rounds that are simulated so that the second is as it is in a long run. */
const RECORDED_ROUNDS = 3;

/** The run with the beginning of its first trial simulated again, its second round recorded. */
export function recorded(scenario: Scenario, run: Simulated, seed: number): Simulated {
  const { round, updates } = run.setting;
  const setting = { ...run.setting, updates: Math.min(updates, RECORDED_ROUNDS * round) };
  const compiled = { ...run.compiled, updates: setting.updates };
  const simulation = simulateTrial(scenario, { ...run, setting, compiled }, seed, () => {}, {
    memory: true,
    record: { from: round, to: 2 * round },
  });
  return { ...run, simulation };
}

/** One simulation of a setting under the scenario's disturbances; `progress` is told the share that is done. */
export function simulateTrial(
  scenario: Scenario,
  { setting, cluster, compiled }: Prepared,
  seed: number | string,
  progress: (share: number) => void,
  options: SimulationOptions = {},
): Simulation {
  const reportEvery = Math.ceil(setting.updates / 100);
  return simulate(compiled, cluster, {
    ...machineOptions(scenario.runtime, cluster),
    disturbances: disturbancesOf(disturbanceSettings(scenario), cluster, seed),
    checkpoints: policyFor(scenario, { cluster, compiled }),
    ...options,
    onUpdate: (update, seconds) => {
      options.onUpdate?.(update, seconds);
      if (update % reportEvery === 0) progress((update - 1) / setting.updates);
    },
  });
}

/** Times between consecutive updates. The first round is left out: no worker had to wait for anything then. */
export function updateIntervals({ round }: Setting, { updateSeconds }: Simulation): Float64Array {
  const settled = updateSeconds.subarray(round - 1);
  return settled.subarray(1).map((seconds, i) => seconds - settled[i]!);
}
