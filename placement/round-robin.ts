import { resolveConstraints } from './constraints.ts';
import type { Placer } from './placer.ts';

/**
 * Colocation groups in topological order (of their first members), over their feasible devices in turn. Groups
 * with the same choice of devices share one turn, so that groups pinned to one device do not disturb the others.
 */
export const roundRobin: Placer = {
  name: 'round-robin',
  description: 'colocation groups over their feasible devices in turn',
  place(graph, cluster, context) {
    const { group, groups, feasible } = resolveConstraints(graph, cluster, context);
    const turn = new Map<string, number>();
    const placement = new Int32Array(graph.nodeCount);
    for (const first of groups) {
      const choice = feasible[first]!;
      const key = choice.join();
      const position = turn.get(key) ?? 0;
      placement[first] = choice[position]!;
      turn.set(key, (position + 1) % choice.length);
    }
    for (let node = 0; node < graph.nodeCount; node++) placement[node] = placement[group[node]!]!;
    return { placement, evaluations: 0 };
  },
};
