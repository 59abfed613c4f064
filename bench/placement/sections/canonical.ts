import { formatTable } from '../../../cli/table.ts';
import { exactSchedule } from '../../../placement/exact.ts';
import { meanSeconds, meanTransferSeconds, optimisticCosts, upwardRanks } from '../../../placement/ranks.ts';
import type { Contestant } from '../contestants.ts';
import { LIST_SCHEDULERS } from '../heuristics.ts';
import type { Instance } from '../instances/instance.ts';
import { replayedSeconds, scheduleFault } from '../replay.ts';
import type { Bench, Section } from '../section.ts';

/** Schedule lengths that the papers print. */
const PRINTED: { readonly [paper in 'heft' | 'peft']: { readonly [name: string]: number } } = {
  heft: { heft: 80, cpop: 86 },
  peft: { heft: 133, peft: 122 },
};

/** The worked examples of Topcuoglu et al. 2002 and of Arabnejad & Barbosa 2014: ten tasks, three processors. */
export const canonical: Section = {
  name: 'canonical',
  title: 'Worked examples of the papers, ten tasks on three processors: schedule length',
  run(bench) {
    const { published, print } = bench;
    const [topcuoglu, arabnejad] = [published.canonical('heft'), published.canonical('peft')];
    if (topcuoglu === undefined || arabnejad === undefined) return print('list-canonical/ is not there');
    checkRanks(topcuoglu, bench);
    checkOptimisticCosts(arabnejad, bench);
    print(
      formatTable([
        { header: '', cells: [...LIST_SCHEDULERS.map(({ name }) => name), 'exact'] },
        column('Topcuoglu et al.', topcuoglu, PRINTED.heft, 'topcuoglu2002_10x3', bench),
        column('Arabnejad & Barbosa', arabnejad, PRINTED.peft, 'peft2014_10x3', bench),
      ]),
    );
  },
};

function column(
  header: string,
  { problem }: Instance,
  printed: { readonly [name: string]: number },
  key: string,
  { published, checks }: Bench,
): { readonly header: string; readonly align: 'right'; readonly cells: string[] } {
  const computed = published.oracles('list_canonical', key);
  const lengths = LIST_SCHEDULERS.map(({ name, schedule }: Contestant) => {
    const found = schedule(problem);
    const what = `${name} on the example of ${header}`;
    const expected = printed[name] ?? computed[name.toUpperCase()];
    if (expected !== undefined) checks.equal(what, found.seconds, expected);
    checks.check(found.seconds >= computed.optimum!, `${what}: ${found.seconds}, below the optimum`);
    const fault = scheduleFault(problem, found);
    checks.check(fault === undefined, `${what}: ${fault}`);
    checks.equal(`${what} replayed`, replayedSeconds(problem, found), found.seconds);
    return String(found.seconds);
  });
  const exact = exactSchedule(problem);
  checks.check(exact.proven, `the optimum of the example of ${header} is not proven`);
  checks.equal(`exact on the example of ${header}`, exact.seconds, computed.optimum!);
  return { header, align: 'right', cells: [...lengths, String(exact.seconds)] };
}

function checkRanks({ problem, position }: Instance, { published, checks }: Bench): void {
  const ranks = upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));
  const expected = published.expected('list_canonical', 'topcuoglu2002_10x3', 'rank_u') as number[];
  for (const [i, rank] of expected.entries())
    checks.equal(`upward rank of task ${i}`, ranks[position[i]!]!, rank, 1e-4);
}

function checkOptimisticCosts({ problem, position }: Instance, { published, checks }: Bench): void {
  const table = optimisticCosts(problem, meanTransferSeconds(problem));
  const expected = published.expected('list_canonical', 'peft2014_10x3', 'OCT') as number[][];
  for (const [i, row] of expected.entries())
    for (const [d, cost] of row.entries())
      checks.equal(`optimistic cost of task ${i} on ${d}`, table[position[i]! * row.length + d]!, cost);
}
