import { findDevice, findLink, linkModel } from '../../devices/catalog/index.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { classifier } from '../../graph/zoo/image-classifier.ts';
import type { Model } from '../../graph/zoo/model.ts';
import { Action } from '../../sim/activity-graph.ts';
import { compilePlan } from '../../sim/compile.ts';
import { findDurations } from '../../sim/disturbances/empirical.ts';
import { disturbancesOf } from '../../sim/disturbances/index.ts';
import { simulate } from '../../sim/engine.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';

/*
 * The cluster of OSDI'16, section 6, and of Chen et al. 2016, as scenarios/backup-workers.yaml has it: where its figures come
 * from is told there and in scenarios/null-step.yaml.
 */

const nic = linkModel({ bandwidth: '16 Gb/s', latency: '55 us', overhead: '15 us' });
const cpu = findDevice('xeon-e5-2650v2');
const k40 = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };

function sharedCluster(workers: number, servers: number, computesOn: 'GPU' | 'CPU'): Cluster {
  return buildCluster({
    jobs: [
      { name: 'worker', tasks: workers, cpu, nic, ...(computesOn === 'GPU' && { accelerators: k40 }) },
      { name: 'ps', tasks: servers, cpu, nic },
    ],
  });
}

export interface SharedRun {
  readonly kind: keyof typeof STRATEGIES;
  readonly model: Model;
  readonly batch: number;
  readonly workers: number;
  readonly updates: number;
  readonly servers?: number;
  readonly computesOn?: 'GPU' | 'CPU';
  readonly options?: { readonly [key: string]: number | string | boolean };
  /** Whether steps are as slow as Chen et al. saw. */
  readonly stragglers?: boolean;
}

export interface SharedResult extends Simulation {
  /** Times between consecutive updates, without the first. */
  readonly intervals: readonly number[];
  /** Per loop, in the order of the plan: when each of its iterations began, and when its last gradient was handed in. */
  readonly beginnings: readonly (readonly number[])[];
  readonly deliveries: readonly (readonly number[])[];
}

export function runShared(run: SharedRun): SharedResult {
  const { kind, model, batch, workers, updates, options, servers = 17, computesOn = 'GPU' } = run;
  const cluster = sharedCluster(workers, servers, computesOn);
  const asked = { model, batch, cluster, workers, parameterServers: servers, updates, computesOn };
  const plan = planBy(STRATEGIES[kind], { ...asked, ...(options && { options }) });
  const compiled = compilePlan(plan, cluster, kernelSeconds);
  const beginnings: number[][] = compiled.loops.map(() => []);
  const deliveries: number[][] = compiled.loops.map(() => []);
  const stragglers = { empirical: findDurations('revisiting-sync-sgd') };
  const simulation = simulate(compiled, cluster, {
    ...(run.stragglers === true && { disturbances: disturbancesOf(stragglers, cluster, 1) }),
    onStart: (loop, node, iteration, seconds) => {
      beginnings[loop]![iteration] ??= seconds;
      const delivers = compiled.loops[loop]!.activities.action[node] === Action.accumulatorApply;
      if (delivers) deliveries[loop]![iteration] = seconds;
    },
  });
  const { updateSeconds } = simulation;
  const intervals = Array.from(updateSeconds.subarray(1), (seconds, i) => seconds - updateSeconds[i]!);
  return { ...simulation, intervals, beginnings, deliveries };
}

/**
 * Stands for Inception-v3 where many steps are simulated: an eighth of the nodes, as many bytes (94.5 MB, 12 MB of them on the
 * most loaded of 17 servers, in the last layer) and, with 43 images instead of 32, as many seconds on a K40, most of the
 * arithmetic in the first layers and most of the bytes in the last ones. A test compares the two.
 */
export const STAND_IN_BATCH = 43;
export const inceptionStandIn: Model = classifier(
  { name: 'stand-in', description: 'convolutions of 3×3', sampleShape: [3, 299, 299], classes: 1466 },
  (layers, samples) => {
    let x = samples;
    let count = 0;
    const convolve = (filters: number, stride = 1): void => {
      x = layers.convRelu(`conv${++count}`, x, { filters, kernel: [3, 3], stride, padding: 'same' });
    };
    const halve = (window = 2): void => {
      x = layers.maxPool(`pool${count}`, x, window, window);
    };
    for (const [filters, stride] of [[32, 2], [64]] as const) convolve(filters, stride);
    for (const stage of [[192], [184, 184, 192], Array(5).fill(435), [...Array(6).fill(430), 512]]) {
      halve();
      for (const filters of stage) convolve(filters);
    }
    halve(4);
    return layers.dense('logits', layers.flatten(x), 1466);
  },
);
