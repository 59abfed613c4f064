import { meanSeconds, meanTransferSeconds, optimisticCosts, upwardRanks } from '../../../placement/ranks.ts';
import type { Section } from '../section.ts';

/** The worked examples of Topcuoglu et al. 2002 and of Arabnejad & Barbosa 2014: ten tasks, three processors. */
export const canonical: Section = {
  name: 'canonical',
  title: 'Worked examples of the papers: schedule length',
  run({ published, checks }) {
    const topcuoglu = published.canonical('heft');
    const arabnejad = published.canonical('peft');
    if (topcuoglu !== undefined) {
      const { problem } = topcuoglu;
      const ranks = upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));
      const expected = published.expected('list_canonical', 'topcuoglu2002_10x3', 'rank_u') as number[];
      for (const [i, rank] of expected.entries())
        checks.equal(`upward rank of task ${i}`, ranks[topcuoglu.position[i]!]!, rank, 1e-4);
    }
    if (arabnejad !== undefined) {
      const { problem } = arabnejad;
      const table = optimisticCosts(problem, meanTransferSeconds(problem));
      const expected = published.expected('list_canonical', 'peft2014_10x3', 'OCT') as number[][];
      for (const [i, row] of expected.entries())
        for (const [d, cost] of row.entries())
          checks.equal(`optimistic cost of task ${i} on ${d}`, table[arabnejad.position[i]! * 3 + d]!, cost);
    }
  },
};
