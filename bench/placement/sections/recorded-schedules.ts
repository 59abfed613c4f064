import { ExactContestant } from '../contestants.ts';
import { bestOf, gapsOf, gapTable, type KnownInstance, meanGap } from '../gaps.ts';
import { HEURISTICS, searches } from '../heuristics.ts';
import { replayedSeconds, scheduleFault } from '../replay.ts';
import type { Bench, Section } from '../section.ts';

const EVALUATIONS = 20_000;

/** Percent that the best of the searches may be above the optimum, in the mean. */
const SEARCH_GAP = { 'CCR 0.1': 1, 'CCR 1': 1, 'CCR 2': 1, 'CCR 10': 3 };

/** Graphs with communication and a recorded optimal schedule (O. Sinnen's group). Links are not shared. */
export const recordedSchedules: Section = {
  name: 'recorded',
  title: 'Graphs with communication and recorded optimal schedules (Sinnen)',
  run(bench) {
    const { published, checks, quick, print, progress } = bench;
    const all = published.recorded();
    if (all.length === 0) return print('sinnen/ is not there');
    for (const { name, problem, schedule, optimum } of all) {
      const fault = scheduleFault(problem, schedule);
      checks.check(fault === undefined, `${name}: the recorded schedule is none: ${fault}`);
      checks.equal(`${name} replayed`, replayedSeconds(problem, schedule), optimum);
    }
    print(`${all.length} recorded schedules replayed in the simulator; CCR: communication to computation`);
    const known = (quick ? all.filter((_, i) => i % 10 === 0) : all)
      .map((instance) => ({ instance, group: instance.ratio === 0 ? 'no edges' : `CCR ${instance.ratio}` }))
      .sort((a, b) => a.instance.ratio - b.instance.ratio);
    const gaps = HEURISTICS.map((contestant) => {
      progress(contestant.name);
      return gapsOf(contestant, known, checks);
    });
    const found = searches(quick ? 5000 : EVALUATIONS).map((contestant) => {
      progress(contestant.name);
      return gapsOf(contestant, known, checks);
    });
    const best = bestOf('best of the searches', found);
    for (const [group, most] of Object.entries(SEARCH_GAP)) {
      checks.atMost(`best of the searches at ${group}: mean gap, %`, meanGap(best, known, group), most);
    }
    gaps.push(...found, best);
    print(gapTable(gaps, known));
    print(`Searches: ${quick ? 5000 : EVALUATIONS} evaluations on each graph.`);
    print(provenOptima(known, bench));
  },
};

/** Branch and bound has its own opinion of the small ones. */
function provenOptima(known: readonly KnownInstance[], { checks, progress }: Bench): string {
  progress('exact');
  const exact = new ExactContestant(({ taskCount }) => (taskCount <= 10 ? 300_000 : 10_000));
  const { gap } = gapsOf(exact, known, checks);
  const wrong = known.filter((_, i) => exact.proven[i] && gap[i]! > 1e-9);
  checks.check(wrong.length === 0, `exact: ${wrong.length} proven wrong, first ${wrong[0]?.instance.name}`);
  const sizes = [...new Set(known.map(({ instance }) => instance.problem.taskCount))].sort((a, b) => a - b);
  const proven = sizes.map((size) => {
    const of = known.flatMap(({ instance }, i) => (instance.problem.taskCount === size ? [i] : []));
    return `${of.filter((i) => exact.proven[i]).length} of ${of.length} with ${size} tasks`;
  });
  return `Branch and bound proves the recorded optimum of ${proven.join(', ')}`;
}
