import { mean } from '../base/statistics.ts';
import { disturbancesOf } from '../sim/disturbances/index.ts';
import { simulate } from '../sim/engine.ts';
import type { Simulation } from '../sim/simulation.ts';
import { STRATEGIES } from './catalog.ts';
import { chosenModel } from './chosen-model.ts';
import { deviceUses, linkUses } from './device-uses.ts';
import { disturbanceSettings, isRandom } from './disturbances.ts';
import { clusterInWords } from './experiment-cluster.ts';
import { explain, type SecondsOf } from './explanation.ts';
import { fastestRun } from './fastest-run.ts';
import { TimeAccount } from './goodput.ts';
import { linkHeat } from './link-heat.ts';
import { lossCosts } from './loss-costs.ts';
import { largestBatch, memoryCurves, memoryOf, outOfMemoryOf, remediesFor } from './memory.ts';
import { summariseModel } from './model-summary.ts';
import { prepareNumbers } from './numbers.ts';
import { replicaGraph } from './replica-graph.ts';
import type { Explanation, Timeline, TrainingExperiment, TrainingRun } from './results.ts';
import { machineOptions } from './runtime.ts';
import type { Scenario, TrainingScenario } from './schema.ts';
import { baselineSetting, type Setting, settingsFor } from './settings.ts';
import { stalenessOf } from './staleness.ts';
import { stepDistribution } from './step-distribution.ts';
import { speedUpInterval, stepTimes } from './step-times.ts';
import { stragglersOf } from './stragglers.ts';
import { timelineOf } from './timeline.ts';
import { trainingEconomy } from './training-economy.ts';
import {
  firstTrial,
  prepare,
  recorded,
  type Simulated,
  samplesPerUpdateOf,
  simulateTrial,
  updateIntervals,
} from './training-run.ts';
import { confidenceOf, repeatTrials, trialSeed } from './trials.ts';

/** Told now and then: what runs, how many runs are done (with the share of this one), of how many, and a detail. */
export type RunProgress = (message: string, done: number, total: number, detail?: string) => void;

/**
 * Runs every strategy of a training experiment with every number of workers, trial by trial. `brief`: as RunOptions of
 * run.ts say.
 */
export function runTraining(
  scenario: Scenario,
  experiment: TrainingScenario,
  seed: number,
  progress: RunProgress,
  brief = false,
): TrainingExperiment {
  const throughFailures = (
    run: Simulated,
    account: TimeAccount | undefined,
    groups: number,
  ): ThroughFailures => ({
    goodput: account?.goodput(confidenceOf(scenario.trials)) ?? null,
    lossCosts:
      account === undefined ? [] : lossCosts(scenario, run, { groups, saving: account.saving, seed }),
  });
  const { settings, skipped } = settingsOf(scenario, experiment);
  const numbers = experiment.numbers === undefined ? undefined : prepareNumbers(experiment, seed);
  const single = baselineSetting(scenario, experiment);
  const baseline = settings.find(
    ({ workers, strategy, servers }) =>
      workers === 1 && strategy === single.strategy && servers === single.servers,
  );
  // Speed-ups are against one worker: where nobody asked for it, it runs all the same, and last.
  const all = baseline === undefined ? [...settings, single] : settings;
  const runs: Simulated[] = [];
  const accounts = new Map<Simulated, TimeAccount>();
  // Without luck all trials would be the same.
  repeatTrials(isRandom(disturbanceSettings(scenario)) ? scenario.trials : 1, (trial) =>
    all.map((setting, done) => {
      const isAsked = done < settings.length;
      const report = (share: number): void => {
        if (!isAsked) return;
        if (trial === 0) progress(runInWords(setting), done + share, settings.length);
        else progress(`trial ${trial + 1}`, settings.length, settings.length, runInWords(setting));
      };
      report(0);
      if (trial === 0) {
        const { batch } = experiment.model;
        const asked = {
          seed,
          batch,
          numbers: isAsked ? numbers : undefined,
        };
        const run = firstTrial(scenario, prepare(scenario, experiment, setting), asked, report);
        runs.push(run);
        if (isAsked && !brief && scenario.failures !== undefined)
          accounts.set(run, new TimeAccount(scenario, run));
        accounts.get(run)?.add(run.simulation, seed);
      } else {
        const simulation = simulateTrial(scenario, runs[done]!, trialSeed(seed, trial), report);
        accounts.get(runs[done]!)?.add(simulation, trialSeed(seed, trial));
        runs[done]!.intervals.push(updateIntervals(setting, simulation));
        runs[done]!.stops.push(simulation.stopped);
      }
      return mean(runs[done]!.intervals[trial]!);
    }),
  );
  const baselineRun = runs.find(({ setting }) => setting === baseline) ?? runs.at(-1)!;
  const summaries = runs.slice(0, settings.length).map((run) => ({
    ...summarise(run, scenario, experiment, baselineRun, brief),
    ...throughFailures(run, accounts.get(run), groupsIn(settings, run.setting)),
  }));
  const chosen = runs[summaries.indexOf(fastestRun(summaries)!)]!;
  const shownRun = brief ? chosen : recorded(scenario, chosen, seed);
  const shown = chosen.setting;
  // A job that was given up early has nothing to show.
  const hasShown = !brief && shownRun.simulation.updateSeconds.length >= 2 * shown.round;
  return {
    name: experiment.name,
    title: experiment.title ?? experiment.name,
    model: summariseModel(chosenModel(experiment.model), experiment.model.batch, experiment.model.precision),
    cluster: clusterInWords(scenario.cluster, experiment.workers, serversIn(settings), true),
    batchPerWorker: experiment.model.batch,
    learningRate: experiment.learning_rate,
    learningRateScaling: experiment.learning_rate_scaling ?? null,
    baseline: baselineInWords(baselineRun),
    trials: baselineRun.intervals.length,
    runs: summaries,
    skipped,
    timeline: hasShown ? timelineOfRun(shownRun, scenario) : null,
    explanation: hasShown ? explanationOf(shownRun, scenario, seed) : null,
    memoryOverTime: hasShown ? memoryCurves(shownRun.cluster, shownRun.compiled, shownRun.simulation) : [],
    linkHeat: hasShown ? linkHeat(runInWords(shown), shownRun.cluster, shownRun.simulation) : null,
    placedGraph: brief ? null : replicaGraph(`${runInWords(shown)}: one replica`, shownRun),
    controls: null,
  };
}

function settingsOf(
  scenario: Scenario,
  experiment: TrainingScenario,
): { settings: Setting[]; skipped: TrainingExperiment['skipped'] } {
  const all = experiment.strategies.map((choice) => ({
    choice,
    ...settingsFor(scenario, experiment, choice),
  }));
  return {
    settings: all.flatMap(({ possible }) => possible),
    skipped: all.flatMap(({ choice, refusals }) =>
      refusals.map((refusal) => ({ strategy: choice.kind, ...refusal })),
    ),
  };
}

/** `one synchronous worker`; with what it would need to be possible. */
function baselineInWords({ setting, simulation }: Simulated): string {
  const worker = setting.strategy === STRATEGIES.sync ? 'one synchronous worker' : 'one worker';
  return simulation.memory?.outOfMemory === undefined ? worker : `${worker}, if its memory sufficed`;
}

/** The numbers of parameter servers of runs that have any. */
function serversIn(settings: readonly Setting[]): number[] {
  return [...new Set(settings.map(({ parameterServers }) => parameterServers))].filter((count) => count > 0);
}

function labelOf({ strategy, options }: Setting): string {
  return strategy.label(options);
}

function summarise(
  run: Simulated,
  scenario: Scenario,
  experiment: TrainingScenario,
  baseline: Simulated,
  brief: boolean,
): Omit<TrainingRun, keyof ThroughFailures> {
  const { setting, simulation, cluster, learning } = run;
  const { strategy, options, workers, parameterServers, updates } = setting;
  const { batch } = experiment.model;
  const samplesPerUpdate = samplesPerUpdateOf(setting, batch);
  const confidence = confidenceOf(scenario.trials);
  const stepSeconds = stepTimes(run.intervals, confidence);
  const samplesPerSecond = rate(samplesPerUpdate, stepSeconds.mean);
  const speedUpOf = (step: number, baselineStep: number): number =>
    rate(rate(samplesPerUpdate, step), rate(batch, baselineStep));
  const speedUp = speedUpOf(stepSeconds.mean, stepTimes(baseline.intervals, confidence).mean);
  return {
    strategy: strategy.kind,
    label: labelOf(setting),
    workers,
    replicas: setting.replicas,
    options,
    parameterServers,
    updates,
    samplesPerUpdate,
    simulatedSeconds: simulation.seconds,
    stepSeconds,
    samplesPerSecond,
    speedUp,
    speedUpInterval: speedUpInterval(run.intervals, baseline.intervals, confidence, speedUpOf),
    efficiency: speedUp / workers,
    errorBar: null,
    speedUpErrorBar: null,
    gradientsApplied: simulation.gradientsApplied,
    gradientsDropped: simulation.gradientsDropped,
    droppedByReplica: droppedByReplica(run),
    staleness: stalenessOf(simulation.staleness),
    devices: deviceUses(cluster, simulation),
    links: linkUses(cluster, simulation),
    learning,
    memory: memoryOf(cluster, run.compiled, simulation),
    outOfMemory: outOfMemoryOf(cluster, run.compiled, simulation, () =>
      brief ? [] : remedies(scenario, experiment, setting),
    ),
    losses: lossesOf(simulation),
    stopped: stoppedIn(run),
    stepDistribution: stepDistribution(run.intervals),
    stragglers: stragglersOf(run.compiled, simulation),
    economy: trainingEconomy(scenario, run, { stepSeconds: stepSeconds.mean, samplesPerSecond }),
  };
}

type ThroughFailures = Pick<TrainingRun, 'goodput' | 'lossCosts'>;

/** Into how many groups a run's workers are divided; if into none, those of the other runs for the sake of comparison. */
function groupsIn(settings: readonly Setting[], { options }: Setting): number {
  const of = ({ options }: Pick<Setting, 'options'>): number => Number(options.groups ?? 0);
  return of({ options }) || Math.max(...settings.map(of));
}

/** Why a run does not reach its end, in the first trial in which it does not; null where it always does. */
function stoppedIn({ stops }: Simulated): string | null {
  const early = stops.filter((why) => why !== undefined);
  if (early.length === 0) return null;
  return stops.length === 1
    ? early[0]!
    : `${early.length} of ${stops.length} trials end early; in one, ${early[0]!}`;
}

/** Gradients of each replica that were dropped; empty where none was. */
function droppedByReplica({ setting, compiled, simulation }: Simulated): number[] {
  if (simulation.gradientsDropped === 0) return [];
  const dropped = new Array<number>(setting.replicas).fill(0);
  for (const [l, { loop }] of compiled.loops.entries()) {
    if (loop.replica >= 0) dropped[loop.replica]! += simulation.droppedByLoop[l]!;
  }
  return dropped;
}

/** Per second; 0 where nothing was done. */
function rate(amount: number, seconds: number): number {
  return seconds === 0 ? 0 : amount / seconds;
}

function lossesOf({ losses }: Simulation): TrainingRun['losses'] {
  return {
    failures: losses.length,
    restarts: losses.filter(({ outcome }) => outcome === 'restarted').length,
    updatesLost: losses.reduce((sum, { updatesLost }) => sum + updatesLost, 0),
  };
}

/** What would fit: fewer samples per step, where there are any that the strategy can divide. */
function remedies(scenario: Scenario, experiment: TrainingScenario, setting: Setting): string[] {
  const model = chosenModel(experiment.model);
  const batches = Array.from({ length: experiment.model.batch - 1 }, (_, i) => i + 1).filter(
    (batch) => setting.strategy.refuses({ ...setting, batch, model }) === undefined,
  );
  const fits = (batch: number): boolean => {
    const smaller = { ...experiment, model: { ...experiment.model, batch } };
    const { cluster, compiled } = prepare(scenario, smaller, { ...setting, updates: setting.round });
    const options = { ...machineOptions(scenario.runtime, cluster), memory: true };
    return simulate(compiled, cluster, options).memory!.outOfMemory === undefined;
  };
  const fitting = largestBatch(batches.length + 1, (count) => fits(batches[count - 1]!));
  if (fitting > 0) return remediesFor(batches[fitting - 1]!);
  return batches[0] === 1 || experiment.model.batch === 1
    ? remediesFor(0)
    : ['no smaller batch that can be divided so fits: choose a device with more memory'];
}

/** Activities that are simulated for each answer to what would shorten a step, and rounds of them. */
const EXPLAINED_ACTIVITIES = 500_000;
const EXPLAINED_ROUNDS = { least: 2, most: 12 } as const;

/** Updates of as many rounds as are worth their time. */
function explainedUpdates({ setting, compiled }: Simulated): number {
  const perRound = compiled.loops.reduce((sum, { activities }) => sum + activities.count, 0);
  const { least, most } = EXPLAINED_ROUNDS;
  const rounds = Math.min(most, Math.max(least, Math.floor(EXPLAINED_ACTIVITIES / perRound)));
  return Math.min(setting.updates, rounds * setting.round);
}

function explanationOf(run: Simulated, scenario: Scenario, seed: number): Explanation {
  const { setting, cluster, compiled, simulation } = run;
  const short = { ...compiled, updates: explainedUpdates(run) };
  // What limits a step is asked of steps, not of restarts.
  const undying = {
    ...disturbanceSettings(scenario),
    randomFailures: undefined,
    scriptedFailures: undefined,
  };
  const secondsOf: SecondsOf = (changed, deviceFactor, dispatchFactor) => {
    const disturbances = disturbancesOf(undying, changed, seed);
    const { updateSeconds } = simulate(short, changed, {
      ...machineOptions(scenario.runtime, changed, dispatchFactor),
      disturbances: { ...disturbances, deviceFactor: both(disturbances.deviceFactor, deviceFactor) },
    });
    const settled = updateSeconds.subarray(setting.round - 1);
    return (settled.at(-1)! - settled[0]!) / (settled.length - 1);
  };
  const { dispatchSeconds } = machineOptions(scenario.runtime, cluster);
  return explain(runInWords(setting), compiled, cluster, simulation, dispatchSeconds, secondsOf);
}

/** Two lists of factors multiplied, either of which may be absent. */
function both(a: Float64Array | undefined, b: Float64Array | undefined): Float64Array | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a.map((factor, i) => factor * b[i]!);
}

function runInWords(setting: Setting): string {
  const { workers } = setting;
  return `${labelOf(setting)}, ${workers} worker${workers === 1 ? '' : 's'}`;
}

function timelineOfRun({ setting, cluster, compiled, simulation }: Simulated, scenario: Scenario): Timeline {
  const { dispatchSeconds } = machineOptions(scenario.runtime, cluster);
  const title = `${runInWords(setting)}: the second step`;
  return timelineOf(title, cluster, compiled, simulation, dispatchSeconds);
}
