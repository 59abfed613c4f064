import { stream } from '../base/random.ts';
import { formatSeconds } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { idleTransferSeconds } from '../devices/topology.ts';
import { graphWork } from '../graph/cost.ts';
import { fuseElementwise } from '../graph/fuse.ts';
import type { Graph } from '../graph/graph.ts';
import { partition } from '../graph/partition.ts';
import { singleLoopPlan } from '../graph/plan.ts';
import { lowerBounds } from '../placement/bounds.ts';
import { graphProblem, type PlacementCosts } from '../placement/graph-problem.ts';
import { PLACERS } from '../placement/index.ts';
import type { Placement, Placer, PlacerContext, PlacerResult } from '../placement/placer.ts';
import { reinforce } from '../placement/reinforce.ts';
import { singleDevice } from '../placement/single-device.ts';
import { type CompiledPlan, compilePlan } from '../sim/compile.ts';
import { simulate } from '../sim/engine.ts';
import { makespan } from '../sim/makespan.ts';
import type { Simulation, SimulationOptions } from '../sim/simulation.ts';
import { fastestThatFits } from './answers.ts';
import { chosenNetwork } from './chosen-model.ts';
import { deviceUses } from './device-uses.ts';
import { clusterInWords, experimentCluster } from './experiment-cluster.ts';
import { explain, type SecondsOf } from './explanation.ts';
import { largestBatch, memoryCurves, memoryOf, outOfMemoryOf, remediesFor } from './memory.ts';
import { stepGraph, summariseModel } from './model-summary.ts';
import type { PlacementExperiment, PlacementRun } from './results.ts';
import { compileOptions, fuses, isPlain, machineOptions, type Runtime } from './runtime.ts';
import type { PlacementScenario, PlacerChoice, Scenario } from './schema.ts';
import { timelineOf } from './timeline.ts';
import type { RunProgress } from './training.ts';

function compilePlacement(
  graph: Graph,
  cluster: Cluster,
  placement: Placement,
  runtime: Runtime,
): CompiledPlan {
  const names = cluster.devices.map(({ name }) => name);
  const fused = fuseElementwise(graph, {
    deviceOf: placement,
    fuses: (device) => fuses(runtime, cluster.devices[device]!.model),
  });
  const devices = fused.nodes.map((node) => placement[node]!);
  const plan = singleLoopPlan(partition(fused.graph, names, devices));
  return compilePlan(plan, cluster, kernelSeconds, compileOptions(runtime, cluster));
}

/** One run of `graph` under a placement, alone on an idle cluster. */
export function simulatePlacement(
  graph: Graph,
  cluster: Cluster,
  placement: Placement,
  runtime: Runtime,
  options: SimulationOptions = {},
): { compiled: CompiledPlan; simulation: Simulation } {
  const compiled = compilePlacement(graph, cluster, placement, runtime);
  return {
    compiled,
    simulation: simulate(compiled, cluster, { ...machineOptions(runtime, cluster), ...options }),
  };
}

/** The same step's seconds, and nothing else: sooner where the runtime is as plain as can be. */
function stepSeconds(graph: Graph, cluster: Cluster, placement: Placement, runtime: Runtime): number {
  const compiled = compilePlacement(graph, cluster, placement, runtime);
  const options = machineOptions(runtime, cluster);
  return isPlain(options) && compiled.sharedLaunchSeconds === undefined
    ? makespan(compiled, cluster, options.network)
    : simulate(compiled, cluster, options).seconds;
}

/** Places the step of a model by every placer of an experiment and simulates it. */
export function runPlacement(
  scenario: Scenario,
  experiment: PlacementScenario,
  seed: number,
  progress: RunProgress,
): PlacementExperiment {
  const hosts = scenario.cluster.workers.count;
  const cluster = experimentCluster(scenario.cluster, hosts, 0);
  const model = chosenNetwork(experiment.model);
  const { batch, precision } = experiment.model;
  const graph = stepGraph(model, batch, precision);
  const { runtime } = scenario;
  const problem = graphProblem(graph, cluster, placementCosts(graph, cluster));
  const context = placerContext(graph, cluster, runtime);
  const contextFor = (name: string, report?: PlacerContext['progress']): PlacerContext => ({
    ...context,
    random: stream(seed, 'placer', name),
    progress: report,
  });

  const results = experiment.placers.map((choice, done): { choice: PlacerChoice; result: PlacerResult } => {
    const total = experiment.placers.length;
    progress(choice.kind, done, total);
    const report = (share: number, best: number): void =>
      progress(choice.kind, done + Math.min(share, 0.99), total, `best step ${formatSeconds(best)}`);
    return { choice, result: placerOf(choice).place(problem, contextFor(choice.kind, report)) };
  });
  const single = singleDevice().place(problem, contextFor('single-device'));
  const singleSeconds = context.evaluate(single.placement);
  const fits = (placement: Placement, smaller: number): boolean => {
    const { simulation } = simulatePlacement(
      stepGraph(model, smaller, precision),
      cluster,
      placement,
      runtime,
      { memory: true },
    );
    return simulation.memory!.outOfMemory === undefined;
  };
  const runs = results.map(({ choice, result }) =>
    summarise(graph, cluster, runtime, choice, result, singleSeconds, () =>
      remediesFor(largestBatch(batch, (smaller) => fits(result.placement, smaller))),
    ),
  );
  const best = runs.indexOf(fastestThatFits(runs));
  const fitting = runs.find((run) => run.outOfMemory === null);
  // Whatever the placement, no more can be fused than on a single device.
  const anyFuses = cluster.devices.some((device) => fuses(runtime, device.model));
  const leastWork = anyFuses ? fuseElementwise(graph).graph : graph;
  const bounds = lowerBounds(graphProblem(leastWork, cluster, placementCosts(leastWork, cluster)));
  return {
    name: experiment.name,
    title: experiment.title ?? experiment.name,
    model: summariseModel(model, batch, precision),
    cluster: clusterInWords(scenario.cluster, [hosts], [], false),
    batch,
    bounds: { criticalPathSeconds: bounds.criticalPath, areaSeconds: Math.max(bounds.area, bounds.group) },
    runs: fitting === undefined ? runs : runs.map((run) => withOtherPlacement(run, fitting.label)),
    ...shownPlacement(graph, cluster, runtime, runs[best]!.label, results[best]!.result.placement),
  };
}

/** What does not fit may fit if it is placed otherwise. */
function withOtherPlacement(run: PlacementRun, fits: string): PlacementRun {
  if (run.outOfMemory === null) return run;
  const remedies = [...run.outOfMemory.remedies, `the placement by ${fits} fits`];
  return { ...run, outOfMemory: { ...run.outOfMemory, remedies } };
}

/** What placers know of costs: each op as a kernel of its own, each message alone. */
export function placementCosts(graph: Graph, cluster: Cluster): PlacementCosts {
  const work = graphWork(graph);
  return {
    seconds: (node, device) => kernelSeconds(work[node]!, cluster.devices[device]!.model),
    transferSeconds: (bytes, from, to) => idleTransferSeconds(cluster, from, to, bytes),
  };
}

export function placerContext(
  graph: Graph,
  cluster: Cluster,
  runtime: Runtime,
): Omit<PlacerContext, 'random' | 'progress'> {
  return {
    evaluate: (placement) => stepSeconds(graph, cluster, placement, runtime),
    failing: Number.POSITIVE_INFINITY,
  };
}

/** The settings that tell two runs of one placer apart. */
function labelOf(choice: PlacerChoice): string {
  if (choice.kind === 'single-device' && choice.device !== undefined)
    return `${choice.kind} ${choice.device}`;
  return choice.kind === 'reinforce' ? `${choice.kind}, ${choice.evaluations} evaluations` : choice.kind;
}

function placerOf(choice: PlacerChoice): Placer {
  switch (choice.kind) {
    case 'single-device':
      return singleDevice(choice.device);
    case 'reinforce':
      return reinforce({ evaluations: choice.evaluations });
    default:
      return PLACERS[choice.kind];
  }
}

function summarise(
  graph: Graph,
  cluster: Cluster,
  runtime: Runtime,
  choice: PlacerChoice,
  { placement, evaluations, history, note }: PlacerResult,
  singleSeconds: number,
  remedies: () => readonly string[],
): PlacementRun {
  const { compiled, simulation } = simulatePlacement(graph, cluster, placement, runtime, { memory: true });
  const nodesPerDevice = new Array<number>(cluster.devices.length).fill(0);
  for (const device of placement) nodesPerDevice[device]!++;
  return {
    placer: choice.kind,
    label: labelOf(choice),
    note: note ?? '',
    stepSeconds: simulation.seconds,
    speedUp: singleSeconds / simulation.seconds,
    errorBar: null,
    evaluations,
    transferBytes: simulation.transferBytes,
    nodesPerDevice,
    devices: deviceUses(cluster, simulation),
    assignment: Object.fromEntries(
      Array.from(placement, (device, node) => [graph.name[node]!, cluster.devices[device]!.name]),
    ),
    history:
      history === undefined
        ? null
        : {
            evaluations: history.map(([evaluation]) => evaluation),
            seconds: history.map(([, seconds]) => seconds),
          },
    memory: memoryOf(cluster, compiled, simulation),
    outOfMemory: outOfMemoryOf(cluster, compiled, simulation, remedies),
  };
}

/** One step under a placement as a picture, and what limits it. */
function shownPlacement(
  graph: Graph,
  cluster: Cluster,
  runtime: Runtime,
  label: string,
  placement: Placement,
): Pick<PlacementExperiment, 'timeline' | 'explanation' | 'memoryOverTime'> {
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
    timeline: timelineOf(`One step, ${label}`, cluster, compiled, simulation),
    explanation: explain(label, compiled, cluster, simulation, dispatchSeconds, secondsOf),
    memoryOverTime: memoryCurves(cluster, compiled, simulation),
  };
}
