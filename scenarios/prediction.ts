import { UserError } from '../base/errors.ts';
import { findDevice, findLink } from '../devices/catalog/index.ts';
import { buildCluster } from '../devices/cluster-builder.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { graphWork } from '../graph/cost.ts';
import { fuseElementwise } from '../graph/fuse.ts';
import type { Graph } from '../graph/graph.ts';
import { graphProblem } from '../placement/graph-problem.ts';
import { placeOn } from '../placement/single-device.ts';
import { simulatePlacement } from './placement-evaluator.ts';
import { placementCosts } from './placement-question.ts';
import { fuses, runtimeSchema } from './runtime.ts';

/** What the simulator says of one run of a graph on one device, its inputs on the host. */
export interface Prediction {
  readonly device: string;
  readonly seconds: number;
  /** A sentence that says so, where the graph does not fit. */
  readonly outOfMemory: string | undefined;
  /** Seconds of kernels per op, on whichever device they run. */
  readonly secondsByOp: ReadonlyMap<string, number>;
  /** Nodes that the device has no kernels for, and that the host computes. */
  readonly onHost: number;
}

/** The host that feeds an accelerator, where nothing else is said. */
const HOST = 'xeon-e5-2699v3';

/** Simulates one run of `graph` on a device of the catalog; device hints of the graph are not followed. */
export function predict(graph: Graph, deviceId: string): Prediction {
  const model = findDevice(deviceId);
  const isCpu = model.kind === 'CPU';
  const cluster = buildCluster({
    jobs: [
      {
        name: 'worker',
        tasks: 1,
        cpu: isCpu ? model : findDevice(HOST),
        nic: findLink('eth-10g'),
        ...(!isCpu && { accelerators: { model, count: 1, bus: findLink('pcie3-x16') } }),
      },
    ],
  });
  const runtime = runtimeSchema.parse({});
  const hints = graph.op.map((op) => (op === 'Placeholder' ? '/device:CPU:0' : ''));
  const unhinted = { ...graph, deviceHint: hints };
  const device = cluster.devices.findIndex((candidate) => candidate.model.id === deviceId);
  const problem = graphProblem(unhinted, cluster, placementCosts(unhinted, cluster));
  const placement = placeOn(device, problem);
  const { simulation } = simulatePlacement(unhinted, cluster, placement, runtime, { memory: true });
  const merged = fuseElementwise(unhinted, {
    deviceOf: placement,
    fuses: (at) => fuses(runtime, cluster.devices[at]!.model),
  });
  const secondsByOp = new Map<string, number>();
  for (const [node, work] of graphWork(merged.graph).entries()) {
    const on = cluster.devices[placement[merged.nodes[node]!]!]!.model;
    const op = merged.graph.op[node]!;
    secondsByOp.set(op, (secondsByOp.get(op) ?? 0) + kernelSeconds(work, on));
  }
  if (!Number.isFinite(simulation.seconds)) throw new UserError(`${deviceId} cannot run this graph`);
  const { outOfMemory } = simulation.memory!;
  return {
    device: model.name,
    seconds: simulation.seconds,
    outOfMemory: outOfMemory === undefined ? undefined : 'the model does not fit into its memory',
    secondsByOp,
    onHost: placement.reduce(
      (count, at, node) => count + (at !== device && graph.op[node] !== 'Placeholder' ? 1 : 0),
      0,
    ),
  };
}
