import { mean, quantile } from '../base/statistics.ts';
import type { Cluster } from '../devices/cluster.ts';
import { rooflineSeconds } from '../devices/cost-model.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Plan } from '../graph/plan.ts';
import { MODELS } from '../graph/zoo/index.ts';
import { type CompiledPlan, compilePlan } from '../sim/compile.ts';
import { simulate } from '../sim/engine.ts';
import { type NoiseModel, slowdowns } from '../sim/noise.ts';
import type { Simulation } from '../sim/simulation.ts';
import { STRATEGIES } from '../sim/strategies/index.ts';
import type { Strategy } from '../sim/strategies/strategy.ts';
import { deviceUses, linkUses } from './device-uses.ts';
import { clusterInWords, experimentCluster, workerDevice } from './experiment-cluster.ts';
import { explain } from './explanation.ts';
import { largestBatch, memoryOf, outOfMemoryOf } from './memory.ts';
import { summariseModel } from './model-summary.ts';
import { type Numbers, NumbersOnVirtualTime, prepareNumbers } from './numbers.ts';
import type {
  Distribution,
  Explanation,
  Learning,
  Timeline,
  TrainingExperiment,
  TrainingRun,
} from './results.ts';
import { compileOptions, machineOptions } from './runtime.ts';
import type { Scenario, TrainingScenario } from './schema.ts';
import { timelineOf } from './timeline.ts';

/** One strategy with one number of workers. */
interface Setting {
  readonly strategy: Strategy;
  readonly workers: number;
  readonly backups: number;
  /** Updates in which each worker makes about one step. */
  readonly round: number;
  readonly updates: number;
  /** Updates whose numbers are computed; the rest is only timed. */
  readonly computedUpdates: number;
}

interface Simulated {
  readonly setting: Setting;
  readonly cluster: Cluster;
  readonly compiled: CompiledPlan;
  readonly simulation: Simulation;
  readonly learning: Learning | null;
}

/** Told now and then: what runs, how many runs are done (with the share of this one), of how many, and a detail. */
export type RunProgress = (message: string, done: number, total: number, detail?: string) => void;

/** Runs every strategy of a training experiment with every number of workers. */
export function runTraining(
  scenario: Scenario,
  experiment: TrainingScenario,
  seed: number,
  progress: RunProgress,
): TrainingExperiment {
  const { settings, skipped } = settingsOf(experiment);
  const numbers = experiment.numbers === undefined ? undefined : prepareNumbers(experiment, seed);
  const shown = settings.reduce((most, setting) => (setting.workers > most.workers ? setting : most));
  const runs: Simulated[] = [];
  for (const [done, setting] of settings.entries()) {
    const report = (share: number): void => progress(runInWords(setting), done + share, settings.length);
    report(0);
    runs.push(runSetting(scenario, experiment, setting, seed, numbers, setting === shown, report));
  }
  const shownRun = runs.find(({ setting }) => setting === shown)!;
  const baseline = baselineRate(scenario, experiment, runs, seed);
  return {
    name: experiment.name,
    title: experiment.title ?? experiment.name,
    model: summariseModel(MODELS[experiment.model.name]!, experiment.model.batch, experiment.model.precision),
    cluster: clusterInWords(scenario.cluster, experiment.workers, true),
    batchPerWorker: experiment.model.batch,
    learningRate: experiment.learning_rate,
    runs: runs.map((run) => summarise(run, scenario, experiment, baseline)),
    skipped,
    timeline: timelineOfRun(shownRun),
    explanation: explanationOf(shownRun, scenario, experiment, seed),
  };
}

function settingsOf({ strategies, workers, steps, numbers }: TrainingScenario): {
  settings: Setting[];
  skipped: TrainingExperiment['skipped'];
} {
  const settings: Setting[] = [];
  const skipped: { strategy: Strategy['kind']; workers: number; reason: string }[] = [];
  for (const choice of strategies) {
    const strategy = STRATEGIES[choice.kind];
    const backups = choice.kind === 'backup' ? choice.backups : 0;
    for (const count of workers) {
      const reason = strategy.refuses(count, backups);
      if (reason !== undefined) {
        skipped.push({ strategy: strategy.kind, workers: count, reason });
        continue;
      }
      const perUpdate = strategy.gradientsPerUpdate(count, backups);
      const round = Math.round(count / perUpdate);
      // Every run is timed over as many worker steps, so that all are equally exact under noise; the first round is
      // not timed, and a second and third are the least that a mean needs.
      const updates = Math.max(3 * round, Math.round((steps * Math.max(...workers)) / perUpdate));
      const computedUpdates =
        numbers === undefined
          ? 0
          : Math.min(updates, Math.round(((numbers.steps ?? steps) * count) / perUpdate));
      settings.push({ strategy, workers: count, backups, round, updates, computedUpdates });
    }
  }
  return { settings, skipped };
}

/** Samples whose gradients one update takes. */
function samplesPerUpdateOf({ strategy, workers, backups }: Setting, batch: number): number {
  return strategy.gradientsPerUpdate(workers, backups) * batch;
}

function labelOf({ strategy, backups }: Setting): string {
  return strategy.label(backups);
}

function planOf(
  scenario: Scenario,
  experiment: TrainingScenario,
  setting: Setting,
): { plan: Plan; cluster: Cluster } {
  const { batch, precision } = experiment.model;
  const model = MODELS[experiment.model.name]!;
  const cluster = experimentCluster(scenario.cluster, setting.workers, true);
  const plan = setting.strategy.plan({
    replica: (builder: GraphBuilder) => model.build(builder, { batch, dtype: precision }),
    cluster,
    workers: setting.workers,
    parameterServers: scenario.cluster.parameter_servers!.count,
    workerDevice: workerDevice(scenario.cluster),
    learningRate: experiment.learning_rate,
    updates: setting.updates,
    backups: setting.backups,
  });
  return { plan, cluster };
}

function noiseOf({ noise }: Scenario): NoiseModel {
  return {
    sigma: noise.compute.sigma,
    stragglerProbability: noise.stragglers.probability,
    stragglerSlowdown: noise.stragglers.slowdown,
  };
}

function runSetting(
  scenario: Scenario,
  experiment: TrainingScenario,
  setting: Setting,
  seed: number,
  numbers: Numbers | undefined,
  record: boolean,
  progress: (share: number) => void,
): Simulated {
  const { plan, cluster } = planOf(scenario, experiment, setting);
  const compiled = compilePlan(plan, cluster, rooflineSeconds, compileOptions(scenario.runtime, cluster));
  const { batch } = experiment.model;
  const samplesPerUpdate = samplesPerUpdateOf(setting, batch);
  const { workers, computedUpdates } = setting;
  const training =
    numbers &&
    new NumbersOnVirtualTime(plan, { workers, batch, samplesPerUpdate, computedUpdates, seed }, numbers);
  const reportEvery = Math.ceil(setting.updates / 100);
  const simulation = simulate(compiled, cluster, {
    ...machineOptions(scenario.runtime, cluster),
    disturbances: { slowdown: slowdowns(noiseOf(scenario), seed) },
    memory: true,
    onStart: training?.onStart,
    onUpdate: (update, seconds) => {
      training?.onUpdate(update, seconds);
      if (update % reportEvery === 0) progress((update - 1) / setting.updates);
    },
    record: record ? { from: setting.round, to: 2 * setting.round } : undefined,
  });
  return { setting, cluster, compiled, simulation, learning: training?.learning ?? null };
}

/** Samples per second of one synchronous worker: of the run if there is one, else of a run for the purpose. */
function baselineRate(
  scenario: Scenario,
  experiment: TrainingScenario,
  runs: readonly Simulated[],
  seed: number,
): number {
  const { batch } = experiment.model;
  const isBaseline = ({ setting }: Simulated): boolean =>
    setting.workers === 1 && setting.strategy.kind === 'sync';
  const setting: Setting = {
    strategy: STRATEGIES.sync,
    workers: 1,
    backups: 0,
    round: 1,
    updates: Math.max(3, experiment.steps * Math.max(...experiment.workers)),
    computedUpdates: 0,
  };
  const run =
    runs.find(isBaseline) ?? runSetting(scenario, experiment, setting, seed, undefined, false, () => {});
  return batch / mean(updateIntervals(run));
}

/** Times between consecutive updates. The first round is left out: no worker had to wait for anything then. */
function updateIntervals({ setting, simulation: { updateSeconds } }: Simulated): Float64Array {
  const settled = updateSeconds.subarray(setting.round - 1);
  return settled.subarray(1).map((seconds, i) => seconds - settled[i]!);
}

function distribution(values: Float64Array): Distribution {
  return {
    count: values.length,
    mean: mean(values),
    p50: quantile(values, 0.5),
    p90: quantile(values, 0.9),
    p99: quantile(values, 0.99),
    max: values.reduce((most, value) => Math.max(most, value), 0),
  };
}

function summarise(
  run: Simulated,
  scenario: Scenario,
  experiment: TrainingScenario,
  baseline: number,
): TrainingRun {
  const { setting, simulation, cluster, learning } = run;
  const { strategy, workers, backups, updates } = setting;
  const samplesPerUpdate = samplesPerUpdateOf(setting, experiment.model.batch);
  const stepSeconds = distribution(updateIntervals(run));
  const samplesPerSecond = samplesPerUpdate / stepSeconds.mean;
  return {
    strategy: strategy.kind,
    label: labelOf(setting),
    workers,
    backups,
    parameterServers: scenario.cluster.parameter_servers!.count,
    updates,
    samplesPerUpdate,
    simulatedSeconds: simulation.seconds,
    stepSeconds,
    samplesPerSecond,
    speedUp: samplesPerSecond / baseline,
    efficiency: samplesPerSecond / baseline / workers,
    gradientsApplied: simulation.gradientsApplied,
    gradientsDropped: simulation.gradientsDropped,
    staleness: {
      mean: simulation.gradientsApplied === 0 ? 0 : simulation.stalenessSum / simulation.gradientsApplied,
      max: simulation.stalenessMax,
    },
    devices: deviceUses(cluster, simulation),
    links: linkUses(cluster, simulation),
    learning,
    memory: memoryOf(cluster, run.compiled, simulation),
    outOfMemory: outOfMemoryOf(cluster, run.compiled, simulation, () =>
      remedies(scenario, experiment, setting),
    ),
  };
}

/** What would fit: fewer samples per step, where there are any. */
function remedies(scenario: Scenario, experiment: TrainingScenario, setting: Setting): string[] {
  const { model } = experiment;
  const fits = (batch: number): boolean => {
    const smaller = { ...experiment, model: { ...model, batch } };
    const { plan, cluster } = planOf(scenario, smaller, { ...setting, updates: setting.round });
    const compiled = compilePlan(plan, cluster, rooflineSeconds);
    return simulate(compiled, cluster, { memory: true }).memory!.outOfMemory === undefined;
  };
  const batch = largestBatch(model.batch, fits);
  return batch === 0
    ? [`not even one sample per step fits: choose a device with more memory`]
    : [`${batch} samples per step fit`];
}

/** Rounds that are simulated to find what limits a step. */
const EXPLAINED_ROUNDS = 12;

function explanationOf(
  { setting, cluster, compiled, simulation }: Simulated,
  scenario: Scenario,
  experiment: TrainingScenario,
  seed: number,
): Explanation {
  const updates = Math.min(setting.updates, EXPLAINED_ROUNDS * setting.round);
  const { plan } = planOf(scenario, experiment, { ...setting, updates });
  const short = compilePlan(plan, cluster, rooflineSeconds, compileOptions(scenario.runtime, cluster));
  const secondsOf = (changed: Cluster, deviceFactor: Float64Array | undefined): number => {
    const { updateSeconds } = simulate(short, changed, {
      ...machineOptions(scenario.runtime, changed),
      disturbances: { slowdown: slowdowns(noiseOf(scenario), seed), deviceFactor },
    });
    const settled = updateSeconds.subarray(setting.round - 1);
    return (settled.at(-1)! - settled[0]!) / (settled.length - 1);
  };
  return explain(runInWords(setting), compiled, cluster, simulation, secondsOf);
}

function runInWords(setting: Setting): string {
  const { workers } = setting;
  return `${labelOf(setting)}, ${workers} worker${workers === 1 ? '' : 's'}`;
}

function timelineOfRun({ setting, cluster, compiled, simulation }: Simulated): Timeline {
  return timelineOf(`${runInWords(setting)}: the second step`, cluster, compiled, simulation);
}
