import { availableParallelism } from 'node:os';
import { formatSeconds } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { Graph } from '../graph/graph.ts';
import type { Placement, PlacerResult } from '../placement/placer.ts';
import { simulate } from '../sim/engine.ts';
import { chosenNetwork } from './chosen-model.ts';
import { deviceUses } from './device-uses.ts';
import { clusterInWords } from './experiment-cluster.ts';
import { explain, type SecondsOf } from './explanation.ts';
import { linkHeat } from './link-heat.ts';
import { largestBatch, memoryCurves, memoryOf, outOfMemoryOf, remediesFor } from './memory.ts';
import { stepGraph } from './model-summary.ts';
import { placedGraph } from './placed-graph.ts';
import { placementEconomy } from './placement-economy.ts';
import { simulatePlacement } from './placement-evaluator.ts';
import { formatPlacement, type PlacementFile } from './placement-file.ts';
import { type PlacementQuestion, type PlacementSetting, placementSetting } from './placement-question.ts';
import { robustness } from './placement-robustness.ts';
import { type PlacementOutcome, type PlacementTask, performTasks } from './placement-tasks.ts';
import { type PlacerChoice, placerLabel, placerOf } from './placer-schema.ts';
import type { PlacementExperiment, PlacementRun } from './results.ts';
import { machineOptions, type Runtime } from './runtime.ts';
import type { PlacementScenario, Scenario } from './schema.ts';
import { timelineOf } from './timeline.ts';
import type { RunProgress } from './training.ts';

export interface PlacingOptions {
  /** Threads; as many as there are cores if absent. The results are the same. */
  readonly jobs?: number;
  /** Told, when all have placed, how long each run of the experiment has searched: wall-clock seconds of all its draws. */
  readonly onSearchSeconds?: (seconds: readonly number[]) => void;
  /** As RunOptions of run.ts say. */
  readonly brief?: boolean;
}

/** Places the step of a model by every placer of an experiment and simulates it. */
export async function runPlacement(
  scenario: Scenario,
  experiment: PlacementScenario,
  seed: number,
  progress: RunProgress,
  { jobs = availableParallelism(), onSearchSeconds, brief = false }: PlacingOptions = {},
): Promise<PlacementExperiment> {
  const { runtime } = scenario;
  const question = questionOf(scenario, experiment);
  const setting = placementSetting(question);
  const { graph, cluster, evaluator } = setting;
  const choices = withSingleDevice(experiment.placers);
  const tasks = choices.flatMap((choice) =>
    Array.from(
      { length: draws(choice, experiment.seeds) },
      (_, trial): PlacementTask => ({ choice, seed, trial }),
    ),
  );
  const outcomes = await performTasks(question, setting, tasks, {
    jobs: Math.min(jobs, tasks.length),
    onProgress: tellProgress(tasks, evaluator.failing, progress),
  });
  const drawn = choices.map((choice) => {
    const own = outcomes.filter((_, i) => tasks[i]!.choice === choice);
    return drawsInOrder(choice, own, setting);
  });
  onSearchSeconds?.(
    drawn.map(({ draws }) => draws.reduce((sum, { outcome }) => sum + outcome.searchSeconds, 0)),
  );
  const single = Math.min(
    ...drawn.filter(({ choice }) => choice.kind === 'single-device').map(({ median }) => median.seconds),
  );
  const placements = drawn.map(({ median }) => median.outcome.result.placement);
  const stands = brief ? undefined : robustness(graph, cluster, runtime, placements, seed);
  const runs = drawn.map((run, i) => {
    const remedies = brief ? () => [] : fittingBatch(question, placements[i]!, setting);
    const summary = summarise(setting, runtime, run, single, remedies);
    const economy = placementEconomy(scenario, setting, summary);
    return { ...summary, robustness: stands?.[i] ?? null, economy };
  });
  const all = drawn.flatMap(({ choice, draws }) => draws.map((draw) => ({ choice, draw })));
  const best = all.reduce((least, other) => (other.draw.score < least.draw.score ? other : least));
  const fitting = runs.find((run) => run.outOfMemory === null);
  const bounds = setting.bounds();
  const { batch, summary } = setting;
  return {
    name: experiment.name,
    title: experiment.title ?? experiment.name,
    model: summary,
    cluster: clusterInWords(usedOf(question), [scenario.cluster.workers.count], [], false),
    batch,
    nodes: graph.name,
    objective: experiment.objective,
    seeds: experiment.seeds,
    bounds: {
      criticalPathSeconds: bounds.criticalPath,
      areaSeconds: bounds.area,
      groupSeconds: bounds.group,
      communicationSeconds: bounds.communication,
      headTailSeconds: bounds.headTail,
    },
    cannotFit: bounds.memory.fits ? null : (bounds.memory.reason ?? 'memory is too small'),
    runs: fitting === undefined ? runs : runs.map((run) => withOtherPlacement(run, fitting.label)),
    portfolio: {
      label: placerLabel(best.choice),
      trial: best.draw.trial,
      stepSeconds: best.draw.seconds,
      score: best.draw.score,
      fits: best.draw.score < evaluator.failing,
      deviceOf: [...best.draw.outcome.result.placement],
    },
    ...(brief
      ? NOTHING_SHOWN
      : shownPlacement(
          graph,
          cluster,
          runtime,
          placerLabel(best.choice),
          best.draw.outcome.result.placement,
        )),
  };
}

/** What stands in the file of the best placement that was found. */
export function placementFile({ model, batch, nodes, runs, portfolio }: PlacementExperiment): string {
  const { devices } = runs[0]!;
  const file: PlacementFile = {
    format: 'stepcast placement',
    version: 1,
    model: model.name,
    batch,
    placer: portfolio.label,
    nodes: Object.fromEntries(
      nodes.map((node, i) => [node, devices[portfolio.deviceOf[i]!]!.device] as const),
    ),
  };
  return formatPlacement(file);
}

/** What an experiment of a scenario asks. */
export function questionOf({ cluster, runtime }: Scenario, experiment: PlacementScenario): PlacementQuestion {
  const { model, objective, soft_placement } = experiment;
  const { accelerators = cluster.workers.accelerators } = experiment;
  return { cluster, accelerators, runtime, model, objective, soft: soft_placement };
}

/** The cluster with no more accelerators than are used: for words, since its links are those of all. */
function usedOf({ cluster, accelerators }: PlacementQuestion): Scenario['cluster'] {
  const { more_accelerators: more = [], accelerators: all, ...workers } = cluster.workers;
  const others = more.slice(0, Math.max(0, accelerators - (all - more.length)));
  return {
    ...cluster,
    workers: {
      ...workers,
      accelerators: Math.min(accelerators, all),
      ...(others.length > 0 && { more_accelerators: others }),
    },
  };
}

/** What all others have to beat is always there. */
function withSingleDevice(placers: readonly PlacerChoice[]): readonly PlacerChoice[] {
  const isThere = placers.some(({ kind, device }) => kind === 'single-device' && device === undefined);
  return isThere ? placers : [{ kind: 'single-device' }, ...placers];
}

function draws(choice: PlacerChoice, seeds: number): number {
  const { searches, random } = placerOf(choice);
  return searches === true || random === true ? seeds : 1;
}

function tellProgress(
  tasks: readonly PlacementTask[],
  failing: number,
  progress: RunProgress,
): (task: number, share: number, best: number) => void {
  const shares = new Float64Array(tasks.length);
  return (task, share, best) => {
    shares[task] = share;
    const done = shares.reduce((sum, part) => sum + part, 0);
    const detail = best < failing ? `best ${formatSeconds(best)}` : '';
    progress(tasks[task]!.choice.kind, Math.min(done, tasks.length - 0.01), tasks.length, detail);
  };
}

/** One draw of a placer, measured. */
interface Draw {
  readonly trial: number;
  readonly outcome: PlacementOutcome;
  readonly seconds: number;
  readonly bottleneckSeconds: number;
  readonly score: number;
}

interface DrawnRun {
  readonly choice: PlacerChoice;
  readonly draws: readonly Draw[];
  /** The lower one of the middle two, where their number is even. */
  readonly median: Draw;
}

function drawsInOrder(
  choice: PlacerChoice,
  outcomes: readonly PlacementOutcome[],
  { evaluator }: PlacementSetting,
): DrawnRun {
  const draws = outcomes.map((outcome, trial): Draw => {
    const { placement } = outcome.result;
    const { seconds, bottleneckSeconds } = evaluator.measure(placement);
    return { trial, outcome, seconds, bottleneckSeconds, score: evaluator.evaluate(placement) };
  });
  const ordered = draws.toSorted((a, b) => a.score - b.score || a.trial - b.trial);
  return { choice, draws, median: ordered[Math.floor((ordered.length - 1) / 2)]! };
}

/** What does not fit may fit if it is placed otherwise. */
function withOtherPlacement<R extends PlacementRun>(run: R, fits: string): R {
  if (run.outOfMemory === null) return run;
  const remedies = [...run.outOfMemory.remedies, `the placement by ${fits} fits`];
  return { ...run, outOfMemory: { ...run.outOfMemory, remedies } };
}

/** What batch would fit under a placement; of a file, nobody knows. */
function fittingBatch(
  { model, runtime }: PlacementQuestion,
  placement: Placement,
  { cluster, batch }: PlacementSetting,
): () => readonly string[] {
  if ('file' in model) return () => [];
  const fits = (smaller: number): boolean => {
    const graph = stepGraph(chosenNetwork(model), smaller, model.precision);
    const { simulation } = simulatePlacement(graph, cluster, placement, runtime, { memory: true });
    return simulation.memory!.outOfMemory === undefined;
  };
  return () => remediesFor(largestBatch(batch, fits));
}

function summarise(
  setting: PlacementSetting,
  runtime: Runtime,
  { choice, draws, median }: DrawnRun,
  singleSeconds: number,
  remedies: () => readonly string[],
): Omit<PlacementRun, 'robustness' | 'economy'> {
  const { graph, cluster } = setting;
  const { placement, history, note, evaluations, failures = 0 }: PlacerResult = median.outcome.result;
  const { compiled, simulation } = simulatePlacement(graph, cluster, placement, runtime, { memory: true });
  const nodesPerDevice = new Array<number>(cluster.devices.length).fill(0);
  for (const device of placement) nodesPerDevice[device]!++;
  const shown = (history ?? []).filter(([, score]) => score < setting.evaluator.failing);
  const seconds = draws.map((draw) => draw.seconds);
  return {
    placer: choice.kind,
    label: placerLabel(choice),
    note: note ?? '',
    stepSeconds: simulation.seconds,
    draws: { count: draws.length, leastSeconds: Math.min(...seconds), mostSeconds: Math.max(...seconds) },
    bottleneckSeconds: median.bottleneckSeconds,
    score: median.score,
    speedUp: singleSeconds / simulation.seconds,
    errorBar: null,
    evaluations,
    failures,
    transferBytes: simulation.transferBytes,
    nodesPerDevice,
    devices: deviceUses(cluster, simulation),
    deviceOf: [...placement],
    history:
      history === undefined
        ? null
        : { evaluations: shown.map(([evaluation]) => evaluation), seconds: shown.map(([, score]) => score) },
    memory: memoryOf(cluster, compiled, simulation),
    outOfMemory: outOfMemoryOf(cluster, compiled, simulation, remedies),
  };
}

type Shown = Pick<
  PlacementExperiment,
  'timeline' | 'explanation' | 'memoryOverTime' | 'linkHeat' | 'placedGraph' | 'controls'
>;

const NOTHING_SHOWN: Shown = {
  timeline: null,
  explanation: null,
  memoryOverTime: [],
  linkHeat: null,
  placedGraph: null,
  controls: null,
};

/** One step under a placement as a picture, and what limits it. */
function shownPlacement(
  graph: Graph,
  cluster: Cluster,
  runtime: Runtime,
  label: string,
  placement: Placement,
): Shown {
  const record = { from: 0, to: 1 };
  const { compiled, simulation } = simulatePlacement(graph, cluster, placement, runtime, {
    record,
    memory: true,
  });
  const secondsOf: SecondsOf = (changed, deviceFactor, dispatchFactor) => {
    const options = machineOptions(runtime, changed, dispatchFactor);
    return simulate(compiled, changed, { ...options, disturbances: { deviceFactor } }).seconds;
  };
  const { dispatchSeconds } = machineOptions(runtime, cluster);
  return {
    timeline: timelineOf(`One step, ${label}`, cluster, compiled, simulation, dispatchSeconds),
    explanation: explain(label, compiled, cluster, simulation, dispatchSeconds, secondsOf),
    memoryOverTime: memoryCurves(cluster, compiled, simulation),
    linkHeat: linkHeat(label, cluster, simulation),
    placedGraph: placedGraph(
      label,
      [{ graph, deviceOf: placement }],
      cluster.devices.map(({ name }) => name),
    ),
    controls: null,
  };
}
