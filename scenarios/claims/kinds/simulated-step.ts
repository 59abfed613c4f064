import { DTYPE_BYTES } from '../../../base/dtype.ts';
import { UserError } from '../../../base/errors.ts';
import { getOrMake } from '../../../base/get-or-make.ts';
import { quantile } from '../../../base/statistics.ts';
import type { Work } from '../../../base/work.ts';
import type { Catalog } from '../../../devices/catalog/catalog.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import { arithmeticType, type CostModel, plainRooflineSeconds } from '../../../devices/cost-model.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import type { StackModel } from '../../../devices/stack.ts';
import { graphWork } from '../../../graph/cost.ts';
import { fusedAttention } from '../../../graph/fused-attention.ts';
import type { Graph } from '../../../graph/graph.ts';
import { libraryKernels } from '../../../graph/library-kernels.ts';
import type { PartitionedGraph } from '../../../graph/partition.ts';
import type { Plan } from '../../../graph/plan.ts';
import { compilePlan } from '../../../sim/compile.ts';
import type { Disturbances } from '../../../sim/disturbances/disturbances.ts';
import { simulate } from '../../../sim/engine.ts';
import { computingKind, experimentCluster, hostsOf } from '../../experiment-cluster.ts';
import type { Scenario } from '../../schema.ts';
import { kernelRate } from './kernel-rate.ts';
import type { PredictedStep, Setting } from './kind.ts';
import { dtypeOf, type ReplicaFields, wordsPerSample } from './replica.ts';
import { slowestOf } from './slowest-device.ts';

type ClusterChoice = Scenario['cluster'];

const clusters = new WeakMap<Catalog, Map<string, Cluster>>();

/**
 * The cluster of a claim's hardware with as many hosts as so many workers fill.
 * @throws UserError where the claim names no hardware.
 */
export function claimedCluster({ cluster: choice, catalog }: Setting, workers: number, servers = 0): Cluster {
  const { hosts } = claimedHosts(choice, workers);
  const known = clusters.get(catalog) ?? new Map<string, Cluster>();
  clusters.set(catalog, known);
  const key = JSON.stringify([choice, hosts, servers]);
  return getOrMake(known, key, () => experimentCluster(choice!, hosts, servers, catalog));
}

/** Hosts that the workers of a claim fill, and what kind of device they compute on. */
export function claimedHosts(
  choice: ClusterChoice | undefined,
  workers: number,
): { readonly hosts: number; readonly computesOn: string } {
  if (choice === undefined) throw new UserError('which hardware? the claim names none');
  return { hosts: hostsOf(choice, workers), computesOn: computingKind(choice) };
}

/** How a step is run beside what its plan says. */
export interface StepRun {
  readonly plan: Plan;
  readonly cluster: Cluster;
  /** Whose software runs it. */
  readonly run: ReplicaFields;
  /** Updates of the plan in which each replica makes one step; 1 unless given. */
  readonly updatesPerStep?: number;
  readonly disturbances?: Disturbances;
  /** Devices that wait for each other in every step; 1 unless given. */
  readonly together?: number;
  /** How messages share links (see SimulationOptions); fairly unless given. */
  readonly network?: 'fluid' | 'store-and-forward';
}

/**
 * Seconds of one step of a plan, as `stepcast run` simulates it: the time between updates once all have had their first. Where luck
 * spreads them, their median.
 */
export function stepSeconds(
  { plan, cluster, run, updatesPerStep = 1, disturbances, together = 1, network = 'fluid' }: StepRun,
  { catalog, kernelFactor }: Setting,
): number {
  const software = run.stack === undefined ? undefined : catalog.stack(run.stack);
  const costModel: CostModel = (work, device) =>
    (kernelFactor * slowestOf(together, device.kind) * kernelSeconds(work, device)) /
    kernelRate(run, work, device);
  const cpus = new Map(
    cluster.devices.flatMap(({ host, model }) => (model.kind === 'CPU' ? [[host, model] as const] : [])),
  );
  const ofHost = (host: string): number =>
    software?.dispatchSeconds.value ?? cpus.get(host)?.dispatchSeconds?.value ?? 0;
  const compiled = compilePlan(plan, cluster, costModel, {
    workOf: (template) => kernelsOf(template, software, run),
  });
  const { updateSeconds } = simulate(compiled, cluster, {
    dispatchSeconds: Float64Array.from(cluster.devices, ({ host, model }) =>
      model.kind === 'CPU' ? 0 : ofHost(host),
    ),
    copyEngines: Int32Array.from(cluster.devices, ({ model }) => model.copyEngines?.value ?? 0),
    ...(disturbances !== undefined && { disturbances }),
    network,
  });
  const settled = updateSeconds.subarray(updatesPerStep - 1);
  const intervals = settled.subarray(1).map((seconds, i) => seconds - settled[i]!);
  // Updates of workers that do not wait for each other come at any distance: only their rate says something.
  const typical =
    disturbances === undefined || updatesPerStep > 1
      ? (settled.at(-1)! - settled[0]!) / (settled.length - 1)
      : quantile(intervals, 0.5);
  return updatesPerStep * typical + (software?.stepSeconds.value ?? 0);
}

const kernels = new WeakMap<Graph, Map<string, readonly Work[]>>();

/**
 * What a replica's ops ask for as kernels of the software: those of a library that merges ops (of forward, and of what follows),
 * attention that never writes its scores, activations that stay in float32.
 */
export function kernelsOf(
  { graph }: PartitionedGraph,
  software: StackModel | undefined,
  run: ReplicaFields,
): readonly Work[] {
  const known = kernels.get(graph) ?? new Map<string, readonly Work[]>();
  kernels.set(graph, known);
  return getOrMake(known, `${software?.id} ${run.attention}`, () => {
    const groupOf = graph.name.map((name) => (name.startsWith('gradients/') ? 1 : 0));
    const { fusesElementwise = false, mergesStatistics = false, castsAutomatically = false } = software ?? {};
    let work = fusesElementwise ? libraryKernels(graph, { groupOf, mergesStatistics }) : graphWork(graph);
    const length = run.attention === 'plain' ? undefined : wordsPerSample(run);
    const causal = run.model.startsWith('gpt');
    if (length !== undefined) work = fusedAttention(graph, work, { groupOf, length, causal });
    const isTransformer = graph.op.includes('LayerNormalization');
    return castsAutomatically && isTransformer && DTYPE_BYTES[dtypeOf(run)] === 2
      ? work.map(inFloat32)
      : work;
  });
}

/** A memory-bound op on float32 instead of a type of half its bytes. */
function inFloat32(work: Work): Work {
  if (work.class !== 'vector' && work.class !== 'data') return work;
  return { ...work, bytesRead: 2 * work.bytesRead, bytesWritten: 2 * work.bytesWritten };
}

/** Whether a stack exchanges gradients while others are computed; without one, it does. */
export function overlapsGradients(stack: string | undefined, { catalog }: Setting): boolean {
  return stack === undefined || catalog.stack(stack).overlapsGradients;
}

/** A step of alike workers, timed. */
export interface TimedStep {
  readonly seconds: number;
  readonly workers: number;
  /** Its last loop is one of the workers'. */
  readonly plan: Plan;
  readonly cluster: Cluster;
  /** Micro-batches of a step; 1 unless given. */
  readonly accumulation?: number;
  /** Of what is exchanged, at nominal rates: for the plain roofline. */
  readonly exchangeSeconds?: number;
}

/** The step with what metrics and baselines need: samples, words, and its products' flops at peak. */
export function stepOf(
  run: ReplicaFields,
  { seconds, workers, plan, cluster, accumulation = 1, exchangeSeconds = 0 }: TimedStep,
): PredictedStep {
  const work = replicaWork(plan, cluster);
  const samples = workers * run.batch * accumulation;
  const words = wordsPerSample(run);
  const modelFlops = workers * accumulation * work.productFlops;
  const peakFlops = workers * work.peakFlops;
  return {
    seconds,
    devices: workers,
    samples,
    ...(words !== undefined && { tokens: samples * words }),
    modelFlops,
    peakFlops,
    rooflineSeconds: accumulation * work.rooflineSeconds + exchangeSeconds,
    idealSeconds: modelFlops / peakFlops,
  };
}

/** Flops of the products of one worker's loop on its own devices, at what peak, and the time of a plain roofline. */
function replicaWork(
  { loops }: Plan,
  cluster: Cluster,
): { readonly productFlops: number; readonly peakFlops: number; readonly rooflineSeconds: number } {
  const { template, device, ownDevice } = loops.at(-1)!;
  let [productFlops, peakFlops, rooflineSeconds] = [0, 0, 0];
  for (const [node, work] of graphWork(template.graph).entries()) {
    const role = template.device[node]!;
    if (ownDevice[role] === 0) continue;
    const { model } = cluster.devices[device[role]!]!;
    rooflineSeconds += plainRooflineSeconds(work, model);
    if (work.gemm === undefined || work.class === 'none') continue;
    productFlops += work.flops;
    peakFlops = model.peak[arithmeticType(work.class, work.dtype, model)]?.value ?? peakFlops;
  }
  return { productFlops, peakFlops, rooflineSeconds };
}

/** Nominal rate of the slowest link between two devices. */
export function nominalBytesPerSecond(cluster: Cluster, from: number, to: number): number {
  const rates = Array.from(
    cluster.route(from, to),
    (link) => cluster.links[link]!.model.rawBytesPerSecond.value,
  );
  return Math.min(...rates);
}
