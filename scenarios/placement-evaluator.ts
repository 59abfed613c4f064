import type { Cluster } from '../devices/cluster.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { fuseElementwise } from '../graph/fuse.ts';
import type { Graph } from '../graph/graph.ts';
import { partition } from '../graph/partition.ts';
import { singleLoopPlan } from '../graph/plan.ts';
import type { Placement } from '../placement/placer.ts';
import type { PlacementProblem } from '../placement/problem.ts';
import { type CompiledPlan, compilePlan } from '../sim/compile.ts';
import { simulate } from '../sim/engine.ts';
import { canTimePlacements, PlacementTimer } from '../sim/placement-timer.ts';
import type { Simulation, SimulationOptions } from '../sim/simulation.ts';
import { compileOptions, fuses, machineOptions, type Runtime } from './runtime.ts';

/** What placements are compared by; the least is best. */
export const OBJECTIVES = ['step-time', 'throughput', 'peak-memory', 'cost'] as const;
export type Objective = (typeof OBJECTIVES)[number];

export interface Measured {
  /** Of one step alone on the cluster. */
  readonly seconds: number;
  /** Of the busiest device or link in one step: where steps follow one another as in a pipeline, one ends so often. */
  readonly bottleneckSeconds: number;
  /** Share of its memory that the fullest device needs, with what the runtime reserves and wastes; beyond 1 it does not fit. */
  readonly memoryShare: number;
  /** How far devices are beyond their memory: the sum of shares beyond 1. */
  readonly overflow: number;
}

export interface PlacementEvaluator {
  /** As PlacerContext has them. */
  readonly evaluate: (placement: Placement) => number;
  readonly failing: number;
  readonly measure: (placement: Placement) => Measured;
}

export interface EvaluatorOptions {
  readonly objective?: Objective;
  /** Per host: dollars of an hour; needed for `cost`. */
  readonly dollarsPerHour?: (host: string) => number;
}

/** Scores placements of one graph by the simulator: compiled once, where the runtime lets it. */
export function placementEvaluator(
  graph: Graph,
  cluster: Cluster,
  runtime: Runtime,
  problem: PlacementProblem,
  { objective = 'step-time', dollarsPerHour = () => 0 }: EvaluatorOptions = {},
): PlacementEvaluator {
  const measure = measuring(graph, cluster, runtime);
  const dollars = (placement: Placement): number => {
    const hosts = new Set(Array.from(new Set(placement), (device) => cluster.devices[device]!.host));
    return [...hosts].reduce((sum, host) => sum + dollarsPerHour(host), 0) / 3600;
  };
  if (objective === 'peak-memory') {
    // The next number above 1.
    return { evaluate: (placement) => measure(placement).memoryShare, failing: 1 + Number.EPSILON, measure };
  }
  const allDollars = dollars(Int32Array.from(cluster.devices, (_, d) => d));
  const failing = slowest(problem, runtime, cluster) * (objective === 'cost' ? allDollars : 1);
  const evaluate = (placement: Placement): number => {
    const { seconds, bottleneckSeconds, overflow } = measure(placement);
    if (overflow > 0) return failing * (1 + overflow);
    if (objective === 'cost') return seconds * dollars(placement);
    return objective === 'throughput' ? bottleneckSeconds : seconds;
  };
  return { evaluate, failing, measure };
}

/** Longer than any step: each op on its slowest device, each tensor by the slowest way to all devices, one after the other. */
function slowest(problem: PlacementProblem, runtime: Runtime, cluster: Cluster): number {
  const { deviceCount, seconds, bytes, latencySeconds, secondsPerByte, taskCount } = problem;
  const dispatch = Math.max(0, ...(machineOptions(runtime, cluster).dispatchSeconds ?? []));
  const latency = largest(latencySeconds);
  const perByte = largest(secondsPerByte);
  let sum = taskCount * dispatch;
  for (let task = 0; task < taskCount; task++) {
    let most = 0;
    for (const s of seconds.subarray(task * deviceCount, (task + 1) * deviceCount)) {
      if (s > most && s < Number.POSITIVE_INFINITY) most = s;
    }
    sum += most;
  }
  for (const size of bytes) sum += (deviceCount - 1) * (latency + size * perByte);
  return 2 * sum + Number.MIN_VALUE;
}

function measuring(graph: Graph, cluster: Cluster, runtime: Runtime): PlacementEvaluator['measure'] {
  const share = memoryShares(cluster);
  const timer = placementTimer(graph, cluster, runtime);
  if (timer !== undefined) {
    return (placement) => {
      const seconds = timer.seconds(placement);
      const bottleneckSeconds = Math.max(largest(timer.computeSeconds), largest(timer.linkBusySeconds));
      return { seconds, bottleneckSeconds, ...share(timer.peakBytes) };
    };
  }
  return (placement) => {
    const { seconds, memory, deviceUse, linkBusySeconds } = simulatePlacement(
      graph,
      cluster,
      placement,
      runtime,
      {
        memory: true,
      },
    ).simulation;
    const bottleneckSeconds = Math.max(largest(deviceUse.compute), largest(linkBusySeconds));
    return { seconds, bottleneckSeconds, ...share(memory!.peakBytes) };
  };
}

/** Where the runtime merges no ops, and devices take what is ready in turn. */
export function placementTimer(graph: Graph, cluster: Cluster, runtime: Runtime): PlacementTimer | undefined {
  const { network, readyPolicy, dispatchSeconds, copyEngines } = machineOptions(runtime, cluster);
  const merges =
    cluster.devices.some(({ model }) => fuses(runtime, model)) ||
    Object.keys(compileOptions(runtime, cluster)).length > 0;
  if (merges || readyPolicy !== 'fifo' || !canTimePlacements(graph)) return undefined;
  return new PlacementTimer(graph, cluster, kernelSeconds, {
    ...(network !== undefined && { network }),
    ...(dispatchSeconds !== undefined && { dispatchSeconds }),
    ...(copyEngines !== undefined && { copyEngines }),
  });
}

const largest = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), 0);

/** What peaks of live bytes need of each device's memory. */
function memoryShares(
  cluster: Cluster,
): (peakBytes: Float64Array) => Pick<Measured, 'memoryShare' | 'overflow'> {
  const reserved = cluster.devices.map(({ model }) => model.memoryOverhead?.reservedBytes.value ?? 0);
  const fragmentation = cluster.devices.map(({ model }) => model.memoryOverhead?.fragmentation.value ?? 1);
  const capacity = cluster.devices.map(({ model }) => model.memoryBytes.value);
  return (peakBytes) => {
    let memoryShare = 0;
    let overflow = 0;
    for (let d = 0; d < peakBytes.length; d++) {
      if (peakBytes[d] === 0) continue;
      const share = (reserved[d]! + fragmentation[d]! * peakBytes[d]!) / capacity[d]!;
      if (share > memoryShare) memoryShare = share;
      if (share > 1) overflow += share - 1;
    }
    return { memoryShare, overflow };
  };
}

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

/** One run of `graph` under a placement, alone on an idle cluster, by the engine itself. */
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
