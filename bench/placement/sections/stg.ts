import { lowerBounds } from '../../../placement/bounds.ts';
import { leastSeconds, upwardRanks } from '../../../placement/ranks.ts';
import { type Gaps, gapsOf, gapTable, type KnownInstance, meanGap } from '../gaps.ts';
import { HEURISTICS } from '../heuristics.ts';
import { refutation } from '../refutation.ts';
import type { Bench, Section } from '../section.ts';

/** Percent that list scheduling by static levels may be above the optimum, in the mean. */
const LIST_GAP = 1.5;

/**
 * Random task graphs with published optima: identical processors, free communication (Tobita & Kasahara 2002). Some of
 * the published values are below what tasks need at least, so that no schedule has them; they are told, and left out.
 */
export const standardTaskGraphs: Section = {
  name: 'stg',
  title: 'Standard task graphs (STG): identical processors, free communication',
  run(bench) {
    const { checks, print, progress } = bench;
    const all = publishedOptima(bench);
    const known = withoutRefuted(all, bench);
    print(`${known.length} of ${all.length} published optima; columns: tasks/processors`);
    const gaps = HEURISTICS.map((contestant) => {
      progress(contestant.name);
      return gapsOf(contestant, known, checks);
    });
    print(gapTable(gaps, known));
    print(`${attained(gaps)} of the ${known.length} are the length of a schedule found here`);
    const list = HEURISTICS.find(({ name }) => name === 'static-list')!;
    const listGaps = gaps[HEURISTICS.indexOf(list)]!;
    const asPublished = meanGap(gapsOf(list, all, checks), all);
    print(
      `static-list, with the impossible ones as they are published: mean gap ${asPublished.toFixed(2)} %`,
    );
    checks.atMost('static-list on all published optima: mean gap, %', asPublished, LIST_GAP);
    for (const group of new Set(known.map((entry) => entry.group)))
      checks.atMost(`static-list on ${group}: mean gap, %`, meanGap(listGaps, known, group), LIST_GAP);
  },
};

function publishedOptima({ published, checks, quick }: Bench): KnownInstance[] {
  const graphs = published.standardTaskGraphs().filter((_, i) => !quick || i % 10 === 0);
  const size = ({ problem }: KnownInstance['instance']): number =>
    100 * problem.taskCount + problem.deviceCount;
  return graphs
    .flatMap(({ graph, instances }) =>
      instances.map((instance, i) => {
        const { problem, optimum } = instance;
        if (i === 0) {
          const longest = Math.max(...upwardRanks(problem, leastSeconds(problem)));
          checks.equal(`${graph.name}: longest path`, longest, graph.criticalPath);
        }
        return {
          instance: { ...instance, optimum: optimum! },
          group: `${problem.taskCount}/${problem.deviceCount}`,
        };
      }),
    )
    .sort((a, b) => size(a.instance) - size(b.instance));
}

/** Those whose optimum is possible, as far as is known. A bound above an optimum must be proven task by task. */
function withoutRefuted(all: readonly KnownInstance[], { checks, print }: Bench): KnownInstance[] {
  const refuted: string[] = [];
  const unproven: string[] = [];
  const known = all.filter(({ instance: { name, problem, optimum } }) => {
    const bound = lowerBounds(problem).seconds;
    if (bound <= optimum * (1 + 1e-9)) return true;
    const proof = refutation(problem, optimum);
    if (proof === undefined || proof.length < bound) unproven.push(`${name}: ${bound}, optimum ${optimum}`);
    if (proof === undefined) return true;
    refuted.push(
      `${name}: not ${optimum}, for ${proof.tasks.length} tasks need ${proof.head} + ` +
        `⌈${proof.work}/${problem.deviceCount}⌉ + ${proof.tail} = ${proof.length}`,
    );
    return false;
  });
  checks.check(unproven.length === 0, `${unproven.length} bounds above the optimum, first of ${unproven[0]}`);
  if (refuted.length > 0)
    print(`${refuted.length} published optima are impossible, and left out:\n  ${refuted.join('\n  ')}`);
  return known;
}

const attained = (gaps: readonly Gaps[]): number =>
  gaps[0]!.gap.filter((_, i) => gaps.some(({ gap }) => gap[i]! < 1e-9)).length;
