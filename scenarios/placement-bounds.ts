import type { Cluster } from '../devices/cluster.ts';
import { plainRooflineSeconds } from '../devices/cost-model.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { graphWork } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import { leastWork, vanishingNodes } from '../graph/least-work.ts';
import { type Bounds, lowerBounds } from '../placement/bounds.ts';
import type { PlacementProblem } from '../placement/problem.ts';
import { fuses, mergesKernels, type Runtime } from './runtime.ts';

/**
 * Lower bounds of the step that the simulator times under a runtime: also where it merges ops into fewer kernels, so that they
 * take less time than placers know of. Then nodes that may be merged count with what no merging takes away (see
 * leastWork), and all products count in the work to be divided, at the peak rate of each device.
 */
export function boundsUnder(
  runtime: Runtime,
  graph: Graph,
  cluster: Cluster,
  problem: PlacementProblem,
): Bounds {
  const library = mergesKernels(runtime);
  const fusing = cluster.devices.map(({ model }) => fuses(runtime, model));
  if (!library && !fusing.includes(true)) return lowerBounds(problem);

  const { deviceCount: D, seconds } = problem;
  const work = graphWork(graph);
  const least = [false, true].map((fuses) => leastWork(graph, { fuses, library }));
  const always = new Float64Array(seconds.length);
  const arithmetic = new Float64Array(seconds.length);
  for (const [d, { model }] of cluster.devices.entries()) {
    for (const [node, kept] of least[fusing[d] ? 1 : 0]!.entries()) {
      const at = node * D + d;
      always[at] = arithmetic[at] = seconds[at]!;
      if (kept === work[node] || seconds[at] === Number.POSITIVE_INFINITY) continue;
      // What merged kernels take is not measured, and may be less than any formula says.
      always[at] = model.profile === undefined ? Math.min(seconds[at]!, kernelSeconds(kept, model)) : 0;
      const isProduct = work[node]!.class === 'matmul' && model.profile === undefined;
      const multiplied = isProduct
        ? plainRooflineSeconds({ ...work[node]!, bytesRead: 0, bytesWritten: 0 }, model)
        : 0;
      arithmetic[at] = Math.max(always[at]!, Math.min(seconds[at]!, multiplied));
    }
  }
  const heldBytes = problem.heldBytes.slice();
  if (fusing.includes(true)) {
    for (const [node, vanishes] of vanishingNodes(graph).entries())
      if (vanishes === 1) heldBytes.fill(0, problem.outputStart[node]!, problem.outputStart[node + 1]!);
  }
  const bounds = lowerBounds({ ...problem, heldBytes, seconds: always });
  const { area, group } = lowerBounds({ ...problem, seconds: arithmetic });
  return { ...bounds, area, group, seconds: Math.max(bounds.seconds, area, group) };
}
