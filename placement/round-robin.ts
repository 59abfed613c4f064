import type { Placer } from './placer.ts';
import { placedGroups } from './problem.ts';

/**
 * Colocation groups in topological order (of their first members), over their feasible devices in turn. Groups
 * with the same choice of devices share one turn, so that groups pinned to one device do not disturb the others.
 */
export const roundRobin: Placer = {
  name: 'round-robin',
  description: 'colocation groups over their feasible devices in turn',
  place(problem) {
    const turn = new Map<string, number>();
    const deviceOf = problem.feasible.map((choice) => {
      const key = choice.join();
      const position = turn.get(key) ?? 0;
      turn.set(key, (position + 1) % choice.length);
      return choice[position]!;
    });
    return { placement: placedGroups(problem, deviceOf), evaluations: 0 };
  },
};
