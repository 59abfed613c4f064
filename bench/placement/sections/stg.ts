import { lowerBounds } from '../../../placement/bounds.ts';
import { upwardRanks } from '../../../placement/ranks.ts';
import { gapsOf, gapTable } from '../gaps.ts';
import { HEURISTICS } from '../heuristics.ts';
import type { Section } from '../section.ts';

/** Random task graphs with known optimum: identical processors, free communication (Tobita & Kasahara 2002). */
export const standardTaskGraphs: Section = {
  name: 'stg',
  title: 'Standard task graphs (STG): identical processors, free communication',
  run({ published, checks, quick, print, progress }) {
    const graphs = published.standardTaskGraphs().filter((_, i) => !quick || i % 10 === 0);
    const known = graphs
      .flatMap(({ graph, instances }) => {
        const ranks = instances.slice(0, 1).flatMap(({ problem }) => [
          ...upwardRanks(
            problem,
            problem.seconds.filter((_, i) => i % problem.deviceCount === 0),
          ),
        ]);
        checks.equal(`${graph.name}: longest path`, Math.max(...ranks), graph.criticalPath);
        return instances.map((instance) => ({
          instance: { ...instance, optimum: instance.optimum! },
          group: `${instance.problem.taskCount}/${instance.problem.deviceCount}`,
        }));
      })
      .sort((a, b) => groupOrder(a.group) - groupOrder(b.group));
    const above = known.filter(
      ({ instance: { problem, optimum } }) => lowerBounds(problem).seconds > optimum * (1 + 1e-9),
    );
    checks.check(
      above.length === 0,
      `${above.length} lower bounds above the optimum, first of ${above[0]?.instance.name}`,
    );
    const gaps = HEURISTICS.map((contestant) => {
      progress(contestant.name);
      return gapsOf(contestant, known, checks);
    });
    print(`${graphs.length} graphs, ${known.length} optima; columns: tasks/processors`);
    print(gapTable(gaps, known));
  },
};

const groupOrder = (group: string): number => {
  const [tasks, processors] = group.split('/').map(Number) as [number, number];
  return 100 * tasks + processors;
};
