import { UserError } from '../../../base/errors.ts';
import { formatTable } from '../../../cli/table.ts';
import { lowerBounds } from '../../../placement/bounds.ts';
import { solveMilp } from '../../../placement/milp.ts';
import { type Contestant, ExactContestant } from '../contestants.ts';
import { HEURISTICS } from '../heuristics.ts';
import type { Instance } from '../instances/instance.ts';
import { replayedSeconds, scheduleFault } from '../replay.ts';
import type { Bench, Section } from '../section.ts';

/** Small programs of the literature on two to four unrelated machines. */
export const unrelatedMachines: Section = {
  name: 'heterogeneous',
  title: 'Small programs on unrelated machines: schedule length',
  async run(bench) {
    const { published, checks, print } = bench;
    const instances = published.unrelated();
    if (instances.length === 0) return print('heterogeneous/ is not there');
    const exact = new ExactContestant();
    const optima = lengthsOf(exact, instances, bench);
    const listed = published.oracles('heterogeneous_synthetic_optimum');
    for (const [i, { name }] of instances.entries()) {
      checks.check(exact.proven[i]!, `${name}: the exact solver proves nothing`);
      const expected = listed[name];
      if (expected !== undefined) checks.equal(`exact on ${name}`, optima[i]!, expected);
    }
    const byHeft = published.oracles('heterogeneous_synthetic_HEFT_insertion');
    const columns = HEURISTICS.map((contestant) => {
      const lengths = lengthsOf(contestant, instances, bench);
      for (const [i, { name }] of instances.entries()) {
        checks.atMost(`${contestant.name} on ${name}: optimum`, optima[i]!, lengths[i]!);
        const expected = contestant.name === 'heft' ? byHeft[name] : undefined;
        if (expected !== undefined) checks.equal(`heft on ${name}`, lengths[i]!, expected);
      }
      const mean = lengths.reduce((sum, length, i) => sum + length / optima[i]! - 1, 0) / lengths.length;
      return column(contestant.name, [...lengths.map(String), (100 * mean).toFixed(1)]);
    });
    const bounds = instances.map(({ name, problem }, i) => {
      const bound = lowerBounds(problem).seconds;
      checks.atMost(`${name}: lower bound`, bound, optima[i]!);
      return bound.toFixed(1);
    });
    print(
      formatTable([
        { header: 'instance', cells: [...instances.map(({ name }) => name), 'mean gap, %'] },
        column('lower bound', [...bounds, '']),
        column('listed', [...instances.map(({ name }) => String(listed[name] ?? '')), '']),
        column('exact', [...optima.map(String), '']),
        ...columns,
      ]),
    );
    if (!bench.quick) print(await solvedAsProgram(instances, optima, bench));
  },
};

/** Seconds that the solver may take for each. */
const TIME_LIMIT = 30;

/** A mixed integer program knows nothing of branch and bound over schedules: a second opinion on each optimum. */
async function solvedAsProgram(
  instances: readonly Instance[],
  optima: readonly number[],
  { checks, progress }: Bench,
): Promise<string> {
  let proven = 0;
  for (const [i, { name, problem }] of instances.entries()) {
    progress(`${name} as a mixed integer program`);
    try {
      const found = await solveMilp(problem, { timeLimit: TIME_LIMIT });
      checks.atMost(`${name}: optimum, against a mixed integer program`, optima[i]!, found.seconds);
      if (!found.proven) continue;
      proven++;
      checks.equal(`${name} as a mixed integer program`, found.seconds, optima[i]!, 1e-6);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // Not installed, or no schedule in time: neither is wrong.
      return `Not solved as mixed integer programs: ${error.message}`;
    }
  }
  return `HiGHS agrees on ${proven} of ${instances.length} as mixed integer programs, within ${TIME_LIMIT} s each`;
}

function lengthsOf(
  { name, schedule }: Contestant,
  instances: readonly Instance[],
  { checks }: Bench,
): number[] {
  return instances.map((instance) => {
    const found = schedule(instance.problem);
    const what = `${name} on ${instance.name}`;
    const fault = scheduleFault(instance.problem, found);
    checks.check(fault === undefined, `${what}: ${fault}`);
    checks.equal(`${what} replayed`, replayedSeconds(instance.problem, found), found.seconds);
    return found.seconds;
  });
}

const column = (header: string, cells: readonly string[]) => ({ header, align: 'right' as const, cells });
