import { placedGraph } from './placed-graph.ts';
import type { PlacedGraph } from './results.ts';
import type { Prepared } from './training-run.ts';

/** What one replica of a run does, with the parameter servers that work for it: its loops with their devices. */
export function replicaGraph(of: string, { cluster, compiled }: Prepared): PlacedGraph {
  const loops = compiled.loops.map(({ loop }) => loop);
  const own = loops.find(({ replica }) => replica === 0);
  // Of groups that have a chief each, the first.
  const chief = loops.find(({ replica }) => replica < 0);
  const parts = [chief, own].flatMap((loop) =>
    loop === undefined
      ? []
      : [
          {
            graph: loop.template.graph,
            deviceOf: Int32Array.from(
              loop.template.device.subarray(0, loop.template.graph.nodeCount),
              (place) => loop.device[place]!,
            ),
          },
        ],
  );
  return placedGraph(
    of,
    parts,
    cluster.devices.map(({ name }) => name),
  );
}
