import type { Work } from '../base/work.ts';
import type { Cluster } from '../devices/cluster.ts';
import { plainRooflineSeconds } from '../devices/cost-model.ts';
import type { DeviceModel } from '../devices/device.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { graphWork } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import { leastWork } from '../graph/least-work.ts';
import { isInPlace } from '../graph/ops/collective.ts';
import { type Bounds, lowerBounds } from '../placement/bounds.ts';
import type { PlacementProblem } from '../placement/problem.ts';
import { compileOptions, fuses, mergesKernels, type Runtime } from './runtime.ts';

/**
 * Lower bounds of the step that the simulator times under a runtime, also where ops take less of a device than placers know:
 *
 * - Merged into fewer kernels, nodes count with what no merging takes away (see leastWork); in the work to be divided among
 *   the devices, products count with their arithmetic at the peak rate.
 * - Where ops share a device, one is launched while others compute: launches count in the critical path alone.
 * - Nodes that compute nothing (views, reads of variables) and those that may be merged have no memory of their own.
 */
export function boundsUnder(
  runtime: Runtime,
  graph: Graph,
  cluster: Cluster,
  problem: PlacementProblem,
): Bounds {
  const { deviceCount: D, taskCount } = problem;
  const library = mergesKernels(runtime);
  const fusing = cluster.devices.map(({ model }) => fuses(runtime, model));
  const { opsAtATime } = compileOptions(runtime, cluster);
  const work = graphWork(graph);
  const least = [false, true].map((fuses) => leastWork(graph, { fuses, library }));
  const heldBytes = leastHeldBytes(graph, problem, least[fusing.includes(true) ? 1 : 0]!);
  if (!library && !fusing.includes(true) && opsAtATime === undefined) {
    return lowerBounds({ ...problem, heldBytes });
  }

  /** Of a node by itself; what it takes of a device that others share; the same, with the arithmetic of merged products. */
  const alone = problem.seconds.slice();
  const shared = problem.seconds.slice();
  const divided = problem.seconds.slice();
  for (const [d, { model }] of cluster.devices.entries()) {
    const kept = least[fusing[d] ? 1 : 0]!;
    const launch = (opsAtATime?.[d] ?? 1) > 1 ? model.launchSeconds.value : 0;
    for (let node = 0; node < taskCount; node++) {
      const at = node * D + d;
      if (alone[at] === Number.POSITIVE_INFINITY) continue;
      const merges = kept[node] !== work[node];
      // What is measured is kernels of single nodes: merged ones may take less.
      if (merges) alone[at] = model.profile ? 0 : Math.min(alone[at]!, kernelSeconds(kept[node]!, model));
      shared[at] = Math.max(0, alone[at]! - launch);
      divided[at] = merges ? Math.max(shared[at]!, arithmeticSeconds(graph, node, model)) : shared[at]!;
    }
  }
  const { criticalPath } = lowerBounds({ ...problem, seconds: alone });
  const { area, group } = lowerBounds({ ...problem, seconds: divided });
  const bounds = lowerBounds({ ...problem, heldBytes, seconds: shared });
  const communication = Math.max(bounds.communication, criticalPath);
  const seconds = Math.max(bounds.seconds, communication, area, group);
  return { ...bounds, criticalPath, area, group, communication, seconds };
}

/** Per tensor: bytes that it occupies in any case, beside its inputs'. `least`: work that no merging takes away. */
function leastHeldBytes(
  { nodeCount, inputStart, op, attrs }: Graph,
  { heldBytes, outputStart }: PlacementProblem,
  least: readonly Work[],
): Float64Array {
  const held = heldBytes.slice();
  for (let node = 0; node < nodeCount; node++) {
    const passesOn = least[node]!.class === 'none' && inputStart[node + 1]! > inputStart[node]!;
    if (passesOn || isInPlace(op[node]!, attrs[node]!))
      held.fill(0, outputStart[node]!, outputStart[node + 1]!);
  }
  return held;
}

/** Of a matrix product, which takes no less as part of another; 0 of other ops, and where kernels are measured. */
function arithmeticSeconds(graph: Graph, node: number, model: DeviceModel): number {
  const own = graphWork(graph)[node]!;
  if (own.class !== 'matmul' || model.profile !== undefined) return 0;
  return plainRooflineSeconds({ ...own, bytesRead: 0, bytesWritten: 0 }, model);
}
