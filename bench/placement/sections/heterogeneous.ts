import { formatTable } from '../../../cli/table.ts';
import { lowerBounds } from '../../../placement/bounds.ts';
import { HEURISTICS } from '../heuristics.ts';
import { replayedSeconds, scheduleFault } from '../replay.ts';
import type { Section } from '../section.ts';

/** Small programs of the literature on two to four unrelated machines. */
export const unrelatedMachines: Section = {
  name: 'heterogeneous',
  title: 'Small programs on unrelated machines: schedule length',
  run({ published, checks, print }) {
    const instances = published.unrelated();
    const optima = published.oracles('heterogeneous_synthetic_optimum');
    const byHeft = published.oracles('heterogeneous_synthetic_HEFT_insertion');
    const columns = HEURISTICS.map(({ name, schedule }) => {
      const lengths = instances.map((instance) => {
        const found = schedule(instance.problem);
        const what = `${name} on ${instance.name}`;
        const fault = scheduleFault(instance.problem, found);
        checks.check(fault === undefined, `${what}: ${fault}`);
        checks.equal(`${what} replayed`, replayedSeconds(instance.problem, found), found.seconds);
        checks.atMost(`${what}: optimum`, optima[instance.name] ?? 0, found.seconds);
        const expected = name === 'heft' ? byHeft[instance.name] : undefined;
        if (expected !== undefined) checks.equal(what, found.seconds, expected);
        return found.seconds;
      });
      return { header: name, align: 'right' as const, cells: lengths.map(String) };
    });
    print(
      formatTable([
        { header: 'instance', cells: instances.map(({ name }) => name) },
        {
          header: 'lower bound',
          align: 'right',
          cells: instances.map(({ problem }) => lowerBounds(problem).seconds.toFixed(1)),
        },
        { header: 'optimum', align: 'right', cells: instances.map(({ name }) => String(optima[name] ?? '')) },
        ...columns,
      ]),
    );
  },
};
